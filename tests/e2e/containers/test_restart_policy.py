"""Restart policies as their users see them: counts, the pauses between, and who comes back with the daemon."""

import itertools
import json
import os
import signal
import time
from contextlib import suppress
from datetime import datetime

import pytest
from tests.support.client import Docker
from tests.support.engine import Engine
from tests.support.wait import wait_until


@pytest.mark.row("B22")
@pytest.mark.parametrize(
    ("policy", "command", "count"),
    [("no", "false", "0"), ("on-failure:2", "false", "2"), ("on-failure", "true", "0"), ("on-failure:3", "true", "0")],
)
def test_when_it_is_given_up(docker: Docker, policy: str, command: str, count: str) -> None:
    container = docker("run", "-d", "--restart", policy, "busybox", command)
    wait_until(lambda: docker.field(container, "{{.State.Status}}") == "exited", "the last end")
    assert docker.field(container, "{{.RestartCount}}") == count


@pytest.mark.row("B22")
@pytest.mark.parametrize("policy", ["always", "unless-stopped"])
def test_a_crash_loop_slows_down(docker: Docker, policy: str) -> None:
    container = docker("run", "-d", "--restart", policy, "busybox", "false")
    wait_until(lambda: int(docker.field(container, "{{.RestartCount}}")) >= 4, "four restarts", 30)
    assert docker("ps", "-aq", "--no-trunc", "-f", "status=restarting", "-f", "status=running") == container
    pauses = pauses_before_starts(docker, container)[:4]
    # 100 ms, then twice as long each time; what the starts themselves take comes on top
    assert all(pause >= 0.1 * 2**number for number, pause in enumerate(pauses)), pauses
    docker("stop", "-t", "0", container)
    time.sleep(0.2)
    assert docker.field(container, "{{.State.Status}}") == "exited"


def pauses_before_starts(docker: Docker, container: str) -> list[float]:
    """Seconds from each end to the start that follows it, by the events."""
    now = time.time()
    span = ("--since", f"{now - 600:.9f}", "--until", f"{now + 0.1:.9f}", "--filter", f"container={container}")
    lines = docker("events", *span, "--format", "{{.Action}} {{.TimeNano}}").splitlines()
    moments = [
        (action, int(time_ns)) for action, time_ns in (line.split() for line in lines) if action in ("die", "start")
    ]
    pairs = itertools.pairwise(moments)
    return [(after[1] - before[1]) / 1e9 for before, after in pairs if (before[0], after[0]) == ("die", "start")]


@pytest.mark.row("B22")
@pytest.mark.dockyard_only  # it kills the daemon
def test_who_comes_back_with_the_daemon(own_engine: Engine) -> None:
    docker = own_engine.docker
    names = ("always", "unless-stopped", "on-failure", "no")
    for policy in names:
        docker("run", "-d", "--name", policy, "--restart", policy, "busybox", "sleep", "1000")
        docker("run", "-d", "--name", f"{policy}-stopped", "--restart", policy, "busybox", "sleep", "1000")
        docker("stop", "-t", "0", f"{policy}-stopped")
    started = {name: docker.field(name, "{{.State.StartedAt}}") for name in names}
    power_cut(own_engine, [docker.field(name, "{{.Id}} {{.State.Pid}}") for name in names])
    own_engine.start()
    # Docker's rules: always even who was stopped, and on-failure whose exit code was one of a failure
    back = {"always", "always-stopped", "unless-stopped", "on-failure", "on-failure-stopped"}
    wait_until(lambda: set(docker("ps", "--format", "{{.Names}}").split()) == back, "those to be back", 30)
    for name in ("always", "unless-stopped"):
        assert moment(docker.field(name, "{{.State.StartedAt}}")) > moment(started[name])


def power_cut(engine: Engine, containers: list[str]) -> None:
    """SIGKILL for daemon, supervisor, shims and containers (`id pid` each): as after a boot, only the disk is left."""
    engine.kill()
    pids = [engine.supervisor_pid]
    for container_id, pid in map(str.split, containers):
        shim = json.loads((engine.shim_directory(container_id) / "shim.json").read_text())
        pids += [shim["pid"], int(pid)]
    for number in pids:
        with suppress(ProcessLookupError):
            os.kill(number, signal.SIGKILL)


def moment(text: str) -> datetime:
    """A time of `inspect`, to the microsecond."""
    return datetime.fromisoformat(text[:26].rstrip("Z").ljust(26, "0"))
