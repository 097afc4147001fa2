"""Undoing what Python and the caller did with signals:

dispositions survive execve when they are "ignore"; signal(7).
"""

import _signal  # type: ignore[import-not-found]  # typeshed leaves it out
import signal

from dockyard.runtime.init.steps import Step

_CHANGEABLE = tuple(number for number in range(1, 32) if number not in (signal.SIGKILL, signal.SIGSTOP))
_SET_MASK = int(signal.SIG_SETMASK)
_DEFAULT = _signal.SIG_DFL


def resetting() -> list[Step]:
    """Default action for every signal that is ignored or handled in this process, and none of them blocked."""
    # `_signal`, because what `signal` wraps around it makes enumerations of every number, ten times as slow.
    changed = [number for number in _CHANGEABLE if _signal.getsignal(number) not in (_DEFAULT, None)]
    return [
        Step("reset signals", _signal.set_wakeup_fd, (-1,)),
        *(Step("reset signals", _signal.signal, (number, _DEFAULT)) for number in changed),
        Step("reset signals", _signal.pthread_sigmask, (_SET_MASK, ())),
    ]
