"""What version 1 and version 2 both can do for a container.

Vocabulary: a *hierarchy* is what is mounted on this machine; a *cgroup* is one place in it, in v1 a directory for each
controller, in v2 one directory. A process enters through an *entry*.

Life: `create` makes the directories and sets the limits; the new process itself calls `Entry.enter` (v1), or is born in
`Entry.directory` (v2); `set` changes limits at any time; `destroy` removes it when it is empty.

Why the process enters by itself: in v1, writing another's pid into `cgroup.procs` takes a lock that first waits for all
CPUs to pass a quiet point (6 ms here); writing 0 into `tasks`, with one thread, takes no lock (6 µs).
"""

import os
from collections.abc import Mapping
from typing import NamedTuple, Protocol

from dockyard.cgroups.stats import Stats
from dockyard.spec.runtime import Resources


class Entry(NamedTuple):
    """Open descriptors by which a process of one thread enters a cgroup; close-on-exec.

    `tasks`: files to write 0 into. `directory`: a v2 directory to be born in by clone3, or None.
    """

    tasks: tuple[int, ...] = ()
    directory: int | None = None

    def enter(self) -> None:
        """Move the calling process, which has one thread, into the cgroup. OSError."""
        for descriptor in self.tasks:
            os.write(descriptor, b"0")

    def close(self) -> None:
        """Close the descriptors."""
        for descriptor in self.tasks:
            os.close(descriptor)
        if self.directory is not None:
            os.close(self.directory)


class OomWatch(Protocol):
    """Watches for processes that were killed for lack of memory."""

    def fileno(self) -> int:
        """The descriptor to poll; its condition is given by `poll_events`."""

    @property
    def poll_events(self) -> int:
        """What to poll for: select.POLLIN or select.POLLPRI."""

    def happened(self) -> bool:
        """Whether there was one since the last call. False also when the cgroup itself was removed."""

    def close(self) -> None:
        """Stop watching."""


class Cgroup(Protocol):
    """One container's cgroup. SystemFailure names file and value of what the kernel refused."""

    @property
    def paths(self) -> Mapping[str, str]:
        """Directory by controller; in v2 one, with the key ""."""

    def create(self, resources: Resources | None = None) -> None:
        """Make the directories and set `resources`. On failure nothing that it made is left."""

    def entry(self) -> Entry:
        """Descriptors by which a process may enter. The caller closes them. NotFound when the cgroup is gone."""

    def set(self, resources: Resources) -> None:
        """Set what `resources` names, leave the rest."""

    def stats(self, *, brief: bool = False) -> Stats:
        """What is used now. `brief` leaves out swap, kernel memory, huge pages and RDMA, half of all that is to read.

        SystemFailure when the cgroup is gone.
        """

    def pids(self) -> list[int]:
        """All processes in it and in cgroups below; empty when it is gone."""

    def freeze(self) -> None:
        """Stop all processes, and wait until they are."""

    def thaw(self) -> None:
        """Let them go on."""

    def frozen(self) -> bool:
        """Whether it is stopped."""

    def kill_all(self, signal: int) -> None:
        """Send `signal` to every process in it and below; none escapes by forking."""

    def watch_oom(self) -> OomWatch:
        """A new watch for kills for lack of memory."""

    def oom_kills(self) -> int:
        """How many processes were killed for lack of memory so far."""

    def memory_peak_bytes(self) -> int:
        """The most memory that was in use at a time; 0 where the kernel doesn't tell."""

    def destroy(self) -> None:
        """Remove it with what is below; nothing when it is gone. SystemFailure when processes are still in it."""


class Hierarchy(Protocol):
    """What is mounted on this machine."""

    @property
    def version(self) -> int:
        """1 (also when hybrid) or 2."""

    @property
    def controllers(self) -> frozenset[str]:
        """Names of the controllers that can be used."""

    def cgroup(self, path: str) -> Cgroup:
        """The cgroup at `path`: absolute from the top, relative from the caller's own. It need not exist."""

    def restored(self, paths: Mapping[str, str]) -> Cgroup:
        """The cgroup whose `paths` were kept, as a runtime's state file does."""
