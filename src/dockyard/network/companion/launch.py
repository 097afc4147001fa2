"""Starting the companion: a program of its own session, like the supervisor, that lives on when the daemon dies."""

import os
import subprocess
import sys
from typing import Final

from dockyard.linux.lasting_program import kept_environment, start

MODULE: Final = "dockyard.cmd.dockyard_network"
LOG: Final = "network.log"


def launch(exec_root: str, version: str) -> subprocess.Popen[bytes]:
    """Start a companion for `exec_root` and wait until it takes orders, from daemons of this version.

    Returns:
        The process, for the caller to wait for when it ends.

    Raises:
        SystemFailure: it can't be started; the message has the end of its log.
        Unavailable: it took too long.
    """
    options = ("--exec-root", exec_root, "--version", version)
    return start(
        "companion",
        # -I: neither the current folder nor PYTHON* variables decide what a root process imports
        lambda ready: [sys.executable, "-I", "-m", MODULE, *options, "--ready-fd", str(ready)],
        os.path.join(exec_root, LOG),
        environment=kept_environment(),
    )
