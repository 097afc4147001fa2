"""Containers outlive the daemon, the supervisor, and both: output, log, exit code, exec, ports."""

import json
import os
import re
import signal
from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from tests.support.engine import Engine, is_alive
from tests.support.survival import VICTIMS, Victim, kill, log_lines
from tests.support.terminal import terminal
from tests.support.wait import wait_until

pytestmark = pytest.mark.dockyard_only


@pytest.mark.row("A23", "P3")
@pytest.mark.parametrize("victim", VICTIMS)
def test_a_container_goes_on_as_before(own_engine: Engine, victim: Victim) -> None:
    docker = own_engine.docker
    container = docker(
        "run", "-d", "-i", "--name", "steady", "busybox", "sh", "-c", "while read x; do echo got $x; done"
    )
    pid = int(docker.field(container, "{{.State.Pid}}"))
    kill(own_engine, victim)
    assert is_alive(pid)
    if victim != "supervisor":
        own_engine.start()
    assert docker.field(container, "{{.State.Pid}} {{.State.Status}}") == f"{pid} running"
    assert docker("exec", container, "echo", "exec works") == "exec works"
    assert docker("run", "--rm", "busybox", "echo", "new ones too") == "new ones too"
    attached = docker.start("attach", "steady")
    assert attached.stdin
    assert attached.stdout
    attached.stdin.write(b"hello\n")
    attached.stdin.flush()
    assert attached.stdout.readline() == b"got hello\n"
    attached.kill()
    attached.wait()
    attached.stdin.close()
    attached.stdout.close()
    assert "got hello" in docker("logs", container)
    docker("stop", "-t", "0", container)
    assert docker.field(container, "{{.State.Status}} {{.State.ExitCode}}") == "exited 137"
    docker("rm", container)


@pytest.mark.row("P3", "P4", "A23")
def test_forty_lines_and_exit_code_42_while_the_daemon_is_dead(own_engine: Engine) -> None:
    docker = own_engine.docker
    script = "i=1; while [ $i -le 40 ]; do echo line $i; i=$((i+1)); sleep 0.1; done; exit 42"
    container = docker("run", "-d", "busybox", "sh", "-c", script)
    pid = int(docker.field(container, "{{.State.Pid}}"))
    wait_until(lambda: log_lines(own_engine, container), "the first line")
    own_engine.kill()
    wait_until(lambda: not is_alive(pid), "the container to end", 20)
    ended = datetime.now(UTC)
    own_engine.start()
    assert docker("logs", container).splitlines() == [f"line {number}" for number in range(1, 41)]
    assert docker.field(container, "{{.State.ExitCode}} {{.State.Status}} {{.State.OOMKilled}}") == "42 exited false"
    finished = datetime.fromisoformat(docker.field(container, "{{.State.FinishedAt}}")[:19] + "+00:00")
    assert abs((finished - ended).total_seconds()) < 3
    assert docker("wait", container) == "42"


@pytest.mark.row("P3")
def test_ten_megabytes_written_while_daemon_and_supervisor_are_dead(own_engine: Engine) -> None:
    docker = own_engine.docker
    script = "sleep 1; i=0; while [ $i -lt 100 ]; do yes 0123456789 | head -c 110000; i=$((i+1)); done; echo; echo end"
    container = docker("run", "-d", "busybox", "sh", "-c", script)
    kill(own_engine, "both")
    wait_until(lambda: any('"end\\n"' in line for line in log_lines(own_engine, container)[-1:]), "the last line", 30)
    own_engine.start()
    shown = docker("logs", container)
    assert shown.endswith("\nend")
    assert len(shown) == 100 * 110000 + len("\nend")


@pytest.mark.row("A23")
def test_an_attached_client_survives_the_daemon(own_engine: Engine) -> None:
    """The client's socket was handed to the shim: the daemon's death doesn't cut the session."""
    docker = own_engine.docker
    with terminal(
        docker.client.command("run", "-it", "--name", "session", "busybox"), docker.client.environment
    ) as tty:
        tty.expect("/ # ")
        # the client cares for the size only once its request to start has been answered: so long the daemon is needed
        tty.type("while [ \"$(stty size)\" = '24 80' ]; do sleep 0.1; done; echo rea''dy\r")
        columns = iter(range(100, 200))

        def resized() -> bool:
            tty.resize(30, next(columns))
            return "ready" in tty.read_for(0.2)

        wait_until(resized, "the client to pass on a new size")
        kill(own_engine, "daemon")
        tty.type("echo $((20 + 3))\r")
        tty.expect("\n23\r\n")
        own_engine.start()
        tty.type("echo $((20 + 4))\r")
        tty.expect("\n24\r\n")


