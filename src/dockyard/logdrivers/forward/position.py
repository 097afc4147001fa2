"""How far a spool has been sent: `<spool>/position`, with the number of a segment and an offset in it."""

from typing import NamedTuple

from dockyard.fs.atomic import write_atomic

POSITION = "position"


class Position(NamedTuple):
    """Everything before `offset` bytes of segment number `segment`, and all of the segments before, has been sent."""

    segment: int
    offset: int


def read_position(spool: str) -> Position:
    """The position of the directory `spool`; the beginning when none can be read."""
    try:
        with open(f"{spool}/{POSITION}", encoding="ascii") as file:
            segment, offset = file.read().split()
        return Position(int(segment), int(offset))
    except (OSError, ValueError):
        return Position(0, 0)


def write_position(spool: str, position: Position) -> None:
    """Replaces the position; OSError.

    Not flushed to the disk: after a power cut an older one means that entries arrive twice.
    """
    write_atomic(f"{spool}/{POSITION}", f"{position.segment} {position.offset}\n".encode())
