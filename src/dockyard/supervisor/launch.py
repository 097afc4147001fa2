"""Starting the supervisor: a program of its own session, from a sealed copy of the interpreter.

It is a child of the daemon (so `pstree` shows it where containerd is under dockerd), but not of its session or process
group, and it takes nothing along: it lives on when the daemon is killed.
"""

import os
import select
import subprocess
import sys
import time

import dockyard
from dockyard.errors import SystemFailure, Unavailable
from dockyard.linux.interpreter import environment, sealed_interpreter

START_SECONDS = 20.0
_KEPT_VARIABLES = ("PATH", "LANG", "LC_ALL", "TMPDIR", "LD_LIBRARY_PATH")

# The package is named by its place, because without site (-S) no virtual environment and no editable install is seen;
# the standard library is all that the supervisor needs besides.
_PROGRAM = """
import sys
sys.path.insert(0, sys.argv[1])
from dockyard.cmd.dockyard_supervisor import main
sys.exit(main(sys.argv[2:]))
"""


def launch(exec_root: str) -> subprocess.Popen[bytes]:
    """Start a supervisor for `exec_root` and wait until it takes requests, or has found another one that does.

    Returns:
        The process, for the caller to wait for when it ends.

    Raises:
        SystemFailure: it could not be started; the message has the end of its log.
    """
    os.makedirs(exec_root, mode=0o711, exist_ok=True)
    log = f"{exec_root}/supervisor.log"
    ready, ready_theirs = os.pipe2(os.O_CLOEXEC)
    try:
        interpreter = sealed_interpreter("dockyard-supervisor")
        try:
            with open(log, "ab") as output:
                process = subprocess.Popen(
                    _command(exec_root, ready_theirs),
                    executable=f"/proc/self/fd/{interpreter}",
                    pass_fds=(ready_theirs, interpreter),
                    stdin=subprocess.DEVNULL,
                    stdout=output,
                    stderr=output,
                    cwd="/",
                    env=environment({name: os.environ[name] for name in _KEPT_VARIABLES if name in os.environ}),
                    start_new_session=True,
                )
        finally:
            os.close(interpreter)
    except OSError as error:
        os.close(ready)
        raise SystemFailure(f"starting the supervisor: {error}") from error
    finally:
        os.close(ready_theirs)
    try:
        _wait_until_ready(process, ready, log)
    finally:
        os.close(ready)
    return process


def _command(exec_root: str, ready: int) -> list[str]:
    package = os.path.dirname(os.path.dirname(os.path.abspath(dockyard.__file__)))
    arguments = ["--exec-root", exec_root, "--ready-fd", str(ready)]
    return [sys.executable, "-I", "-S", "-c", _PROGRAM, package, *arguments]


def _wait_until_ready(process: subprocess.Popen[bytes], ready: int, log: str) -> None:
    poll = select.poll()
    poll.register(ready, select.POLLIN)
    deadline = time.monotonic() + START_SECONDS
    if not poll.poll(max(0.0, deadline - time.monotonic()) * 1000):
        process.kill()
        process.wait()
        raise Unavailable(f"the supervisor was not ready within {START_SECONDS:.0f} seconds")
    if not os.read(ready, 64):
        status = process.wait()
        raise SystemFailure(f"the supervisor ended with status {status}: {_tail(log)}")


def _tail(log: str) -> str:
    try:
        with open(log, "rb") as file:
            file.seek(max(0, file.seek(0, os.SEEK_END) - 2000))
            return file.read().decode("utf-8", "replace").strip().rpartition("\n")[2]
    except OSError:
        return "no log"
