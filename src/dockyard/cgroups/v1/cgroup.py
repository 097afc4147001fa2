"""A cgroup of version 1: a directory in each hierarchy."""

from collections.abc import Mapping

from dockyard.cgroups import rdma
from dockyard.cgroups.contract import Entry
from dockyard.cgroups.directories import make, open_file, pids, remove
from dockyard.cgroups.kill import kill_all
from dockyard.cgroups.stats import BlkioStats, CpuStats, MemoryStats, PidsStats, Stats, Throttling
from dockyard.cgroups.v1 import blkio, cpu, cpuacct, cpuset, freezer, hugetlb, memory
from dockyard.cgroups.v1 import pids as pids_controller
from dockyard.cgroups.v1.controllers import SETTERS, WANTS
from dockyard.cgroups.v1.oom import OomWatchV1
from dockyard.errors import DockyardError, InvalidParameter, NotFound, SystemFailure
from dockyard.spec.runtime import Resources


class CgroupV1:
    """The cgroup whose directory by controller is `paths`; controllers mounted together share one."""

    def __init__(self, paths: Mapping[str, str]) -> None:
        self.paths = dict(paths)
        self._directories = list(dict.fromkeys(paths.values()))

    def create(self, resources: Resources | None = None) -> None:
        """Make the directories and set the limits. On failure nothing that it made is left."""
        made: list[str] = []
        try:
            for directory in self._directories:
                if make(directory):
                    made.append(directory)  # noqa: PERF401  what was made counts when the next fails
            if "cpuset" in self.paths:
                cpuset.inherit(self.paths["cpuset"])
            if resources is not None:
                self.set(resources)
        except DockyardError as error:
            for directory in made:
                try:
                    remove(directory)
                except DockyardError as failed:
                    error.add_note(f"and while cleaning up: {failed}")
            raise

    def entry(self) -> Entry:
        """The `tasks` files, open for writing."""
        opened: list[int] = []
        try:
            for directory in self._directories:
                opened.append(open_file(f"{directory}/tasks"))  # noqa: PERF401  they are closed when the next fails
        except DockyardError:
            Entry(tuple(opened)).close()
            raise
        return Entry(tuple(opened))

    def set(self, resources: Resources) -> None:
        """Set what `resources` names. InvalidParameter when a controller for it isn't mounted."""
        if resources.unified:
            raise InvalidParameter("invalid configuration: cgroup v1 does not support unified resources")
        for name, wants in WANTS:
            if name not in self.paths and wants(resources):
                raise InvalidParameter(f"cannot set {name} limit: container could not join or create cgroup")
        for name, set_limits in SETTERS:
            if (directory := self.paths.get(name)) is not None:
                set_limits(directory, resources)

    def stats(self, *, brief: bool = False) -> Stats:
        """See Cgroup."""
        paths = self.paths
        throttling = cpu.throttling(paths["cpu"]) if "cpu" in paths else Throttling()
        return Stats(
            cpu=cpuacct.stats(paths["cpuacct"], throttling) if "cpuacct" in paths else CpuStats(throttling=throttling),
            memory=memory.stats(paths["memory"], brief=brief) if "memory" in paths else MemoryStats(),
            pids=pids_controller.stats(paths["pids"]) if "pids" in paths else PidsStats(),
            blkio=blkio.stats(paths["blkio"]) if "blkio" in paths else BlkioStats(),
            hugetlb=hugetlb.stats(paths["hugetlb"]) if "hugetlb" in paths and not brief else {},
            rdma_current=rdma.stats(paths["rdma"], "rdma.current") if "rdma" in paths and not brief else {},
            rdma_limit=rdma.stats(paths["rdma"], "rdma.max") if "rdma" in paths and not brief else {},
        )

    def pids(self) -> list[int]:
        """All processes in it and below, as the devices hierarchy has them."""
        return pids(self.paths.get("devices") or self._directories[0])

    def _freezer(self) -> str:
        try:
            return self.paths["freezer"]
        except KeyError:
            raise SystemFailure("cannot pause: the freezer cgroup is not mounted") from None

    def freeze(self) -> None:
        """Stop all processes, and wait until they are."""
        freezer.freeze(self._freezer())

    def thaw(self) -> None:
        """Let them go on."""
        freezer.thaw(self._freezer())

    def frozen(self) -> bool:
        """Whether it is stopped."""
        return "freezer" in self.paths and freezer.frozen(self.paths["freezer"])

    def kill_all(self, signal: int) -> None:
        """Send `signal` to every process in it and below."""
        kill_all(self, signal)

    def watch_oom(self) -> OomWatchV1:
        """A new watch for kills for lack of memory. NotFound without the memory controller."""
        if "memory" not in self.paths:
            raise NotFound("cannot watch for lack of memory: the memory cgroup is not mounted")
        return OomWatchV1(self.paths["memory"])

    def oom_kills(self) -> int:
        """How many processes were killed for lack of memory so far."""
        return memory.oom_kills(self.paths["memory"]) if "memory" in self.paths else 0

    def memory_peak_bytes(self) -> int:
        """The most memory that was in use at a time."""
        return memory.peak_bytes(self.paths["memory"]) if "memory" in self.paths else 0

    def destroy(self) -> None:
        """Remove all directories; the first failure is raised when all were tried."""
        failures: list[DockyardError] = []
        for directory in self._directories:
            try:
                remove(directory)
            except DockyardError as error:
                failures.append(error)
        if failures:
            raise SystemFailure("; ".join(map(str, failures)))
