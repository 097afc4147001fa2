"""Work with the runtime in the loop: in order where it must be, side by side where it may be, and never for ever."""

import time
from collections.abc import Callable
from typing import Any

from dockyard.errors import Conflict, DeadlineExceeded, DockyardError, NotFound
from dockyard.shim.errands import Errands
from dockyard.shim.loop import Loop


def no_report(error: BaseException) -> None:
    raise AssertionError(error)


class Outcomes:
    """What came out, in the order in which it did; the loop ends with the last that is expected."""

    def __init__(self, loop: Loop, expected: int) -> None:
        self._loop = loop
        self._expected = expected
        self.all: list[tuple[str, Any]] = []

    def of(self, name: str) -> Callable[[dict[str, Any] | DockyardError], None]:
        """What is to be called with the outcome of `name`."""

        def respond(outcome: dict[str, Any] | DockyardError) -> None:
            self.all.append((name, type(outcome) if isinstance(outcome, DockyardError) else outcome))
            if len(self.all) == self._expected:
                self._loop.stop()

        return respond


def nothing() -> None:
    """A check that passes."""


def refuse() -> None:
    raise Conflict("it is so")


def test_a_question_does_not_wait_for_a_change() -> None:
    loop = Loop(no_report)
    errands, outcomes = Errands(loop, no_report), Outcomes(loop, 3)
    errands.change(nothing, lambda: time.sleep(0.3), outcomes.of("slow"))
    errands.change(nothing, lambda: None, outcomes.of("after it"))
    errands.ask(lambda: {"answer": 42}, outcomes.of("question"))
    loop.run()
    assert outcomes.all == [("question", {"answer": 42}), ("slow", {}), ("after it", {})]


def test_a_check_is_made_when_its_turn_comes() -> None:
    loop = Loop(no_report)
    errands, outcomes = Errands(loop, no_report), Outcomes(loop, 3)
    frozen = []

    def frozen_check() -> None:
        if not frozen:
            refuse()

    errands.change(nothing, lambda: time.sleep(0.1), lambda _: (frozen.append(True), outcomes.of("pause")({}))[0])
    errands.change(frozen_check, lambda: None, outcomes.of("resume"))
    errands.change(refuse, lambda: None, outcomes.of("refused"))
    loop.run()
    assert outcomes.all == [("pause", {}), ("resume", {}), ("refused", Conflict)]


def test_errors_and_lateness_are_answers() -> None:
    loop = Loop(no_report)
    errands, outcomes = Errands(loop, no_report, seconds=0.1), Outcomes(loop, 3)

    def gone() -> dict[str, Any]:
        raise NotFound("gone")

    errands.ask(gone, outcomes.of("error"))
    errands.change(nothing, lambda: time.sleep(60), outcomes.of("late"))
    errands.change(nothing, lambda: None, outcomes.of("next"))
    loop.run()
    assert outcomes.all == [("error", NotFound), ("late", DeadlineExceeded), ("next", {})]


def test_the_end_waits_for_what_is_under_way_but_not_for_long() -> None:
    loop = Loop(no_report)
    errands, seen = Errands(loop, no_report), []
    errands.when_idle(lambda: seen.append("idle at once"), 5)
    errands.ask(dict, lambda _: seen.append("answer"))
    errands.when_idle(lambda: (seen.append("idle"), loop.stop())[0], 5)
    loop.run()
    assert seen == ["idle at once", "answer", "idle"]
    loop = Loop(no_report)
    errands, seen = Errands(loop, no_report, seconds=1), []
    errands.ask(lambda: time.sleep(60) or {}, lambda _: (seen.append("late"), loop.stop())[0])
    errands.when_idle(lambda: seen.append("gone on"), 0.05)
    loop.run()
    assert seen == ["gone on", "late"]
