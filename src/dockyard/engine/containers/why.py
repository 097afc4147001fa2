"""Why a container isn't running (any more), or how its last run ended: a pure function from its record to a verdict.

The kernel tells how the first process ended, the shim whether memory ran out, the engine who sent signals. What is left
is told apart by Docker's and the shells' exit codes: 125 to 127, and 128 and the number of a signal.
https://docs.docker.com/engine/containers/run/#exit-status
"""

import signal
from dataclasses import dataclass
from typing import Literal

from dockyard.engine.containers.ending import Ending, SentSignal
from dockyard.engine.containers.record import Container
from dockyard.engine.containers.state import Status
from dockyard.engine.containers.unhealthy import UNHEALTHY

Verdict = Literal[
    "running",  # and has not ended before
    "created",  # never started
    "not-found",  # 127: the program isn't there
    "not-executable",  # 126
    "start-failed",
    "oom",
    "unhealthy",  # ended by the engine, because its health check failed
    "stopped",  # somebody asked for it through the engine
    "killed",  # SIGKILL and the like by somebody else
    "crashed",
    "failed",  # it ended by itself, with another code than 0
    "done",
    "lost",  # nobody saw the end
]

CRASHES = {
    signal.SIGSEGV: "invalid memory access",
    signal.SIGBUS: "access beyond the end of a mapped file, or to memory that is broken",
    signal.SIGILL: "illegal instruction",
    signal.SIGFPE: "arithmetic error",
    signal.SIGABRT: "it gave itself up",
    signal.SIGTRAP: "breakpoint",
    signal.SIGSYS: "a system call that its seccomp profile forbids",
}
"""Signals by which the kernel ends a program that has gone wrong."""


@dataclass(frozen=True, slots=True)
class Reason:
    """A verdict, and a sentence that says it to people."""

    verdict: Verdict
    summary: str


def explain(record: Container) -> Reason:
    """How the last run of `record` ended; of a container without an end, what it does instead."""
    state, ending = record.state, record.ending
    never_ran = state.status in (Status.CREATED, Status.EXITED) and state.error
    if never_ran and (ending is None or ending.finished_at_ns < state.finished_at_ns or not ending.error):
        return _failed_start(state.exit_code, state.error)
    if ending is None:
        return Reason("created", "it has never been started") if not state.running else Reason("running", "it runs")
    return _ended(ending)


def _failed_start(code: int, error: str) -> Reason:
    message = error.rpartition("error during container init: ")[2]
    if code == 127:
        return Reason("not-found", f"it did not start, its program isn't there: {message}")
    if code == 126:
        return Reason("not-executable", f"it did not start, its program can't be executed: {message}")
    return Reason("start-failed", f"it did not start: {message}")


def _ended(ending: Ending) -> Reason:
    number = ending.signal or _signal_in(ending.exit_code)
    if ending.error:
        return Reason("lost", f"nobody saw how it ended: {ending.error}")
    if ending.oom_killed:
        return _out_of_memory(ending, number)
    asked = _asked_for(ending, number)
    if asked is not None:
        return _by(asked, ending)
    if number in CRASHES:
        where = "" if ending.signal else ", which its first process reports of a child"
        return Reason("crashed", f"it crashed with {_name(number)} ({CRASHES[signal.Signals(number)]}){where}")
    if number:
        if not ending.signal:
            return Reason("killed", f"its first process reports that a child was ended by {_name(number)}")
        return Reason(
            "killed",
            f"it was ended by {_name(number)}, which did not come through this engine: "
            "another process of the container or of the host sent it",
        )
    if ending.exit_code == 127:
        return Reason("not-found", "a command that it called isn't there: that is what 127 means to shells")
    if ending.exit_code == 126:
        return Reason("not-executable", "a command that it called can't be executed: that is what 126 means to shells")
    if ending.exit_code:
        return Reason("failed", f"it ended by itself, with exit code {ending.exit_code}")
    return Reason("done", "it ended by itself, successfully")


def _out_of_memory(ending: Ending, number: int) -> Reason:
    limit = f"limit {_mib(ending.memory_limit_bytes)}" if ending.memory_limit_bytes else "no limit of its own"
    if number == signal.SIGKILL:
        return Reason("oom", f"the kernel killed it for lack of memory ({limit})")
    return Reason(
        "oom", f"the kernel killed one of its processes for lack of memory ({limit}); it ended with {ending.exit_code}"
    )


def _asked_for(ending: Ending, number: int) -> SentSignal | None:
    """The signal through the engine that ended it, if it was one: the same number, or one that it obeyed."""
    for sent in reversed(ending.signals):
        if number in (sent.number, 0) or sent.by.action in ("stop", "restart", UNHEALTHY):
            return sent
    return None


def _by(sent: SentSignal, ending: Ending) -> Reason:
    who = _who(sent)
    if sent.by.action == UNHEALTHY:
        streak = ending.health.failing_streak if ending.health else 0
        return Reason("unhealthy", f"the engine ended it, because its health check failed {streak} times in a row")
    way = f"ended by {_name(sent.number)}" if ending.signal == sent.number else f"asked to end by {_name(sent.number)}"
    obeyed = "" if ending.signal == sent.number else f", and ended with exit code {ending.exit_code}"
    return Reason("stopped", f"it was {way} from {who} ({sent.by.action}){obeyed}")


def _who(sent: SentSignal) -> str:
    by = sent.by
    if by.kind == "engine":
        return "the engine"
    if by.pid:
        return f"{by.name or 'a client'} (pid {by.pid}, uid {by.uid})"
    return f"a client at {by.address}" if by.address else "a client"


def _signal_in(code: int) -> int:
    """The signal that an exit code of a shell stands for; 0 for none."""
    try:
        return int(signal.Signals(code - 128)) if code > 128 else 0
    except ValueError:
        return 0


def _name(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}"


def _mib(size: int) -> str:
    return f"{size / (1 << 20):g} MiB"
