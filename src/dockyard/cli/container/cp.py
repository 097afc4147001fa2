"""`dockyard cp`: files from a container and into one."""

from __future__ import annotations

import os
import stat

from dockyard.cli.command import Command
from dockyard.cli.copy import download, upload
from dockyard.cli.copy.names import arrival, keep_end, split_argument, split_end
from dockyard.cli.exit import Exit
from dockyard.cli.flags.kinds import BOOL
from dockyard.cli.flags.spec import Flag, Parsed
from dockyard.cli.output.units import human_size
from dockyard.cli.session import STDIN, STDOUT, Session, write_all
from dockyard.client import archives
from dockyard.errors import DockyardError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

_SIZE_DIGITS = 3


class _Counted:
    """Pieces, and how many bytes they were."""

    def __init__(self, pieces: Iterable[bytes]) -> None:
        self._pieces = pieces
        self.size = 0

    def __iter__(self) -> Iterator[bytes]:
        for piece in self._pieces:
            self.size += len(piece)
            yield piece


def run(session: Session, options: Parsed) -> int:
    """Copies one way or the other."""
    source, destination = options.arguments
    if not source:
        raise Exit(1, "source can not be empty")
    if not destination:
        raise Exit(1, "destination can not be empty")
    from_container, source_path = split_argument(source)
    to_container, destination_path = split_argument(destination)
    if from_container and to_container:
        raise Exit(1, "copying between containers is not supported")
    if from_container:
        _out(session, options, from_container, source_path, destination_path)
    elif to_container:
        _in(session, options, source_path, to_container, destination_path)
    else:
        raise Exit(1, "must specify at least one container source")
    return 0


def _out(session: Session, options: Parsed, container: str, path: str, destination: str) -> None:
    if destination != "-":
        destination = keep_end(os.path.abspath(destination), destination)
        download.check_output(destination)
    name = ""
    if options["follow-link"]:
        status = _status(session, container, path)
        if status is not None and stat.S_ISLNK(status.mode):
            name = split_end(path)[1]
            path = keep_end(os.path.join(split_end(path)[0], status.target), path)
    status, response = archives.read(session.client, container, path)
    if destination == "-":
        for piece in response.pieces():
            write_all(STDOUT, piece)
        return
    pieces = _Counted(response.pieces())
    place = download.local_arrival(destination, source_is_directory=stat.S_ISDIR(status.mode))
    download.unpack(pieces, path, place, name)
    _report(session, options, pieces.size, destination)


def _in(session: Session, options: Parsed, source: str, container: str, path: str) -> None:
    there = _status(session, container, path)
    target = path
    if there is not None and stat.S_ISLNK(there.mode):
        target = os.path.join(split_end(path)[0], there.target)
        there = _status(session, container, target)
    if there is not None and (stat.S_ISBLK(there.mode) or stat.S_ISCHR(there.mode)):
        raise Exit(1, f'destination "{container}:{path}" must be a directory or a regular file: got a device')
    is_directory = there is not None and stat.S_ISDIR(there.mode)
    if source == "-":
        if not is_directory:
            raise Exit(1, f'destination "{container}:{path}" must be a directory')
        archives.write(session.client, container, target, _piped(), own=options["archive"])
        return
    local = upload.LocalSource(source, follow=options["follow-link"])
    place = arrival(target, exists=there is not None, is_directory=is_directory, source_is_directory=local.is_directory)
    pieces = _Counted(upload.packed(local, place.name or local.name))
    archives.write(session.client, container, place.directory, pieces, own=options["archive"])
    _report(session, options, pieces.size, f"{container}:{target}")


def _status(session: Session, container: str, path: str) -> archives.PathStatus | None:
    """What is there, or None: whatever went wrong with asking will go wrong with copying, and be told there."""
    try:
        return archives.status(session.client, container, path)
    except DockyardError:
        return None


def _piped() -> Iterator[bytes]:
    while piece := os.read(STDIN, 1 << 16):
        yield piece


def _report(session: Session, options: Parsed, size: int, destination: str) -> None:
    """Docker's summary, for people only."""
    if not options["quiet"] and session.is_terminal(STDOUT):
        session.error(f"Successfully copied {human_size(size, _SIZE_DIGITS)} to {destination}")


COMMAND = Command(
    "[OPTIONS] CONTAINER:SRC_PATH DEST_PATH|- | SRC_PATH|- CONTAINER:DEST_PATH",
    "Copy files between a container and this machine",
    run,
    flags=(
        Flag("archive", "a", BOOL, "Give what is copied to the container's user"),
        Flag("follow-link", "L", BOOL, "Copy what SRC_PATH leads to when it is a symbolic link"),
        Flag("quiet", "q", BOOL, "Print no summary"),
    ),
    least=2,
    most=2,
    aliases=("container cp", "cp"),
)
