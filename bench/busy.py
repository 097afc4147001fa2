"""How long `ps` and `inspect` take while a hundred containers start, ten at a time, and another one hangs.

That one's shim is stopped (SIGSTOP) and somebody waits for an exec in it. Asked over the socket, without the client's
own time; Docker's daemon answers the same requests.
"""

import os
import signal
import statistics
import subprocess
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress

from tests.support.http import request

from bench.engines import Contestant

STARTS = 100
PARALLEL = 10
Measurement = dict[str, float]


def busy(contestants: Sequence[Contestant]) -> dict[str, Measurement]:
    """Median and slowest answer in milliseconds, of each engine."""
    results: dict[str, Measurement] = {}
    for contestant in contestants:
        for name, milliseconds in _answers(contestant).items():
            results.setdefault(f"{name}_busy", {})[contestant.name] = statistics.median(milliseconds)
            results.setdefault(f"{name}_busy_worst", {})[contestant.name] = max(milliseconds)
    return results


def _answers(contestant: Contestant) -> dict[str, list[float]]:
    docker = contestant.docker
    questions = {"ps": "/containers/json?all=1", "inspect": "/containers/hanging/json"}
    times: dict[str, list[float]] = {name: [] for name in questions}
    done = threading.Event()

    def ask() -> None:
        while not done.is_set():
            for name, path in questions.items():
                begin = time.perf_counter()
                with suppress(TimeoutError):  # an answer that never comes has taken as long as it was waited for
                    assert request(docker.socket, "GET", path).status == 200
                times[name].append((time.perf_counter() - begin) * 1000)

    with _hanging(contestant), ThreadPoolExecutor(PARALLEL) as pool:
        asker = threading.Thread(target=ask)
        asker.start()
        try:
            starts: Callable[[int], str] = lambda _: docker("run", "-d", "busybox", "sleep", "10000")  # noqa: E731
            list(pool.map(starts, range(STARTS)))
        finally:
            done.set()
            asker.join()
    docker("rm", "-f", *docker("ps", "-aq").split())
    return times


@contextmanager
def _hanging(contestant: Contestant) -> Iterator[None]:
    docker = contestant.docker
    docker("run", "-d", "--name", "hanging", "busybox", "sleep", "10000")
    shim = contestant.shim_pids()[0]
    os.kill(shim, signal.SIGSTOP)
    stuck = docker.start("exec", "hanging", "true", stdin=subprocess.DEVNULL)
    try:
        yield
    finally:
        os.kill(shim, signal.SIGCONT)
        stuck.wait(30)
        if stuck.stdout:
            stuck.stdout.close()
