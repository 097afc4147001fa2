"""What the `prune` verbs share: the question, and the space that was won."""

from __future__ import annotations

import os

from dockyard.cli.exit import Exit
from dockyard.cli.flags.kinds import BOOL
from dockyard.cli.flags.spec import Flag
from dockyard.cli.output.units import human_size
from dockyard.cli.session import STDIN, Session

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

FORCE = Flag("force", "f", BOOL, "Don't ask")


def confirmed(session: Session, warning: str) -> None:
    """Asks on the terminal; ends the program unless the answer is `y`."""
    session.write(f"{warning}\nAre you sure you want to continue? [y/N] ")
    session.flush()
    if os.read(STDIN, 4096).strip().lower() != b"y":
        raise Exit(0)


def reclaimed(session: Session, answer: Any) -> None:
    """Prints the space that the daemon says it won."""
    session.line(f"Total reclaimed space: {human_size(answer.get('SpaceReclaimed') or 0)}")
