"""Standard streams belong to the shim, and not to the daemon: they work while that is dead.

Docker has FIFOs in the container's folder, of which dockerd holds the other ends. Here they are pipes (or a terminal)
between the container and its shim, and a client's socket is the shim's, too.
"""

import json
import os
import subprocess
from pathlib import Path

import pytest
from tests.support.engine import Engine
from tests.support.wait import wait_until

pytestmark = [pytest.mark.dockyard_only, pytest.mark.row("H4")]


def pipes(pid: int) -> set[str]:
    """The pipes that a process has open."""
    found = set()
    for descriptor in os.listdir(f"/proc/{pid}/fd"):
        try:
            target = os.readlink(f"/proc/{pid}/fd/{descriptor}")
        except FileNotFoundError:
            continue
        if target.startswith("pipe:"):
            found.add(target)
    return found


def session(engine: Engine, *arguments: str) -> "subprocess.Popen[str]":
    """A docker client whose input and output are the test's."""
    return subprocess.Popen(
        engine.docker.client.command(*arguments),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env=engine.docker.client.environment,
    )


def said(client: "subprocess.Popen[str]", text: str) -> str:
    """What comes back for a line of input."""
    assert client.stdin is not None and client.stdout is not None
    client.stdin.write(text)
    client.stdin.flush()
    return client.stdout.readline()


def test_the_other_ends_of_a_container_s_pipes_are_its_shim_s(own_engine: Engine) -> None:
    docker = own_engine.docker
    container = docker("run", "-di", "busybox", "cat")
    pid = int(docker.field(container, "{{.State.Pid}}"))
    shim = json.loads((own_engine.shim_directory(container) / "shim.json").read_text())["pid"]
    for number in range(3):
        assert os.readlink(f"/proc/{pid}/fd/{number}") in pipes(shim)
        assert os.readlink(f"/proc/{pid}/fd/{number}") not in pipes(own_engine.pid)


def test_attached_and_exec_sessions_and_the_log_go_on_without_a_daemon(own_engine: Engine) -> None:
    docker = own_engine.docker
    attached = session(own_engine, "run", "-i", "--name", "talker", "busybox", "cat")
    assert said(attached, "before\n") == "before\n"
    container = docker("ps", "-q", "--no-trunc")
    executed = session(own_engine, "exec", "-i", "talker", "sh", "-c", "while read x; do echo exec: $x; done")
    assert said(executed, "before\n") == "exec: before\n"
    log = Path(docker.field(container, "{{.LogPath}}"))

    own_engine.kill()
    for number in range(100):
        assert said(attached, f"line {number}\n") == f"line {number}\n"
        assert said(executed, f"line {number}\n") == f"exec: line {number}\n"
    lines = [json.loads(line)["log"] for line in log.read_text().splitlines()]
    assert lines == ["before\n", *(f"line {number}\n" for number in range(100))]

    own_engine.start()
    assert said(attached, "after\n") == "after\n"
    assert attached.stdin is not None and executed.stdin is not None
    attached.stdin.close()
    executed.stdin.close()
    for client in (attached, executed):
        client.wait(10)  # what they asked the daemon for, such as the exit code, broke off with it
    wait_until(lambda: docker.field(container, "{{.State.Status}}") == "exited", "the container to end")
    assert docker("logs", container).splitlines()[-1] == "after"
