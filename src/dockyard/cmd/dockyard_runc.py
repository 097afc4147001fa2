"""The `dockyard-runc` command: seal the interpreter where that is needed, then hand over to `dockyard.cmd.runc.main`.

Each call starts an interpreter, and the verbs that enter a container start two: the second runs from a sealed copy
(design, decision 12). So this module imports next to nothing, and the second interpreter leaves out what it can: it
reads no environment and no site configuration (-I, -S), collects no garbage, and ends without taking itself to pieces.
"""

import gc
import os
import sys

import dockyard
from dockyard.linux.interpreter import environment, is_sealed, sealed_interpreter

JOINING = frozenset(("create", "exec", "run"))
"""Verbs whose process enters a container before it executes a program there."""

_SECOND = """
import os, sys
sys.path.insert(0, sys.argv[1])
del sys.argv[:2]
from dockyard.cmd.dockyard_runc import main
code = main(sys.argv[1:])
sys.stdout.flush()
sys.stderr.flush()
os._exit(code)
"""
"""What the sealed interpreter runs. Its arguments: where to import from, and what this command was called with."""


def main(arguments: list[str]) -> int:
    """Run the command line `arguments` (without the program's name); the exit code."""
    # A command is over before a collection pays; those that happen while modules are imported cost some milliseconds.
    gc.disable()
    # A word that only looks like one of these verbs (a container called "run") costs the copy and does no harm.
    if not JOINING.isdisjoint(arguments) and not is_sealed():
        try:
            _execute_sealed(arguments)
        except OSError as error:
            print(f"dockyard-runc: cannot run from a sealed copy: {error}", file=sys.stderr)
            return 1
    from dockyard.cmd.runc.main import main as run

    return run(arguments)


def _execute_sealed(arguments: list[str]) -> None:
    descriptor = sealed_interpreter("dockyard-runc")
    root = os.path.dirname(os.path.dirname(os.path.abspath(dockyard.__file__)))
    command = [sys.executable, "-I", "-S", "-c", _SECOND, root, sys.argv[0], *arguments]
    try:
        os.execve(f"/proc/self/fd/{descriptor}", command, environment(dict(os.environ)))
    finally:
        os.close(descriptor)
