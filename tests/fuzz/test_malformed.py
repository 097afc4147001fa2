"""Thousands of wrong requests to a live daemon: it answers the right ones as before, and is as small as before.

10,000 by default ($DOCKYARD_MALFORMED, $DOCKYARD_SEED); a failure names the seed and the number of the request.
"""

import contextlib
import os
import socket
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from tests.fuzz.malformed import Ending, Traffic, malformed
from tests.support.engine import Engine, is_alive
from tests.support.http import request
from tests.support.processes import pss_bytes
from tests.support.wait import wait_until

COUNT = int(os.environ.get("DOCKYARD_MALFORMED", "10000"))
SEED = int(os.environ.get("DOCKYARD_SEED", "3"))
WARM_UP = 400
THREADS = 4
GROWTH_BYTES = 28 << 20
"""What the heap may keep of documents nested 100,000 deep and headers of 300 kB, several at once; it doesn't add up."""
ANSWER_SECONDS = 10.0


def send(path: str, traffic: Traffic) -> bytes:
    """One connection; what came back, up to 64 KiB."""
    answer = b""
    with socket.socket(socket.AF_UNIX) as client:
        client.settimeout(ANSWER_SECONDS)
        client.connect(path)
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):
            client.sendall(traffic.data)
            if traffic.ending is Ending.HANG_UP:
                return b""
            if traffic.ending is Ending.HALF_CLOSE:
                client.shutdown(socket.SHUT_WR)
            while len(answer) < 65536 and (piece := client.recv(65536)):
                answer += piece
                if traffic.ending is Ending.READ and b"\r\n\r\n" in answer:
                    break
    return answer


def descriptors(pid: int) -> int:
    return len(os.listdir(f"/proc/{pid}/fd"))


def play(path: str, seed: int, count: int) -> list[str]:
    """What was wrong with the answers."""

    def one(numbered: tuple[int, Traffic]) -> str | None:
        number, traffic = numbered
        try:
            answer = send(path, traffic)
        except TimeoutError:
            return f"seed {seed}, {number}: no answer to {traffic.data[:200]!r} ({traffic.ending.value})"
        if answer.startswith((b"HTTP/1.1 500", b"HTTP/1.0 500")):
            return f"seed {seed}, {number}: {answer[:600]!r} to {traffic.data[:200]!r}"
        return None

    with ThreadPoolExecutor(THREADS) as pool:
        return [wrong for wrong in pool.map(one, enumerate(malformed(seed, count))) if wrong]


@pytest.mark.root
@pytest.mark.slow
@pytest.mark.dockyard_only
@pytest.mark.timeout(600)
def test_the_daemon_stays_alive_and_small(own_engine: Engine) -> None:
    path, pid = own_engine.docker.socket, own_engine.pid
    wrong = play(path, SEED + 1, WARM_UP)
    size, open_files = pss_bytes(pid), descriptors(pid)
    began = time.monotonic()
    wrong += play(path, SEED, COUNT)
    print(f"{COUNT} requests in {time.monotonic() - began:.1f} s")
    assert not wrong, "\n".join(wrong[:20])
    assert is_alive(pid)
    assert request(path, "GET", "/_ping").status == 200
    wait_until(lambda: descriptors(pid) <= open_files + 2, "the connections to be closed", 10)
    print(f"PSS {size / 1e6:.1f} MB before, {pss_bytes(pid) / 1e6:.1f} MB after; descriptors {open_files}")
    assert pss_bytes(pid) - size < GROWTH_BYTES
    assert own_engine.docker("ps", "-aq") == ""
    assert "Traceback" not in own_engine.log.read_text(errors="replace")
