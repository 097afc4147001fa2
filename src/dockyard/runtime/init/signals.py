"""Undoing what Python and the caller did with signals:

dispositions survive execve when they are "ignore"; signal(7).
"""

import _signal  # type: ignore[import-not-found]  # typeshed leaves it out
import signal

_LAST_STANDARD = 32
_DEFAULT = _signal.SIG_DFL


def reset() -> None:
    """Default action for every signal that is ignored or handled here, and none of them blocked."""
    _signal.set_wakeup_fd(-1)
    for number in range(1, _LAST_STANDARD):
        # `_signal`, because what `signal` wraps around it makes enumerations of every number, ten times as slow.
        if _signal.getsignal(number) not in (_DEFAULT, None) and number not in (signal.SIGKILL, signal.SIGSTOP):
            _signal.signal(number, _DEFAULT)
    _signal.pthread_sigmask(signal.SIG_SETMASK, ())
