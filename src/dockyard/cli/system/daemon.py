"""`dockyard daemon`: starts dockyardd in this process, as `docker daemon` did (moby, "docker daemon", 1.8 to 17.03)."""

from __future__ import annotations

import os
import sys

from dockyard.cli.command import Command
from dockyard.cli.exit import Exit
from dockyard.cli.flags.spec import Parsed
from dockyard.cli.session import Session


def run(session: Session, options: Parsed) -> int:
    """Becomes dockyardd, with all arguments as they are. Doesn't return."""
    beside = os.path.join(os.path.dirname(os.path.abspath(sys.argv[0])), "dockyardd")
    arguments = ["dockyardd", *options.arguments]
    session.flush()
    try:
        if os.path.exists(beside):
            os.execv(beside, arguments)
        os.execvp("dockyardd", arguments)
    except OSError as error:
        raise Exit(1, f"{session.program}: can't start dockyardd: {(error.strerror or '').lower()}") from error


COMMAND = Command("[OPTIONS]", "Start the daemon", run, flags=None)
