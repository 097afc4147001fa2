"""`docker stop`, `kill`, `rm`, `wait`, `restart`."""

import json
import os
import signal
import time
from collections.abc import Callable

import pytest
from tests.support.client import Docker
from tests.support.http import UnixConnection
from tests.support.processes import namespace
from tests.support.wait import wait_until

LOOP = "echo ready; while :; do sleep 0.05; done"
TRAP = "trap 'echo got TERM; exit 7' TERM; " + LOOP


def ready(docker: Docker, container: str) -> None:
    wait_until(lambda: "ready" in docker("logs", container), "the container to set its trap")


@pytest.mark.row("B4")
def test_stop_sends_term_and_waits(docker: Docker) -> None:
    container = docker("run", "-d", "busybox", "sh", "-c", TRAP)
    ready(docker, container)
    assert docker("stop", container) == container
    assert docker.field(container, "{{.State.ExitCode}} {{.State.Status}}") == "7 exited"
    assert "got TERM" in docker("logs", container)


@pytest.mark.row("B4")
def test_stop_kills_what_does_not_listen(docker: Docker) -> None:
    container = docker("run", "-d", "busybox", "sh", "-c", "trap '' TERM; " + LOOP)
    ready(docker, container)
    begin = time.monotonic()
    docker("stop", "-t", "1", container)
    assert 0.9 < time.monotonic() - begin < 5
    assert docker.field(container, "{{.State.ExitCode}}") == "137"


@pytest.mark.row("B4")
def test_stop_of_a_process_that_dies_of_term_gives_143(docker: Docker) -> None:
    container = docker("run", "-d", "busybox", "sh", "-c", "trap 'exit 143' TERM; " + LOOP)
    ready(docker, container)
    docker("stop", container)
    assert docker.field(container, "{{.State.ExitCode}}") == "143"


@pytest.mark.row("B4")
def test_stop_ends_a_crash_loop_at_whatever_moment_it_comes(docker: Docker) -> None:
    container = docker("run", "-d", "--restart", "always", "busybox", "sh", "-c", "exit 1")
    for moment in range(10):
        time.sleep(0.05 + 0.017 * moment)  # in the wait, in a start, in a run
        docker("stop", container)
        count = docker.field(container, "{{.RestartCount}} {{.State.Status}}")
        assert count.endswith(" exited")
        time.sleep(0.3)
        assert docker.field(container, "{{.RestartCount}} {{.State.Status}}") == count
        docker("start", container)
    docker("rm", "-f", container)
    assert docker.result("inspect", container).code == 1


def test_wait_for_the_next_exit_ends_with_the_removal(docker: Docker) -> None:
    container = docker("create", "busybox", "true")
    waiting = UnixConnection(docker.socket, 10)
    waiting.request("POST", f"/containers/{container}/wait?condition=next-exit")
    answer = waiting.getresponse()  # its head says that the daemon waits
    docker("rm", container)
    assert json.loads(answer.read())["StatusCode"] == 0
    waiting.close()


@pytest.mark.row("B4")
def test_rm_refuses_a_running_container(docker: Docker, sleeper: Callable[..., str]) -> None:
    container = sleeper(name="busy")
    result = docker.result("rm", "busy")
    assert result.code == 1
    assert "container is running: stop the container before removing or force remove" in result.err or (
        "You cannot remove a running container" in result.err
    )
    assert docker("rm", "-f", "busy") == "busy"
    assert docker.result("inspect", container).code == 1


@pytest.mark.row("B19")
def test_kill_and_rm_echo_each_container(docker: Docker, sleeper: Callable[..., str]) -> None:
    for _ in range(4):
        sleeper()
    running = docker("ps", "-q").split()
    assert len(running) == 4
    assert docker("kill", *running).split() == running
    wait_until(lambda: docker("ps", "-q") == "", "all containers to be gone")
    everything = docker("ps", "-a", "-q").split()
    assert docker("rm", *everything).split() == everything
    assert docker("ps", "-a", "-q") == ""


def test_kill_with_a_signal(docker: Docker) -> None:
    container = docker("run", "-d", "busybox", "sh", "-c", "trap 'exit 3' USR1; " + LOOP)
    ready(docker, container)
    docker("kill", "-s", "USR1", container)
    assert docker("wait", container) == "3"
    result = docker.result("kill", container)
    assert result.code == 1
    assert "is not running" in result.err
    assert "invalid signal: NOSUCH" in docker.result("kill", "-s", "NOSUCH", container).err


def test_wait_gives_the_code_of_an_exited_and_of_a_running_container(docker: Docker) -> None:
    container = docker("run", "-d", "busybox", "sh", "-c", "sleep 0.3; exit 11")
    assert docker("wait", container) == "11"
    assert docker("wait", container) == "11"


def test_restart_gives_a_new_process(docker: Docker, sleeper: Callable[..., str]) -> None:
    container = sleeper()
    pid = docker.field(container, "{{.State.Pid}}")
    docker("restart", "-t", "0", container)
    assert docker.field(container, "{{.State.Pid}}") not in (pid, "0")
    assert docker.field(container, "{{.State.Running}} {{.RestartCount}}") == "true 0"


@pytest.mark.row("B11", "D8")
def test_killing_process_1_from_the_host_ends_everything(docker: Docker, leak_check: None) -> None:
    container = docker("run", "-d", "busybox", "sh", "-c", "sleep 1000 & sleep 1000 & exec sleep 1000")
    docker("exec", "-d", container, "sleep", "2000")
    pid = int(docker.field(container, "{{.State.Pid}}"))
    inside = namespace(pid, "pid")
    others = wait_until(
        lambda: [p for p in _members(inside) if p != pid] if len(_members(inside)) == 4 else [], "four processes"
    )
    import os

    os.kill(pid, signal.SIGKILL)
    wait_until(lambda: docker.field(container, "{{.State.Status}}") == "exited", "the container to be exited")
    assert docker.field(container, "{{.State.ExitCode}} {{.State.Pid}}") == "137 0"
    assert not set(others) & set(_members(inside))
    docker("rm", container)


def _members(pid_namespace: str) -> list[int]:
    found = []
    for name in os.listdir("/proc"):
        try:
            if name.isdigit() and namespace(name, "pid") == pid_namespace:
                found.append(int(name))
        except OSError:
            continue
    return found
