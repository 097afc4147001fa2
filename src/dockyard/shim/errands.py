"""Work with the runtime while the container lives, waited for in the loop: the shim serves the rest meanwhile.

Each piece of work is done by a worker, and a worker may take long: a process of the container can hold it up. Changes
(start, pause, resume, update, a signal to all) follow each other as they were asked for, because each depends on what
the one before it made of the container; questions (stats, processes) run beside everything.
"""

from collections import deque
from collections.abc import Callable
from typing import Any

from dockyard.errors import DeadlineExceeded, DockyardError
from dockyard.shim.loop import READABLE, Loop
from dockyard.shim.worker import SECONDS, Outcome, Report, Worker

Answer = dict[str, Any]
Respond = Callable[[Answer | DockyardError], None]
"""Called once, from the loop, with what came out or why nothing did."""


class Errands:
    """The work under way for one container.

    Args:
        loop: where workers are waited for.
        report: is told, in a worker, of errors that aren't of `dockyard.errors`.
        seconds: what a worker may take before it is killed.
    """

    def __init__(self, loop: Loop, report: Report, seconds: float = SECONDS) -> None:
        self._loop = loop
        self._report = report
        self._seconds = seconds
        self._changes: deque[tuple[Callable[[], None], Callable[[], None], Respond]] = deque()
        self._under_way = 0
        self._when_idle: Callable[[], None] | None = None

    def ask(self, question: Callable[[], Answer], respond: Respond) -> None:
        """Find something out, now."""
        self._begin(lambda: Outcome(question()), respond)

    def change(self, check: Callable[[], None], step: Callable[[], None], respond: Respond) -> None:
        """Do `step` when all changes before it are done, unless `check`, made right before, raises a DockyardError."""
        self._changes.append((check, step, respond))
        if len(self._changes) == 1:
            self._next()

    def when_idle(self, call: Callable[[], None], seconds: float) -> None:
        """Call once, when nothing is under way, or after `seconds`: so that answers come before the container's end."""
        if not self._under_way:
            call()
            return

        def once() -> None:
            timer.cancel()
            self._when_idle = None
            call()

        timer = self._loop.call_later(seconds, once)
        self._when_idle = once

    def _next(self) -> None:
        check, step, respond = self._changes[0]

        def task() -> Outcome:
            step()
            return Outcome({})

        def done(outcome: Answer | DockyardError) -> None:
            self._changes.popleft()
            try:
                respond(outcome)
            finally:
                if self._changes:
                    self._next()

        try:
            check()
        except DockyardError as error:
            done(error)
            return
        self._begin(task, done)

    def _begin(self, task: Callable[[], Outcome], respond: Respond) -> None:
        try:
            worker = Worker(task, self._report)
        except DockyardError as error:
            respond(error)
            return
        descriptor = worker.fileno()
        self._under_way += 1

        def settle(outcome: Answer | DockyardError) -> None:
            self._under_way -= 1
            try:
                respond(outcome)
            finally:
                if self._when_idle is not None and not self._under_way:
                    self._when_idle()

        def ready(_events: int) -> None:
            timer.cancel()
            self._loop.remove(descriptor)
            try:
                answer = worker.join().answer
            except DockyardError as error:
                settle(error)
            else:
                settle(answer)

        def late() -> None:
            self._loop.remove(descriptor)
            worker.kill()
            settle(DeadlineExceeded(f"the shim's worker was not done within {self._seconds:.0f} seconds"))

        timer = self._loop.call_later(self._seconds, late)
        self._loop.add(descriptor, READABLE, ready)
