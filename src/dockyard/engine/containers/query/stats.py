"""`docker stats`: what running containers use, sampled once a second for all who ask about the same container.

One task samples a container while somebody listens, however many listeners there are; a listener that is slow gets the
newest sample and misses older ones, so that memory doesn't grow. The cgroup's files are read here and not by the shim,
which would have to fork for each look (shim/worker.py).
"""

import asyncio
import json
import os
import time
from collections.abc import AsyncGenerator, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from dockyard.engine.containers.collection import Entry
from dockyard.errors import DockyardError

PERIOD_SECONDS = 1.0
TICKS_PER_SECOND = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True, slots=True)
class Traffic:
    """Counters of one network interface, from the container's side (proc_pid_net(5), dev)."""

    rx_bytes: int
    rx_packets: int
    rx_errors: int
    rx_dropped: int
    tx_bytes: int
    tx_packets: int
    tx_errors: int
    tx_dropped: int


@dataclass(frozen=True, slots=True)
class Sample:
    """One look at a container; `cgroup` has the fields of `dockyard.cgroups.stats.Stats`, empty when it doesn't run."""

    read_ns: int
    cgroup: Mapping[str, Any] = field(default_factory=dict)
    networks: Mapping[str, Traffic] = field(default_factory=dict)
    system_cpu_ns: int = 0
    online_cpus: int = 0


@dataclass(frozen=True, slots=True)
class Measured:
    """A sample and the one before it, None when there is none."""

    sample: Sample
    previous: Sample | None


class StatsSampler:
    """Samples containers for as many listeners as there are. Used on the event loop's thread."""

    def __init__(
        self,
        clock_ns: Callable[[], int],
        bundle: Callable[[str], str],
        figures: Callable[[str], Mapping[str, Any]],
    ) -> None:
        """`bundle` gives a container's OCI bundle, `figures` what the cgroup counts that the bundle names."""
        self._clock_ns = clock_ns
        self._bundle = bundle
        self._figures = figures
        self._system: tuple[float, int] = (0.0, 0)
        """When the processors' time was read last, and what it was."""
        self._listeners: dict[str, set[asyncio.Queue[Measured]]] = {}
        self._tasks: dict[str, asyncio.Task[None]] = {}

    async def once(self, entry: Entry) -> Measured:
        """One sample, now."""
        return Measured(self._sample(entry, self._place(entry)), None)

    async def twice(self, entry: Entry) -> Measured:
        """Two samples a period apart: what percentages need."""
        place = self._place(entry)
        previous = self._sample(entry, place)
        if not previous.cgroup:
            return Measured(previous, None)
        await asyncio.sleep(PERIOD_SECONDS)
        return Measured(self._sample(entry, place), previous)

    async def stream(self, entry: Entry) -> AsyncGenerator[Measured, None]:
        """A sample at once and then every period, until the container is removed."""
        queue: asyncio.Queue[Measured] = asyncio.Queue(1)
        container_id = entry.record.id
        self._listeners.setdefault(container_id, set()).add(queue)
        if container_id not in self._tasks:
            self._tasks[container_id] = asyncio.create_task(self._work(entry))
        try:
            while not entry.removed.done():
                waiting = asyncio.ensure_future(queue.get())
                await asyncio.wait((waiting, entry.removed), return_when=asyncio.FIRST_COMPLETED)
                if not waiting.done():
                    waiting.cancel()
                    return
                yield waiting.result()
        finally:
            self._stop_listening(container_id, queue)

    def _stop_listening(self, container_id: str, queue: "asyncio.Queue[Measured]") -> None:
        listeners = self._listeners.get(container_id, set())
        listeners.discard(queue)
        if not listeners:
            self._listeners.pop(container_id, None)
            task = self._tasks.pop(container_id, None)
            if task is not None:
                task.cancel()

    async def _work(self, entry: Entry) -> None:
        previous: Sample | None = None
        place, run = "", None
        while True:
            if entry.shim is not run:
                place, run = self._place(entry), entry.shim
            sample = self._sample(entry, place)
            for queue in tuple(self._listeners.get(entry.record.id, ())):
                if queue.full():
                    queue.get_nowait()
                queue.put_nowait(Measured(sample, previous))
            previous = sample if sample.cgroup else None
            await asyncio.sleep(PERIOD_SECONDS)

    def _place(self, entry: Entry) -> str:
        """The `linux.cgroupsPath` of the container's present run; empty when it doesn't run."""
        if entry.shim is None:
            return ""
        try:
            with open(f"{self._bundle(entry.record.id)}/config.json", encoding="utf-8") as file:
                return str(json.load(file)["linux"]["cgroupsPath"])
        except (OSError, ValueError, KeyError):
            return ""  # it ended in this moment

    def _sample(self, entry: Entry, place: str) -> Sample:
        if entry.shim is None or not place:
            return Sample(self._clock_ns())
        try:
            cgroup = self._figures(place)
        except DockyardError:
            return Sample(self._clock_ns())
        traffic = read_traffic(entry.record.state.pid)
        return Sample(self._clock_ns(), cgroup, traffic, self._system_cpu_ns(), os.cpu_count() or 1)

    def _system_cpu_ns(self) -> int:
        """The same for all that are sampled within one tick of that clock."""
        now = time.monotonic()
        if now - self._system[0] > 1 / TICKS_PER_SECOND:
            self._system = (now, read_system_cpu_ns())
        return self._system[1]


def read_traffic(pid: int) -> dict[str, Traffic]:
    """The interfaces of the process's network namespace, without loopback; empty when it is gone."""
    try:
        with open(f"/proc/{pid}/net/dev", encoding="ascii") as file:
            return parse_traffic(file.read())
    except OSError:
        return {}


def parse_traffic(text: str) -> dict[str, Traffic]:
    """The counters in the text of /proc/<pid>/net/dev: two lines of titles, then a line for each interface."""
    found = {}
    for line in text.splitlines()[2:]:
        name, _, numbers = line.partition(":")
        if name.strip() != "lo":
            columns = [int(number) for number in numbers.split()]
            found[name.strip()] = Traffic(*columns[0:4], *columns[8:12])
    return found


def read_system_cpu_ns() -> int:
    """CPU time of all CPUs since boot, idling included: what Docker's percentages divide by."""
    with open("/proc/stat", encoding="ascii") as file:
        ticks = [int(number) for number in file.readline().split()[1:9]]
    return sum(ticks) * 1_000_000_000 // TICKS_PER_SECOND
