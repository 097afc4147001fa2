"""`docker commit` of a running container: frozen while it is read, and by nobody's death for longer."""

import signal

import pytest
from tests.support.client import Docker
from tests.support.engine import Engine
from tests.support.wait import wait_until

COUNT = "head -c 300000000 /dev/urandom > /big; i=0; while :; do i=$((i+1)); echo $i > /count; sleep 0.01; done"


def counted(docker: Docker, container: str) -> int:
    return int(docker.result("exec", container, "cat", "/count").out or 0)


@pytest.mark.dockyard_only  # it kills the daemon
@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM], ids=lambda number: number.name)
def test_a_daemon_that_ends_meanwhile_leaves_nothing_frozen(own_engine: Engine, number: signal.Signals) -> None:
    docker = own_engine.docker
    container = docker("run", "-d", "busybox", "sh", "-c", COUNT)
    wait_until(lambda: counted(docker, container) > 0, "the counting to begin", 30)
    committing = docker.start("commit", container)
    wait_until(lambda: docker.field(container, "{{.State.Status}}") == "paused", "it to be frozen", 20)
    assert committing.poll() is None
    own_engine.restart(number)
    committing.communicate(timeout=30)
    assert docker.field(container, "{{.State.Status}}") == "running"
    before = counted(docker, container)
    wait_until(lambda: counted(docker, container) > before, "the counting to go on")
    docker("pause", container)
    own_engine.restart()
    assert docker.field(container, "{{.State.Status}}") == "paused"  # whom a user has frozen stays so
    docker("unpause", container)


def test_it_goes_on_afterwards(docker: Docker) -> None:
    container = docker("run", "-d", "busybox", "sh", "-c", COUNT.partition("; ")[2])
    wait_until(lambda: counted(docker, container) > 0, "the counting to begin")
    image = docker("commit", "-a", "me", "-m", "words", container)
    before = counted(docker, container)
    wait_until(lambda: counted(docker, container) > before, "the counting to go on")
    assert docker.inspect(image, "--type", "image")["Author"] == "me"
    assert {"pause", "unpause"} <= set(docker.actions(container))
    quiet = docker("commit", "--pause=false", container)
    assert docker.actions(container).count("pause") == 1
    docker("rmi", image, quiet)
