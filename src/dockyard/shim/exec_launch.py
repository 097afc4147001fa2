"""The time between the request for an exec and its program: waited for in the loop, and not for ever.

What is on its way is in the container already, where any process may stop it (`kill -STOP -1`). The shim goes on
serving the rest meanwhile, `kill` above all, and kills what takes too long.
"""

from collections.abc import Callable

from dockyard.errors import DeadlineExceeded, DockyardError, SystemFailure
from dockyard.shim.driver import Started, Starting
from dockyard.shim.loop import READABLE
from dockyard.shim.stdio import Ends
from dockyard.shim.surroundings import Surroundings

OnOutcome = Callable[[Started | DockyardError], None]


class ExecLaunch:
    """A process on its way. Then either `run`, or `abandon`.

    Args:
        around: loop and reaper.
        starting: what the driver began.
        ours: the shim's ends of its pipes, kept here for the outcome to use or close; None for a terminal or none.
    """

    def __init__(self, around: Surroundings, starting: Starting, ours: Ends | None) -> None:
        self.ours = ours
        self.size: tuple[int, int] | None = None
        """Rows and columns that its terminal was given too early."""
        self._around = around
        self._starting = starting
        self.pid = starting.pid
        around.reaper.hold(starting.pid)

    def run(self, on_outcome: OnOutcome) -> None:
        """Let it go on if it waits, and call `on_outcome` once, from the loop, with the process or why there is none.

        A process that has ended by then can still be watched.
        """
        self._on_outcome = on_outcome
        self._starting.release()
        self._descriptor = self._starting.fileno()
        self._around.loop.add(self._descriptor, READABLE, lambda _events: self._ready())
        self._timer = self._around.loop.call_later(self._starting.patience_seconds, self._late)

    def abandon(self) -> None:
        """End one that waits and that nobody wants."""
        self._starting.abandon()
        if self.ours is not None:
            self.ours.close()
        self._around.reaper.release()

    def _ready(self) -> None:
        self._timer.cancel()
        self._around.loop.remove(self._descriptor)
        outcome: Started | DockyardError
        try:
            outcome = self._starting.finish()
        except DockyardError as error:
            outcome = error
        except OSError as error:
            outcome = SystemFailure(f"executing: {error}")
        self._settle(outcome)

    def _late(self) -> None:
        self._around.loop.remove(self._descriptor)
        self._starting.abandon()
        seconds = self._starting.patience_seconds
        self._settle(DeadlineExceeded(f"the process didn't come to its program within {seconds:.0f} seconds"))

    def _settle(self, outcome: Started | DockyardError) -> None:
        try:
            self._on_outcome(outcome)
        finally:
            self._around.reaper.release()
