"""Fixtures of all tests: the engine, the docker client, the leak check; and what a test may demand of the machine."""

import os
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager

import pytest

from tests.peers import PEERS, busybox_image, client_version
from tests.peers.fetch import why_not
from tests.support.client import Docker
from tests.support.engine import Engine, dockyard_engine, reference_engine
from tests.support.leaks import no_leaks

pytest_plugins = ["tests.support.rows"]


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--engine",
        choices=("dockyard", "docker"),
        default="dockyard",
        help="engine that the e2e tests run against: dockyard, or Debian's dockerd to check the tests themselves",
    )
    parser.addoption(
        "--daemon-flag",
        action="append",
        default=[],
        metavar="FLAG",
        help="flag for every engine of the tests, for instance --daemon-flag=--storage-driver=vfs",
    )


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Tests that need root say so, and are skipped by name for others; some make no sense on the reference engine."""
    for item in items:
        if item.get_closest_marker("root") and os.geteuid() != 0:
            item.add_marker(pytest.mark.skip(reason="needs root"))
        if item.get_closest_marker("dockyard_only") and config.getoption("--engine") != "dockyard":
            item.add_marker(pytest.mark.skip(reason="about what only Dockyard has"))
        needed = {name for mark in item.iter_markers("peer") for name in mark.args}
        for reason in filter(None, map(why_not, needed & PEERS.keys())):
            item.add_marker(pytest.mark.skip(reason=reason))


def pytest_runtest_setup(item: pytest.Item) -> None:
    """What the machine's docker client is too old for is skipped by name."""
    for mark in item.iter_markers("client"):
        if _numbers(client_version()) < _numbers(mark.args[0]):
            pytest.skip(f"the docker client here speaks version {client_version()} of the API, not {mark.args[0]}")


def _numbers(version: str) -> list[int]:
    return [int(part) for part in version.split(".")]


@pytest.fixture(scope="session")
def bridge_name(worker_id: str) -> str:
    """A bridge name that no other test process on the machine uses."""
    return f"dyt{os.getpid() % 100000}{worker_id.removeprefix('gw').replace('master', '')}"


@pytest.fixture(scope="session")
def engine(bridge_name: str, request: pytest.FixtureRequest) -> Iterator[Engine]:
    """The engine of this test process, with the busybox image loaded. To kill one, take `own_engine`."""
    flags = request.config.getoption("--daemon-flag")
    ours = request.config.getoption("--engine") == "dockyard"
    context = dockyard_engine(bridge_name, flags) if ours else reference_engine(flags)
    with context as started:
        started.docker("load", "-i", str(busybox_image()))
        started.docker("rm", started.docker("create", "busybox"))  # the first one makes a layer that all others share
        yield started


@pytest.fixture
def docker(engine: Engine) -> Iterator[Docker]:
    """The client of the shared engine. Containers and volumes that the test leaves are removed after it."""
    yield engine.docker
    remove_everything(engine.docker)


@pytest.fixture
def make_engine(bridge_name: str, request: pytest.FixtureRequest) -> Iterator[Callable[..., Engine]]:
    """Start further engines with flags of choice: `make_engine("--add-runtime=x=/y")`; gone after the test."""
    flags = request.config.getoption("--daemon-flag")
    contexts: list[AbstractContextManager[Engine]] = []

    def make(*arguments: str, image: bool = True, own_network: bool = False) -> Engine:
        context = dockyard_engine(f"{bridge_name}x{len(contexts)}", (*flags, *arguments), own_network)
        engine = context.__enter__()
        contexts.append(context)
        if image:
            engine.docker("load", "-i", str(busybox_image()))
        return engine

    yield make
    for context in reversed(contexts):
        context.__exit__(None, None, None)


@pytest.fixture
def own_engine(make_engine: Callable[..., Engine]) -> Engine:
    """An engine for this test alone, which it may kill and restart."""
    return make_engine()


@pytest.fixture
def leak_check(engine: Engine) -> Iterator[None]:
    """The test must leave nothing of the shared engine behind: processes, mounts, cgroups, links, files, fds."""
    if engine.kind != "dockyard":  # Docker collects its garbage when it likes
        yield
        return
    with no_leaks(engine):
        yield


def remove_everything(docker: Docker) -> None:
    """Remove all containers with their volumes, and all volumes."""
    if containers := docker("ps", "-aq").split():
        docker.result("rm", "-f", "-v", *containers)
    if volumes := docker("volume", "ls", "-q", "--filter", "driver=local").split():
        docker.result("volume", "rm", *volumes)
