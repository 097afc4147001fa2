"""Starting a program that outlives the one who starts it: a session of its own, nothing inherited but what is named.

It says over a pipe, `--ready-fd`, that it takes requests. What it says besides goes to a log of its own; when it ends
before it is ready, the last line of that is the reason.
"""

import os
import select
import subprocess
from collections.abc import Callable, Mapping, Sequence
from typing import Final

from dockyard.errors import SystemFailure, Unavailable
from dockyard.linux.capped_log import open_log

START_SECONDS: Final = 20.0
_KEPT_VARIABLES: Final = ("PATH", "LANG", "LC_ALL", "TMPDIR", "LD_LIBRARY_PATH")
_TAIL_BYTES: Final = 2000


def kept_environment() -> dict[str, str]:
    """The variables that such a program gets of ours."""
    return {name: os.environ[name] for name in _KEPT_VARIABLES if name in os.environ}


def start(
    what: str,
    command: Callable[[int], Sequence[str]],
    log: str,
    *,
    environment: Mapping[str, str],
    executable: str | None = None,
    kept: Sequence[int] = (),
) -> subprocess.Popen[bytes]:
    """Start a program and wait until it is ready.

    Args:
        what: its name in messages.
        command: makes the arguments from the number of the descriptor to say `ready` on.
        log: path of the file that its output is appended to.
        environment: its variables.
        executable: what is executed if not the first argument.
        kept: further descriptors that it inherits.

    Returns:
        The process, for the caller to wait for when it ends.

    Raises:
        SystemFailure: it can't be started, or has ended; the message has the end of its log.
        Unavailable: it wasn't ready in time; it has been killed.
    """
    ready, theirs = os.pipe2(os.O_CLOEXEC)
    try:
        with open_log(log) as output:
            process = subprocess.Popen(
                command(theirs),
                executable=executable,
                pass_fds=(theirs, *kept),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                cwd="/",
                env=environment,
                start_new_session=True,
            )
    except OSError as error:
        os.close(ready)
        raise SystemFailure(f"starting the {what}: {error}") from error
    finally:
        os.close(theirs)
    try:
        _wait_until_ready(what, process, ready, log)
    finally:
        os.close(ready)
    return process


def _wait_until_ready(what: str, process: subprocess.Popen[bytes], ready: int, log: str) -> None:
    poll = select.poll()
    poll.register(ready, select.POLLIN)
    if not poll.poll(START_SECONDS * 1000):
        process.kill()
        process.wait()
        raise Unavailable(f"the {what} was not ready within {START_SECONDS:.0f} seconds")
    if not os.read(ready, 64):
        status = process.wait()
        raise SystemFailure(f"the {what} ended with status {status}: {_last_line(log)}")


def _last_line(log: str) -> str:
    try:
        with open(log, "rb") as file:
            file.seek(max(0, file.seek(0, os.SEEK_END) - _TAIL_BYTES))
            return file.read().decode("utf-8", "replace").strip().rpartition("\n")[2]
    except OSError:
        return "no log"
