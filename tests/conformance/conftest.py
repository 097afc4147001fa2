"""Which runtimes the cases run against, and a fresh container for each.

    pytest tests/conformance                          ours and Debian's runc
    pytest tests/conformance --runtime /usr/bin/crun  any other; may be given several times

A case that passes on runc and not on ours shows a fault of ours; one that fails on runc too, a fault of the case.
"""

import ctypes
import os
import secrets
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from tests.conformance.kit.bundle import Bundle
from tests.conformance.kit.container import Container
from tests.conformance.kit.runtime import Runtime
from tests.peers import program

PR_SET_CHILD_SUBREAPER = 36


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--runtime", action="append", metavar="PATH", help="runtime that the conformance cases run against"
    )


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "runtime" in metafunc.fixturenames:
        # Not known when this file isn't among those that pytest reads first, as for `pytest tests`.
        chosen = metafunc.config.getoption("--runtime", default=None) or ["dockyard-runc", "runc"]
        metafunc.parametrize("runtime", chosen, ids=[Path(each).name for each in chosen], indirect=True)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.root)


@pytest.fixture
def runtime(request: pytest.FixtureRequest, tmp_path: Path) -> Runtime:
    """The runtime under test, with a root directory for this case alone."""
    if request.param == "dockyard-runc":
        path = str(Path(sys.executable).with_name("dockyard-runc"))
    elif request.param == "runc":
        path = program("runc").path
    else:
        path = request.param
    return Runtime(Path(path).name, (path,), tmp_path / "root")


@pytest.fixture
def bundle(tmp_path: Path) -> Bundle:
    """A bundle whose process is `true`."""
    (tmp_path / "bundle").mkdir()
    return Bundle(tmp_path / "bundle")


@pytest.fixture
def make_container(runtime: Runtime, subreaper: None) -> Iterator[Callable[[Bundle], Container]]:
    """Containers for a case that needs several; none survives it."""
    made: list[Container] = []

    def make(bundle: Bundle) -> Container:
        made.append(Container(runtime, bundle, f"conformance-{secrets.token_hex(6)}"))
        return made[-1]

    yield make
    for container in made:
        container.clean_up()


@pytest.fixture
def container(make_container: Callable[[Bundle], Container], bundle: Bundle) -> Container:
    """The container of `bundle`, not created yet."""
    return make_container(bundle)


@pytest.fixture
def subreaper() -> Iterator[None]:
    """Orphans become children of the test process, which then learns how they ended."""
    libc = ctypes.CDLL(None, use_errno=True)
    assert libc.prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) == 0
    yield
    libc.prctl(PR_SET_CHILD_SUBREAPER, 0, 0, 0, 0)
    _reap_strangers()


def _reap_strangers() -> None:
    """Processes that hooks and execs left behind; those that subprocess has started itself are waited for already."""
    while True:
        try:
            pid, _ = os.waitpid(-1, os.WNOHANG)
        except ChildProcessError:
            return
        if pid == 0:
            return
