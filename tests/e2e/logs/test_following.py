"""`docker logs -f`: nothing is lost, whoever is killed, and who reads slowly costs no memory."""

import os
import socket
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.support.client import Docker
from tests.support.engine import Engine
from tests.support.wait import wait_until

pytestmark = pytest.mark.row("H3")

LINES = int(os.environ.get("DOCKYARD_LOG_LINES", "40000"))
"""A sample; a million takes a minute."""

ROTATED = ("--log-opt", "max-size=100k", "--log-opt", "max-file=100", "--log-opt", "compress=true")


def counting(lines: int) -> tuple[str, ...]:
    """A container that writes numbered lines as fast as a shell's tools can, in more than one burst."""
    return ("busybox", "sh", "-c", f"seq 1 {lines // 2}; sleep 1; seq {lines // 2 + 1} {lines}")


def check_killed_while_writing(engine: Engine, driver: tuple[str, ...], lines: int) -> None:
    """Kill the daemon again and again while a container writes `lines`; a follower is started anew each time."""
    docker = engine.docker
    container = docker("run", "-d", *driver, *counting(lines))
    for _ in range(2):
        time.sleep(0.2)
        engine.kill()
        time.sleep(0.2)
        engine.start()
    docker("wait", container, timeout_seconds=100)
    expected = [str(number) for number in range(1, lines + 1)]
    assert docker.result("logs", container, timeout_seconds=100).out.split("\n")[:-1] == expected
    assert docker.result("logs", "-f", container, timeout_seconds=100).out.count("\n") == lines
    assert docker("logs", "--tail", "1000", container).split() == expected[-1000:]


@pytest.mark.dockyard_only("kills the daemon")
@pytest.mark.parametrize(
    "driver",
    [
        (),
        ("--log-driver", "local"),
        ("--log-opt", "max-size=100k", "--log-opt", "max-file=100", "--log-opt", "compress=true"),
    ],
    ids=["json-file", "local", "rotated"],
)
def test_no_line_is_lost_when_the_daemon_is_killed_while_a_container_writes(
    own_engine: Engine, driver: tuple[str, ...]
) -> None:
    check_killed_while_writing(own_engine, driver, LINES)


@pytest.mark.dockyard_only("measures our daemon")
@pytest.mark.parametrize("options", ["follow=1", "follow=1&tail=1000000", "tail=all"])
def test_a_slow_reader_costs_no_memory(engine: Engine, docker: Docker, options: str) -> None:
    script = "head -c 60000000 /dev/zero | tr '\\0' x | fold -w 100"
    container = docker("run", "-d", "--log-driver", "json-file", "busybox", "sh", "-c", script)
    docker("wait", container)
    docker("logs", "--tail", "10", container)
    before = resident_bytes(engine.pid)
    with socket.socket(socket.AF_UNIX) as reader:
        reader.connect(docker.socket)
        path = f"/v1.41/containers/{container}/logs?stdout=1&stderr=1&{options}"
        reader.sendall(f"GET {path} HTTP/1.1\r\nHost: docker\r\n\r\n".encode())
        for _ in range(20):
            time.sleep(0.05)
            assert reader.recv(1000)
        assert resident_bytes(engine.pid) - before < 12 << 20


def resident_bytes(pid: int) -> int:
    pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE")


@pytest.mark.dockyard_only("stops the reader")
def test_a_follower_that_stands_still_gets_everything_later_though_files_are_rotated(
    docker: Docker, engine: Engine, sleeper: Callable[..., str]
) -> None:
    options = ("--log-opt", "max-size=100k", "--log-opt", "max-file=50", "--log-opt", "compress=true")
    script = "read x; i=0; while [ $i -lt 30 ]; do seq $((i*1000+1)) $((i*1000+1000)); i=$((i+1)); usleep 20000; done"
    container = docker("run", "-di", *options, "busybox", "sh", "-c", script)
    follower = subprocess.Popen(
        docker.client.command("logs", "-f", container), stdout=subprocess.PIPE, env=docker.client.environment
    )
    assert follower.stdout is not None
    docker("exec", container, "sh", "-c", "echo > /proc/1/fd/0")
    docker("wait", container)  # before anything is read: pipe and socket are full soon
    folder = engine.data / "containers" / container
    wait_until(lambda: any(folder.glob("*.gz")), "a file to be compressed")
    assert follower.stdout.read().split() == [str(number).encode() for number in range(1, 30_001)]
    assert follower.wait(10) == 0
