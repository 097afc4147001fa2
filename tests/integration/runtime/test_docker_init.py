"""Dockyard's own docker-init: it runs a program, reaps, passes signals on, and ends as the program does."""

import os
import platform
import shutil
import signal
import subprocess
from importlib.resources import files
from pathlib import Path

import pytest

from dockyard.engine.containers.init import init_program
from dockyard.errors import InvalidParameter

SOURCES = files("dockyard.engine.containers.init")


@pytest.fixture(params=["shipped", "built"])
def init(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The program that is shipped for this machine, and one built from the source, which must do the same."""
    machine = platform.machine()
    if request.param == "shipped":
        return init_program(None, machine, str(tmp_path))
    if shutil.which("cc") is None:
        pytest.skip("no compiler")
    built = tmp_path / "built"
    subprocess.run(["sh", str(SOURCES / "build.sh"), machine, "cc", str(built)], check=True)
    return str(built)


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (["true"], 0),
        (["sh", "-c", "exit 3"], 3),
        (["sh", "-c", "kill -9 $$"], 137),
        (["/bin/sh", "-c", "exit 4"], 4),
        (["nothing-of-the-kind"], 127),
        (["/nothing/of/the/kind"], 127),
        (["/etc/passwd"], 126),
        (["/etc"], 126),
    ],
)
def test_it_ends_as_the_program_does(init: str, words: list[str], code: int) -> None:
    assert subprocess.run([init, "--", *words], stderr=subprocess.DEVNULL).returncode == code


def test_without_a_program_it_explains_itself(init: str) -> None:
    done = subprocess.run([init, "x"], stderr=subprocess.PIPE)
    assert done.returncode == 1
    assert b"usage" in done.stderr


def test_signals_reach_the_program(init: str) -> None:
    for number in (signal.SIGTERM, signal.SIGUSR1, signal.SIGRTMIN + 3):
        name = {signal.SIGTERM: "TERM", signal.SIGUSR1: "USR1"}.get(number, str(int(number)))
        script = f"trap 'exit 7' {name}; echo ready; while :; do sleep 0.02; done"
        with subprocess.Popen([init, "--", "sh", "-c", script], stdout=subprocess.PIPE) as running:
            assert running.stdout is not None
            running.stdout.readline()
            running.send_signal(number)
            assert running.wait(10) == 7


def test_orphans_are_reaped(init: str) -> None:
    """As the first process of a pid namespace, whose orphans are its children."""
    script = "(sleep 0.05 & exec true); (sleep 0.05 &); sleep 0.3; cat /proc/[0-9]*/stat | grep -c ') Z ' ; exit 0"
    enter = ["unshare", "--pid", "--fork", "--mount-proc"]
    if os.geteuid() != 0:
        pytest.skip("needs root")
    assert subprocess.run([*enter, init, "--", "sh", "-c", script], capture_output=True, text=True).stdout == "0\n"


def test_what_the_host_has_comes_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(InvalidParameter, match='exec: "docker-init": executable file not found'):
        init_program(None, "vax", str(tmp_path))
    with pytest.raises(InvalidParameter, match='exec: "mine": executable file not found'):
        init_program("mine", platform.machine(), str(tmp_path))
    host = tmp_path / "docker-init"
    host.write_text("#!/bin/sh\n")
    host.chmod(0o755)
    assert init_program(None, "vax", str(tmp_path / "elsewhere")) == str(host)


def test_the_copy_is_mended_and_else_left_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path / "empty"))
    path = Path(init_program(None, platform.machine(), str(tmp_path)))
    before = path.stat().st_ino
    assert Path(init_program(None, platform.machine(), str(tmp_path))).stat().st_ino == before
    path.write_bytes(b"half")
    init_program(None, platform.machine(), str(tmp_path))
    assert path.read_bytes()[:4] == b"\x7fELF"
    assert subprocess.run([path, "--", "/bin/true"]).returncode == 0