@pytest.mark.row("A23")
def test_an_ordinary_stop_of_the_daemon_leaves_containers_alone(own_engine: Engine) -> None:
    """Unlike Docker without --live-restore: an upgrade of the daemon is no reason to stop containers."""
    docker = own_engine.docker
    container = docker("run", "-d", "busybox", "sleep", "1000")
    pid = int(docker.field(container, "{{.State.Pid}}"))
    own_engine.restart(signal.SIGTERM)
    assert is_alive(pid)
    assert docker.field(container, "{{.State.Status}} {{.State.Pid}}") == f"running {pid}"
    assert docker.info()["LiveRestoreEnabled"] is True


def test_without_live_restore_a_stop_of_the_daemon_stops_containers(make_engine: Callable[..., Engine]) -> None:
    engine = make_engine("--live-restore=false")
    docker = engine.docker
    script = "trap 'exit 5' TERM; echo ready; while :; do sleep 0.05; done"
    container = docker("run", "-d", "busybox", "sh", "-c", script)
    wait_until(lambda: docker("logs", container) == "ready", "the trap to be set")
    pid = int(docker.field(container, "{{.State.Pid}}"))
    assert docker.info()["LiveRestoreEnabled"] is False
    engine.kill(signal.SIGTERM)
    assert not is_alive(pid)
    engine.start()
    assert docker.field(container, "{{.State.Status}} {{.State.ExitCode}}") == "exited 5"


def test_a_daemon_that_finds_its_containers_running_reads_their_state_from_them(own_engine: Engine) -> None:
    docker = own_engine.docker
    running, paused = (docker("run", "-d", "busybox", "sleep", "1000") for _ in range(2))
    docker("pause", paused)
    own_engine.restart()
    assert docker.field(running, "{{.State.Status}}") == "running"
    assert docker.field(paused, "{{.State.Status}}") == "paused"
    docker("unpause", paused)
    assert len(re.findall("[0-9a-f]{64}", docker("ps", "-q", "--no-trunc"))) == 2
    docker("rm", "-f", running, paused)
    wait_until(lambda: os.listdir(own_engine.run / "shims") == [], "the shims' folders to be removed")


def test_always_returns_after_a_restart_and_a_stopped_one_does_not(own_engine: Engine) -> None:
    docker = own_engine.docker
    always = docker("run", "-d", "--restart", "always", "busybox", "sleep", "1000")
    stopped = docker("run", "-d", "--restart", "unless-stopped", "busybox", "sleep", "1000")
    docker("stop", "-t", "0", stopped)
    pid = int(docker.field(always, "{{.State.Pid}}"))
    own_engine.kill()
    os.kill(pid, 9)
    wait_until(lambda: not is_alive(pid), "the container to be dead")
    own_engine.start()
    wait_until(lambda: docker.field(always, "{{.State.Status}}") == "running", "the restart policy to act")
    assert docker.field(stopped, "{{.State.Status}}") == "exited"
    assert json.loads(docker("inspect", always))[0]["State"]["Pid"] != pid


def test_a_daemon_that_is_ended_while_it_starts_containers_loses_none(own_engine: Engine) -> None:
    docker = own_engine.docker
    containers = [docker("run", "-d", "--restart", "always", "busybox", "sleep", "1000") for _ in range(8)]
    pids = [int(docker.field(container, "{{.State.Pid}}")) for container in containers]
    own_engine.kill()
    for pid in pids:
        os.kill(pid, 9)
    wait_until(lambda: not any(map(is_alive, pids)), "the containers to be dead")
    own_engine.start()
    own_engine.restart(signal.SIGTERM)
    wait_until(
        lambda: all(docker.field(container, "{{.State.Status}}") == "running" for container in containers),
        "the restart policy to act on all of them",
    )
    docker("rm", "-f", *containers)
