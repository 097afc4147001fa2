"""What a container goes through: created, running, paused, restarting, exited, started again."""

from collections.abc import Callable

import pytest
from tests.support.client import Docker
from tests.support.wait import wait_until


def status(docker: Docker, container: str) -> str:
    return docker.field(container, "{{.State.Status}}")


@pytest.mark.row("B18")
def test_data_of_an_exited_container_is_there_after_start(docker: Docker) -> None:
    container = docker(
        "run", "-d", "busybox", "sh", "-c", "[ -e /kept ] && cat /kept; echo written > /kept; sleep 1000"
    )
    wait_until(lambda: docker.result("exec", container, "cat", "/kept").out == "written\n", "the file to be written")
    docker("stop", "-t", "0", container)
    assert status(docker, container) == "exited"
    assert docker("start", container) == container
    wait_until(lambda: docker("logs", container) == "written", "the file's content in the log")
    assert docker.field(container, "{{.Id}}") == container


def test_start_attached_gives_output_and_code(docker: Docker) -> None:
    container = docker("create", "-i", "busybox", "sh", "-c", "cat; exit 4")
    assert docker.result("start", "-ai", container, stdin="hello\n") == (4, "hello\n", "")


@pytest.mark.row("B21")
def test_each_state_is_shown_and_filtered(docker: Docker, sleeper: Callable[..., str]) -> None:
    created = docker("create", "--name", "created", "busybox", "true")
    running = sleeper(name="running")
    paused = sleeper(name="paused")
    docker("pause", paused)
    exited = docker("run", "-d", "--name", "exited", "busybox", "true")
    docker("wait", exited)
    restarting = docker("run", "-d", "--name", "restarting", "--restart", "always", "busybox", "false")
    wait_until(lambda: status(docker, restarting) == "restarting", "the container to be restarting")
    for container, name in ((created, "created"), (running, "running"), (paused, "paused"), (exited, "exited")):
        assert status(docker, container) == name
        assert name in docker("ps", "-a", "-f", f"status={name}", "--format", "{{.Names}}").split()
    wait_until(
        lambda: docker("ps", "-a", "-f", "status=restarting", "--format", "{{.Names}}") == "restarting",
        "it to be listed",
    )
    shown = dict(line.split(" ", 1) for line in docker("ps", "-a", "--format", "{{.Names}} {{.Status}}").splitlines())
    assert shown["created"] == "Created"
    assert shown["paused"].endswith("(Paused)")
    assert docker.result("ps", "-f", "status=nosuch").code == 1


@pytest.mark.row("B21")
def test_a_paused_container_does_not_run(docker: Docker) -> None:
    container = docker(
        "run", "-d", "busybox", "sh", "-c", "i=0; while :; do i=$((i+1)); echo $i > /count; sleep 0.01; done"
    )

    def count() -> str:
        return docker.result("exec", container, "cat", "/count").out

    wait_until(count, "the first count")
    docker("pause", container)
    assert "is already paused" in docker.result("pause", container).err
    assert docker.field(container, "{{.State.Paused}} {{.State.Running}}") == "true true"
    log = docker("top", container)
    assert "sh -c" in log
    docker("unpause", container)
    assert "is not paused" in docker.result("unpause", container).err
    first = wait_until(count, "a count")
    wait_until(lambda: count() != first, "the count to go on")


@pytest.mark.row("B21")
def test_a_crash_loop_counts_its_restarts(docker: Docker) -> None:
    container = docker("run", "-d", "--restart", "on-failure:2", "busybox", "sh", "-c", "exit 5")
    wait_until(lambda: docker.field(container, "{{.RestartCount}} {{.State.Status}}") == "2 exited", "two restarts", 20)
    assert docker.field(container, "{{.State.ExitCode}}") == "5"


def test_start_of_a_running_container_changes_nothing(docker: Docker, sleeper: Callable[..., str]) -> None:
    container = sleeper()
    pid = docker.field(container, "{{.State.Pid}}")
    docker("start", container)
    assert docker.field(container, "{{.State.Pid}}") == pid


def test_events_tell_the_life_in_order(docker: Docker) -> None:
    container = docker("run", "-d", "busybox", "sleep", "1000")
    docker("kill", container)
    docker("wait", container)
    docker("rm", container)
    actions = [action for action in docker.actions(container) if action not in ("attach", "resize")]
    assert actions == ["create", "start", "kill", "die", "destroy"]
