"""Starting the companion: a program of its own session, like the supervisor, that lives on when the daemon dies."""

import os
import select
import subprocess
import sys
import time
from typing import Final

from dockyard.errors import SystemFailure, Unavailable
from dockyard.linux.capped_log import open_log

MODULE: Final = "dockyard.cmd.dockyard_network"
LOG: Final = "network.log"
START_SECONDS: Final = 20.0
_KEPT_VARIABLES: Final = ("PATH", "LANG", "LC_ALL", "TMPDIR", "LD_LIBRARY_PATH")


def launch(exec_root: str, version: str) -> subprocess.Popen[bytes]:
    """Start a companion for `exec_root` and wait until it takes orders, from daemons of this version.

    Returns:
        The process, for the caller to wait for when it ends.

    Raises:
        SystemFailure: it can't be started; the message has the end of its log.
        Unavailable: it took too long.
    """
    log = os.path.join(exec_root, LOG)
    options = ("--exec-root", exec_root, "--version", version)
    ready, theirs = os.pipe2(os.O_CLOEXEC)
    try:
        with open_log(log) as output:
            process = subprocess.Popen(
                # -I: neither the current folder nor PYTHON* variables decide what a root process imports
                [sys.executable, "-I", "-m", MODULE, *options, "--ready-fd", str(theirs)],
                pass_fds=(theirs,),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                cwd="/",
                env={name: os.environ[name] for name in _KEPT_VARIABLES if name in os.environ},
                start_new_session=True,
            )
    except OSError as error:
        os.close(ready)
        raise SystemFailure(f"starting the companion: {error}") from error
    finally:
        os.close(theirs)
    try:
        _wait_until_ready(process, ready, log)
    finally:
        os.close(ready)
    return process


def _wait_until_ready(process: subprocess.Popen[bytes], ready: int, log: str) -> None:
    poll = select.poll()
    poll.register(ready, select.POLLIN)
    deadline = time.monotonic() + START_SECONDS
    if not poll.poll(max(0.0, deadline - time.monotonic()) * 1000):
        process.kill()
        process.wait()
        raise Unavailable(f"the companion was not ready within {START_SECONDS:.0f} seconds")
    if not os.read(ready, 64):
        status = process.wait()
        raise SystemFailure(f"the companion ended with status {status}: {_last_line(log)}")


def _last_line(log: str) -> str:
    try:
        with open(log, "rb") as file:
            file.seek(max(0, file.seek(0, os.SEEK_END) - 2000))
            return file.read().decode("utf-8", "replace").strip().rpartition("\n")[2]
    except OSError:
        return "no log"
