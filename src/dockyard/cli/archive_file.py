"""Archives between files and the daemon."""

from __future__ import annotations

import os

from dockyard.cli.session import STDOUT, write_all
from dockyard.client.response import Response
from dockyard.errors import InvalidParameter, SystemFailure

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

_PIECE = 1 << 18


def check_output(path: str, what: str) -> None:
    """Raises InvalidParameter, whose message begins with `what`, when no file can be made at `path`."""
    directory = os.path.dirname(path)
    if directory and not os.path.isdir(directory):
        raise InvalidParameter(f"{what}: invalid output path: stat {directory}: no such file or directory")


def write_archive(response: Response, path: str) -> None:
    """Writes a body to the file `path`, or to stdout when that is empty. A file appears complete or not at all."""
    if not path:
        for piece in response.pieces():
            write_all(STDOUT, piece)
        return
    directory = os.path.dirname(path)
    if os.path.exists(path) and not os.path.isfile(path):
        with open(path, "wb", buffering=0) as device:
            for piece in response.pieces():
                write_all(device.fileno(), piece)
        return
    unfinished = os.path.join(directory, f".tmp-{os.path.basename(path)}{os.getpid()}")
    try:
        with open(unfinished, "wb") as file:
            for piece in response.pieces():
                file.write(piece)
        os.replace(unfinished, path)
    except OSError as error:
        raise SystemFailure(f"write {path}: {(error.strerror or '').lower()}") from error
    finally:
        if os.path.lexists(unfinished):
            os.unlink(unfinished)


def archive_pieces(descriptor: int) -> Iterator[bytes]:
    """What can be read from `descriptor`, in pieces."""
    while piece := os.read(descriptor, _PIECE):
        yield piece


def opened(path: str) -> int:
    """A descriptor to read the file; raises InvalidParameter with Go's message."""
    try:
        return os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    except OSError as error:
        raise InvalidParameter(f"open {path}: {(error.strerror or '').lower()}") from error
