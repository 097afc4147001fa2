"""Real engines of Debian that drive `dockyard-runc` instead of runc."""

import os
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.peers import DockerDaemon, busybox_image, docker_daemon

RUNTIME = "dockyard"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.root)


@pytest.fixture(scope="session")
def dockyard_runc() -> str:
    """The path of the command; $DOCKYARD_RUNC names another one."""
    return os.environ.get("DOCKYARD_RUNC", str(Path(sys.executable).with_name("dockyard-runc")))


@pytest.fixture(scope="session")
def dockerd(dockyard_runc: str) -> Iterator[DockerDaemon]:
    """Debian's dockerd and containerd with our runtime as the default one, and the busybox image loaded."""
    arguments = [f"--add-runtime={RUNTIME}={dockyard_runc}", f"--default-runtime={RUNTIME}"]
    with docker_daemon(arguments=arguments) as daemon:
        daemon.docker.run("load", "-i", str(busybox_image()))
        yield daemon
