"""`dockyard why`: each way to end is told apart from the others, with who did it, by a real kernel and real clients."""

import json
import os
import platform
import signal
import struct
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from tests.support.client import Docker
from tests.support.engine import PROGRAMS, Engine
from tests.support.wait import wait_until

pytestmark = pytest.mark.dockyard_only  # Docker has no such question

Why = Callable[[str], dict[str, Any]]


@pytest.fixture
def why(engine: Engine) -> Why:
    """What `dockyard why --format json` says of a container."""
    return lambda container: ask(engine, container)


def ask(engine: Engine, container: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(say(engine, "--format", "json", container))
    return found


def say(engine: Engine, *arguments: str) -> str:
    command = [str(PROGRAMS / "dockyard"), "-H", engine.docker.host, "why", *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


def writes_to_null() -> bytes:
    """The smallest program for x86-64 that crashes: `xor eax, eax; mov [rax], al`, and elf(5)'s two headers."""
    code, base = b"\x31\xc0\x88\x00", 0x400000
    size = 64 + 56 + len(code)
    fields = struct.pack("<HHIQQQIHHHHHH", 2, 62, 1, base + 120, 64, 0, 0, 64, 56, 1, 0, 0, 0)
    header = b"\x7fELF\x02\x01\x01" + bytes(9) + fields
    return header + struct.pack("<IIQQQQQQ", 1, 5, 0, base, base, size, size, 4096) + code


def ended(docker: Docker, *words: str) -> str:
    """A container that has run to its end."""
    container = docker("create", *words)
    docker.result("start", "-a", container)
    return container


@pytest.mark.row("X4")
def test_out_of_memory(docker: Docker, engine: Engine, why: Why) -> None:
    script = "echo before; x=$(head -c 100000000 /dev/zero | tr '\\0' x); echo not reached"
    container = ended(docker, "-m", "32m", "--memory-swap", "32m", "busybox", "sh", "-c", script)
    found = why(container)
    assert found["Verdict"] == "oom"
    ending = found["Ending"]
    assert (ending["ExitCode"], ending["SignalName"], ending["OOMKilled"]) == (137, "SIGKILL", True)
    assert ending["Limits"]["Memory"] == 32 << 20
    assert 16 << 20 < ending["MemoryPeak"] <= 32 << 20
    assert found["LastLines"] == ["before"]
    if os.access("/dev/kmsg", os.R_OK):
        wait_until(lambda: why(container)["Ending"]["Victim"] is not None, "the kernel's log to be read")
        assert why(container)["Ending"]["Victim"]["Name"] in ("sh", "tr", "head")
    text = say(engine, container)
    assert "the kernel killed it for lack of memory (limit 32 MiB)" in text
    assert "137 (128 + SIGKILL)" in text
    assert "memory 32MiB" in text


@pytest.mark.row("X4")
def test_killed_by_a_user(docker: Docker, engine: Engine, why: Why) -> None:
    container = docker("run", "-d", "busybox", "sleep", "1000")
    docker("kill", container)
    found = why(container)
    assert (found["Verdict"], found["Ending"]["ExitCode"]) == ("stopped", 137)
    (sent,) = found["Ending"]["Sent"]
    assert (sent["SignalName"], sent["By"]["Action"], sent["By"]["Name"]) == ("SIGKILL", "kill", "docker")
    assert (sent["By"]["Uid"], sent["By"]["Pid"] > 0) == (os.getuid(), True)
    assert "ended by SIGKILL from docker (pid " in say(engine, container)


@pytest.mark.row("X4")
def test_killed_on_the_host(docker: Docker, why: Why) -> None:
    container = docker("run", "-d", "busybox", "sleep", "1000")
    os.kill(int(docker.field(container, "{{.State.Pid}}")), signal.SIGKILL)
    docker("wait", container)
    found = why(container)
    assert (found["Verdict"], found["Ending"]["Sent"]) == ("killed", [])


@pytest.mark.row("X4")
def test_stopped(docker: Docker, why: Why) -> None:
    polite = docker("run", "-d", "busybox", "sh", "-c", "trap 'exit 3' TERM; echo up; while :; do sleep 0.02; done")
    wait_until(lambda: docker("logs", polite) == "up", "the trap to be set")
    docker("stop", polite)
    assert why(polite)["Verdict"] == "stopped"
    assert "asked to end by SIGTERM from docker" in why(polite)["Summary"]
    deaf = docker("run", "-d", "busybox", "sleep", "1000")
    docker("stop", "-t", "0", deaf)
    sent = why(deaf)["Ending"]["Sent"]
    assert [(one["SignalName"], one["By"]["Action"]) for one in sent] == [("SIGTERM", "stop"), ("SIGKILL", "stop")]


@pytest.mark.row("X4")
@pytest.mark.skipif(platform.machine() != "x86_64", reason="has a program for x86-64")
def test_crashed(docker: Docker, why: Why, tmp_path: Path) -> None:
    by_child = ended(docker, "busybox", "sh", "-c", "sh -c 'kill -SEGV $$'; exit $?")
    found = why(by_child)
    assert (found["Verdict"], found["Ending"]["ExitCode"], found["Ending"]["Signal"]) == ("crashed", 139, 0)
    program = tmp_path / "crash"
    program.write_bytes(writes_to_null())
    program.chmod(0o755)
    container = ended(docker, "-v", f"{program}:/crash:ro", "busybox", "/crash")
    found = why(container)
    assert (found["Verdict"], found["Ending"]["SignalName"]) == ("crashed", "SIGSEGV")
    assert "invalid memory access" in found["Summary"]


@pytest.mark.row("X4")
def test_forbidden_by_seccomp(docker: Docker, why: Why, tmp_path: Path) -> None:
    calls = [{"names": ["mkdir", "mkdirat"], "action": "SCMP_ACT_KILL_PROCESS"}]
    (tmp_path / "profile").write_text(json.dumps({"defaultAction": "SCMP_ACT_ALLOW", "syscalls": calls}))
    container = ended(docker, "--security-opt", f"seccomp={tmp_path}/profile", "busybox", "mkdir", "/x")
    found = why(container)
    assert (found["Verdict"], found["Ending"]["SignalName"]) == ("crashed", "SIGSYS")


@pytest.mark.row("X4")
@pytest.mark.parametrize(
    ("program", "verdict", "code"), [("/nothing/here", "not-found", 127), ("/etc/passwd", "not-executable", 126)]
)
def test_never_started(docker: Docker, why: Why, program: str, verdict: str, code: int) -> None:
    container = docker("create", "busybox", program)
    assert docker.result("start", container).code == 1
    found = why(container)
    assert (found["Verdict"], found["Ending"]) == (verdict, None)
    assert docker.field(container, "{{.State.ExitCode}}") == str(code)
    by_shell = ended(docker, "busybox", "sh", "-c", program)
    assert (why(by_shell)["Verdict"], why(by_shell)["Ending"]["ExitCode"]) == (verdict, code)


@pytest.mark.row("X4")
def test_by_itself(docker: Docker, why: Why) -> None:
    assert why(ended(docker, "busybox", "true"))["Verdict"] == "done"
    found = why(ended(docker, "--cpus", "0.5", "--pids-limit", "9", "busybox", "sh", "-c", "echo bye >&2; exit 7"))
    assert (found["Verdict"], found["Ending"]["ExitCode"], found["LastLines"]) == ("failed", 7, ["bye"])
    assert found["Ending"]["Limits"] == {"Memory": 0, "NanoCpus": 500_000_000, "PidsLimit": 9}
    assert why(docker("create", "busybox"))["Verdict"] == "created"
    assert why(docker("run", "-d", "busybox", "sleep", "1000"))["Verdict"] == "running"


HEALTHY_ONCE = ("--health-cmd", "test ! -e /sick", "--health-interval", "50ms", "--health-retries", "2")


@pytest.mark.row("X4", "X10")
def test_restarted_because_it_was_unhealthy(docker: Docker, why: Why) -> None:
    flags = ("--label", "dockyard.restart-unhealthy=true", "--stop-timeout", "0", *HEALTHY_ONCE)
    container = docker("run", "-d", *flags, "busybox", "sh", "-c", "rm -f /sick; exec sleep 1000")
    wait_until(lambda: docker.field(container, "{{.State.Health.Status}}") == "healthy", "the first probe")
    docker("exec", container, "touch", "/sick")
    wait_until(lambda: docker.field(container, "{{.RestartCount}}") == "1", "a restart", 30)
    wait_until(lambda: docker.field(container, "{{.State.Health.Status}}") == "healthy", "it to be well again")
    found = why(container)
    assert (found["Verdict"], found["Status"]) == ("unhealthy", "running")
    assert {one["By"]["Kind"] for one in found["Ending"]["Sent"]} == {"engine"}
    actions = docker.actions(container)
    assert actions.index("health_status: unhealthy") < actions.index("die") < actions.index("start", 3)
    docker("stop", "-t", "0", container)
    assert why(container)["Verdict"] == "stopped"
    assert docker.field(container, "{{.State.Status}}") == "exited"


@pytest.mark.row("X10")
def test_nobody_is_restarted_without_being_asked(docker: Docker) -> None:
    container = docker(
        "run", "-d", "--restart", "always", *HEALTHY_ONCE, "busybox", "sh", "-c", "touch /sick; sleep 1000"
    )
    wait_until(lambda: docker.field(container, "{{.State.Health.Status}}") == "unhealthy", "the verdict")
    assert docker.field(container, "{{.RestartCount}} {{.State.Status}}") == "0 running"
    result = docker.result("create", "--label", "dockyard.restart-unhealthy=perhaps", "busybox")
    assert "must be true or false" in result.err


@pytest.mark.row("X10")
def test_all_are_when_the_daemon_says_so(make_engine: Callable[..., Engine]) -> None:
    engine = make_engine("--restart-unhealthy")
    docker = engine.docker
    sick = ("busybox", "sh", "-c", "touch /sick; exec sleep 1000")
    container = docker("run", "-d", "--stop-timeout", "0", *HEALTHY_ONCE, *sick)
    wait_until(lambda: int(docker.field(container, "{{.RestartCount}}")) >= 2, "two restarts", 30)
    label = ("--label", "dockyard.restart-unhealthy=false")
    other = docker("run", "-d", *label, *HEALTHY_ONCE, *sick)
    wait_until(lambda: docker.field(other, "{{.State.Health.Status}}") == "unhealthy", "the verdict")
    assert docker.field(other, "{{.RestartCount}}") == "0"


def test_what_is_known_outlives_the_daemon(own_engine: Engine) -> None:
    docker = own_engine.docker
    container = docker("run", "-d", "busybox", "sleep", "1000")
    docker("kill", container)
    before = ask(own_engine, container)
    own_engine.restart()
    assert ask(own_engine, container) == before
    running = docker("run", "-d", "busybox", "sleep", "1000")
    pid = int(docker.field(running, "{{.State.Pid}}"))
    own_engine.kill()
    os.kill(pid, signal.SIGKILL)
    own_engine.start()
    assert ask(own_engine, running)["Verdict"] == "killed"
