"""Starting the supervisor: a program of its own session, from a sealed copy of the interpreter.

It is a child of the daemon (so `pstree` shows it where containerd is under dockerd), but not of its session or process
group, and it takes nothing along: it lives on when the daemon is killed.
"""

import os
import subprocess
import sys

import dockyard
from dockyard.errors import SystemFailure
from dockyard.linux.interpreter import environment, sealed_interpreter
from dockyard.linux.lasting_program import kept_environment, start

# The package is named by its place, because without site (-S) no virtual environment and no editable install is seen;
# the standard library is all that the supervisor needs besides.
_PROGRAM = """
import sys
sys.path.insert(0, sys.argv[1])
from dockyard.cmd.dockyard_supervisor import main
sys.exit(main(sys.argv[2:]))
"""

# What isn't looked up when the program is loaded (ld.so(8)), each fork looks up for itself, on pages of its own.
_BIND_NOW = {"LD_BIND_NOW": "1"}


def launch(exec_root: str) -> subprocess.Popen[bytes]:
    """Start a supervisor for `exec_root` and wait until it takes requests, or has found another one that does.

    Returns:
        The process, for the caller to wait for when it ends.

    Raises:
        SystemFailure: it could not be started; the message has the end of its log.
        Unavailable: it took too long.
    """
    try:
        os.makedirs(exec_root, mode=0o711, exist_ok=True)
        interpreter = sealed_interpreter("dockyard-supervisor")
    except OSError as error:
        raise SystemFailure(f"starting the supervisor: {error}") from error
    try:
        return start(
            "supervisor",
            lambda ready: _command(exec_root, ready),
            f"{exec_root}/supervisor.log",
            environment={**environment(kept_environment()), **_BIND_NOW},
            executable=f"/proc/self/fd/{interpreter}",
            kept=(interpreter,),
        )
    finally:
        os.close(interpreter)


def _command(exec_root: str, ready: int) -> list[str]:
    package = os.path.dirname(os.path.dirname(os.path.abspath(dockyard.__file__)))
    arguments = ["--exec-root", exec_root, "--ready-fd", str(ready)]
    return [sys.executable, "-I", "-S", "-c", _PROGRAM, package, *arguments]
