"""The pieces of work. Each takes the contestants and works on them in turn, so that both meet the same machine.

A case returns {name: measurement}, in the unit that `GOALS` gives it.
"""

import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor

from tests.support.engine import PROGRAMS
from tests.support.processes import pss_bytes
from tests.support.wait import wait_until

from bench.engines import Contestant

Measurement = dict[str, float]
LINE = "a line of a log as programs write them, of about eighty letters, so that we count lines"


def seconds_of(work: Callable[[], object]) -> float:
    """Wall-clock time of a call."""
    begin = time.perf_counter()
    work()
    return time.perf_counter() - begin


def interleaved(contestants: Sequence[Contestant], work: Callable[[Contestant], object], rounds: int) -> Measurement:
    """Median milliseconds of `work`, the contestants in turn; one round before that doesn't count."""
    times: dict[str, list[float]] = {contestant.name: [] for contestant in contestants}
    for number in range(rounds + 1):
        for contestant in contestants:
            spent = seconds_of(lambda contestant=contestant: work(contestant))  # type: ignore[misc]
            if number:
                times[contestant.name].append(spent * 1000)
    return {name: statistics.median(values) for name, values in times.items()}


def run_bridge(contestants: Sequence[Contestant], rounds: int) -> Measurement:
    """`docker run --rm busybox true` on the default bridge."""
    return interleaved(contestants, lambda contestant: contestant.docker("run", "--rm", "busybox", "true"), rounds)


def run_none(contestants: Sequence[Contestant], rounds: int) -> Measurement:
    """The same without network."""
    flags = ("--network", "none")
    return interleaved(
        contestants, lambda contestant: contestant.docker("run", "--rm", *flags, "busybox", "true"), rounds
    )


def exec_true(contestants: Sequence[Contestant], rounds: int) -> Measurement:
    """`docker exec C true` in a running container."""
    for contestant in contestants:
        contestant.docker("run", "-d", "--name", "target", "busybox", "sleep", "10000")
    try:
        return interleaved(contestants, lambda contestant: contestant.docker("exec", "target", "true"), rounds)
    finally:
        for contestant in contestants:
            contestant.docker("rm", "-f", "target")


def fifty(contestants: Sequence[Contestant], rounds: int) -> dict[str, Measurement]:
    """50 × `run -d`, ten at a time; the shims' memory while they run; `rm -f` of all 50 in one command."""
    starts: dict[str, list[float]] = {contestant.name: [] for contestant in contestants}
    ends: dict[str, list[float]] = {contestant.name: [] for contestant in contestants}
    shims: Measurement = {}
    for _ in range(rounds):
        for contestant in contestants:
            ids: list[str] = []

            def start(_: int, contestant: Contestant = contestant, ids: list[str] = ids) -> None:
                ids.append(contestant.docker("run", "-d", "busybox", "sleep", "10000"))

            def start_all(start: Callable[[int], None] = start) -> None:
                with ThreadPoolExecutor(10) as pool:
                    list(pool.map(start, range(50)))

            starts[contestant.name].append(seconds_of(start_all) * 1000)
            pids = contestant.shim_pids()
            assert len(pids) == 50, f"{contestant.name} has {len(pids)} shims for 50 containers"
            shims[contestant.name] = statistics.mean(map(pss_bytes, pids)) / 1e6
            ends[contestant.name].append(seconds_of(lambda c=contestant, i=ids: c.docker("rm", "-f", *i)) * 1000)  # type: ignore[misc]
            wait_until(lambda c=contestant: not c.shim_pids(), "all shims to be gone", 30)  # type: ignore[misc]
    return {
        "run_50": {name: statistics.median(values) for name, values in starts.items()},
        "rm_50": {name: statistics.median(values) for name, values in ends.items()},
        "shim_pss": shims,
    }


def log_throughput(contestants: Sequence[Contestant], megabytes: int, rounds: int) -> Measurement:
    """MB/s of lines through `docker run`, to its standard output and the json-file log at once."""
    script = f"yes '{LINE}' | head -c {megabytes}000000"
    rates: dict[str, list[float]] = {contestant.name: [] for contestant in contestants}
    for _ in range(rounds):
        for contestant in contestants:

            def read_all(contestant: Contestant = contestant) -> None:
                process = contestant.docker.start(
                    "run", "--rm", "busybox", "sh", "-c", script, stdin=subprocess.DEVNULL, stderr=None
                )
                assert process.stdout
                got = 0
                while piece := os.read(process.stdout.fileno(), 1 << 20):
                    got += len(piece)
                process.stdout.close()
                assert process.wait() == 0
                assert got == megabytes * 1_000_000, f"{contestant.name} gave {got} bytes of {megabytes} MB"

            rates[contestant.name].append(megabytes / seconds_of(read_all))
    return {name: statistics.median(values) for name, values in rates.items()}


def idle_memory(contestants: Sequence[Contestant]) -> Measurement:
    """PSS in MB of the daemons together, a moment after the last work."""
    time.sleep(3)
    return {contestant.name: contestant.idle_pss_bytes() / 1e6 for contestant in contestants}


def growth(contestant: Contestant, cycles: int) -> dict[str, Measurement]:
    """PSS (MB) and descriptors of daemon and supervisor before and after `cycles` of run/rm, four clients at a time."""

    def work(count: int) -> None:
        def some(share: int) -> None:
            for _ in range(share):
                contestant.docker("run", "--rm", "busybox", "true")

        with ThreadPoolExecutor(4) as pool:
            list(pool.map(some, [count // 4] * 4))
        time.sleep(2)

    def descriptors() -> int:
        return sum(len(os.listdir(f"/proc/{pid}/fd")) for pid in contestant.daemon_pids)

    work(min(200, cycles))  # what is allocated once and kept: caches, threads, the heap's high-water mark
    memory, files = contestant.idle_pss_bytes(), descriptors()
    work(cycles)
    return {
        "memory_growth": {contestant.name: (contestant.idle_pss_bytes() - memory) / 1e6},
        "descriptor_growth": {contestant.name: descriptors() - files},
    }


def version_ratio(rounds: int) -> Measurement:
    """`dockyard --version` as a multiple of the time of `python -I -S -c pass`."""
    ours, bare = [], []
    python = str(PROGRAMS / "python") if PROGRAMS.exists() else sys.executable
    for _ in range(rounds):
        bare.append(seconds_of(lambda: subprocess.run([python, "-I", "-S", "-c", "pass"], check=True)))
        command = [PROGRAMS / "dockyard", "--version"]
        ours.append(seconds_of(lambda command=command: subprocess.run(command, check=True, stdout=subprocess.DEVNULL)))  # type: ignore[misc]
    return {"dockyard": statistics.median(ours) / statistics.median(bare)}
