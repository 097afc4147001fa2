"""Undoing what Python and the caller did with signals:

dispositions survive execve when they are "ignore"; signal(7).
"""

import signal

_LAST_STANDARD = 32


def reset() -> None:
    """Default action for every signal that is ignored or handled here, and none of them blocked."""
    signal.set_wakeup_fd(-1)
    for number in range(1, _LAST_STANDARD):
        if signal.getsignal(number) is not signal.SIG_DFL and number not in (signal.SIGKILL, signal.SIGSTOP):
            signal.signal(number, signal.SIG_DFL)
    signal.pthread_sigmask(signal.SIG_SETMASK, ())
