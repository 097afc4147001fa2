"""A cgroup of version 2: one directory."""

import os

from dockyard.cgroups import rdma
from dockyard.cgroups.contract import Entry
from dockyard.cgroups.directories import make, pids, remove
from dockyard.cgroups.files import read, try_write
from dockyard.cgroups.kill import kill_all
from dockyard.cgroups.stats import Stats
from dockyard.cgroups.v2 import cpu, devices, freezer, hugetlb, io, memory, unified
from dockyard.cgroups.v2 import pids as pids_controller
from dockyard.cgroups.v2.controllers import SETTERS, refuse_unsupported
from dockyard.cgroups.v2.oom import OomWatchV2
from dockyard.errors import DockyardError, NotFound, SystemFailure
from dockyard.linux.libc import reason
from dockyard.spec.runtime import Resources

SIGKILL = 9


class CgroupV2:
    """The cgroup at the directory `path` of the hierarchy mounted at `root`."""

    def __init__(self, root: str, path: str) -> None:
        self._root = root
        self._path = path
        self.paths = {"": path}

    def create(self, resources: Resources | None = None) -> None:
        """Make the directory, with the controllers of all above it handed down, and set the limits."""
        made = False
        try:
            make(os.path.dirname(self._path))
            self._hand_down()
            made = make(self._path)
            if resources is not None:
                devices.set_limits(self._path, resources)
                self._set_files(resources)
        except DockyardError as error:
            if made:
                try:
                    remove(self._path)
                except DockyardError as failed:
                    error.add_note(f"and while cleaning up: {failed}")
            raise

    def _hand_down(self) -> None:
        """Enable all controllers in each cgroup above; one at a time where all at once is refused.

        Some can't be (a real-time task in the way, a group with processes of its own): what then lacks is found when a
        limit is set.
        """
        wanted = ["+" + name for name in read(self._root, "cgroup.controllers").split()]
        above = self._root
        steps = os.path.relpath(os.path.dirname(self._path), self._root).split("/")
        for step in ["", *(step for step in steps if step != ".")]:
            above = f"{above}/{step}" if step else above
            if try_write(above, "cgroup.subtree_control", " ".join(wanted)) is not None:
                for each in wanted:
                    try_write(above, "cgroup.subtree_control", each)

    def entry(self) -> Entry:
        """The directory, to be born in."""
        try:
            return Entry(directory=os.open(self._path, os.O_DIRECTORY | os.O_PATH | os.O_CLOEXEC))
        except FileNotFoundError:
            raise NotFound(f"cgroup {self._path} does not exist") from None
        except OSError as error:
            raise SystemFailure(f"open {self._path}: {reason(error)}") from error

    def set(self, resources: Resources) -> None:
        """Set what `resources` names."""
        devices.set_limits(self._path, resources)
        self._set_files(resources)

    def _set_files(self, resources: Resources) -> None:
        refuse_unsupported(resources)
        for _, set_limits in SETTERS:
            set_limits(self._path, resources)
        unified.set_limits(self._path, resources)

    def stats(self, *, brief: bool = False) -> Stats:
        """See Cgroup."""
        return Stats(
            cpu=cpu.stats(self._path),
            memory=memory.stats(self._path, brief=brief),
            pids=pids_controller.stats(self._path),
            blkio=io.stats(self._path),
            hugetlb={} if brief else hugetlb.stats(self._path),
            rdma_current={} if brief else rdma.stats(self._path, "rdma.current"),
            rdma_limit={} if brief else rdma.stats(self._path, "rdma.max"),
        )

    def pids(self) -> list[int]:
        """All processes in it and below."""
        return pids(self._path)

    def freeze(self) -> None:
        """Stop all processes, and wait until they are."""
        freezer.freeze(self._path)

    def thaw(self) -> None:
        """Let them go on."""
        freezer.thaw(self._path)

    def frozen(self) -> bool:
        """Whether it is stopped."""
        return freezer.frozen(self._path)

    def kill_all(self, signal: int) -> None:
        """Send `signal` to every process in it and below; SIGKILL by the kernel itself (cgroup.kill, Linux 5.14)."""
        if signal == SIGKILL and try_write(self._path, "cgroup.kill", 1) is None:
            return
        kill_all(self, signal)

    def watch_oom(self) -> OomWatchV2:
        """A new watch for kills for lack of memory."""
        return OomWatchV2(self._path)

    def oom_kills(self) -> int:
        """How many processes were killed for lack of memory so far."""
        return memory.oom_kills(self._path)

    def memory_peak_bytes(self) -> int:
        """The most memory that was in use at a time."""
        return memory.peak_bytes(self._path)

    def destroy(self) -> None:
        """Remove it with what is below."""
        remove(self._path)
