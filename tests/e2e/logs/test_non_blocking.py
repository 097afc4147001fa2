"""`mode=non-blocking`: the container goes on when its log's disk hangs. A FIFO in the log's place hangs like one."""

import json
import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.support.client import Docker
from tests.support.wait import wait_until

TALK = "seq 300000; echo said >/out/said; exec sleep 1000"
"""Two megabytes: more than the pipes on the way hold."""


@pytest.fixture
def out(tmp_path: Path) -> Iterator[Path]:
    folder = tmp_path / "out"
    folder.mkdir()
    yield folder


def begin(docker: Docker, out: Path, *options: str) -> tuple[str, int]:
    """A container that talks into a log nobody reads; its id, and the other end of the log."""
    container = docker("create", "-v", f"{out}:/out", *options, "busybox", "sh", "-c", TALK)
    path = docker.field(container, "{{.LogPath}}")
    os.makedirs(os.path.dirname(path), exist_ok=True)
    Path(path).unlink(missing_ok=True)
    os.mkfifo(path)
    reading = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
    docker("start", container)
    return container, reading


def waits_in(shell: str) -> str:
    """Where in the kernel the shell's child waits."""
    [child] = Path(f"/proc/{shell}/task/{shell}/children").read_text().split()
    return Path(f"/proc/{child}/wchan").read_text()


@pytest.mark.dockyard_only  # Docker's daemon takes no FIFO for a log
def test_a_container_doesnt_wait_for_its_log(docker: Docker, out: Path) -> None:
    container, reading = begin(docker, out, "--log-opt", "mode=non-blocking", "--log-opt", "max-buffer-size=20k")
    try:
        wait_until((out / "said").exists, "the container to say all", 20)
        data = b""
        while b"\n" not in data or len(data) < 60_000:
            data += os.read(reading, 1 << 16)
        said = [int(json.loads(line)["log"]) for line in data[: data.rindex(b"\n")].splitlines()]
        assert said == sorted(set(said))
        assert docker("exec", container, "echo", "alive") == "alive"
    finally:
        os.close(reading)  # what is written now fails, and the container can end
        docker.result("rm", "-f", container)


@pytest.mark.dockyard_only
def test_a_container_waits_for_its_log_else(docker: Docker, out: Path) -> None:
    container, reading = begin(docker, out)
    try:
        shell = docker.field(container, "{{.State.Pid}}")
        wait_until(lambda: "pipe_write" in waits_in(shell), "the container to wait for room in its pipe", 20)
        assert not (out / "said").exists()
        data = b""
        while not (out / "said").exists():
            try:
                data += os.read(reading, 1 << 16)
            except BlockingIOError:
                os.sched_yield()
        assert json.loads(data.splitlines()[0])["log"] == "1\n"
    finally:
        os.close(reading)
        docker.result("rm", "-f", container)
