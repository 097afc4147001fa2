"""What a shim needs of an OCI runtime: the one of our own, in a fork, or another by its command line.

A driver belongs to one container. `create` first, `delete` last, also after a `create` that failed halfway. It keeps
nothing that isn't on disk, because each call may be made in another process (`dockyard.shim.worker`). Every method
raises errors of `dockyard.errors` and nothing else; the message is the runtime's.
"""

from typing import Any, NamedTuple, Protocol

from dockyard.cgroups.contract import OomWatch
from dockyard.shim.stdio import Ends


class Started(NamedTuple):
    """A process that the runtime made, a child of the caller or soon of the shim; `master` is its terminal's, or -1."""

    pid: int
    master: int = -1


class Starting(Protocol):
    """A process on its way to its program; a container can hold that up, so it is waited for with a deadline.

    `pid` is 0 when it isn't known yet; it is a child of the shim otherwise. `patience_seconds` is how long it may take.
    """

    @property
    def pid(self) -> int:
        """Of the process, or 0."""

    @property
    def patience_seconds(self) -> float:
        """How long to wait before `abandon`."""

    def fileno(self) -> int:
        """A descriptor that is readable when `finish` won't wait."""

    def release(self) -> None:
        """Let one that was begun with `wait` go on to its program."""

    def finish(self) -> Started:
        """The process, which executes its program; or the error that kept it from that."""

    def abandon(self) -> None:
        """Kill it."""


class Driver(Protocol):
    """One container, by its runtime."""

    def create(self, stdio: Ends | None, *, start: bool) -> Started:
        """Bring the container up to the point before its program is executed; with `start`, execute that too.

        `stdio` becomes the process's 0, 1 and 2 (duplicates: the caller's stay open); None gives it a terminal.
        """

    def start(self) -> None:
        """Execute the program of a container that was created without."""

    waits: bool
    """Whether `exec` can be asked to wait."""

    def exec(self, process: dict[str, Any], stdio: Ends | None, *, wait: bool = False) -> Starting:
        """Begin to execute one more process (OCI `process` as JSON) in the container. Returns without waiting for it.

        `stdio` as with `create`. With `wait` it stops before its program is looked up, until `Starting.release`; an
        error that `Starting.finish` raises then may be due to the waiting alone.
        """

    def kill_all(self, signal: int) -> None:
        """Send `signal` to every process."""

    def pause(self) -> None:
        """Freeze all processes."""

    def resume(self) -> None:
        """Let them go on."""

    def update(self, resources: dict[str, Any]) -> None:
        """Change limits (OCI `linux.resources` as JSON)."""

    def processes(self) -> list[int]:
        """All pids of the container, as the host sees them."""

    def counts_processes(self) -> bool:
        """Whether there is a limit to how many processes the container may have."""

    def stats(self) -> dict[str, Any]:
        """Use of resources: `dockyard.cgroups.stats.Stats` as JSON."""

    def watch_oom(self) -> OomWatch | None:
        """A watch for kills for lack of memory; None where the kernel has none."""

    def oom_killed(self) -> bool:
        """Whether a process was killed for lack of memory."""

    def memory_peak_bytes(self) -> int:
        """The most memory that was in use at a time; 0 where the kernel doesn't tell."""

    def delete(self) -> None:
        """Kill what is left; remove cgroup and state. Repeating it does nothing."""
