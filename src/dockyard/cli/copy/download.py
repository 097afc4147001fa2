"""An archive of the daemon as local files. It is hostile: nothing in it reaches anything but the place it is for."""

from __future__ import annotations

import os
import stat

from dockyard.cli.copy.names import Arrival, arrival, keep_end, renaming, split_end
from dockyard.errors import InvalidParameter
from dockyard.fs.archive.extract import Extractor
from dockyard.fs.archive.placed import Kinds, PlacedReader
from dockyard.fs.archive.source import StreamSource
from dockyard.fs.rooted import RootedTree

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

_PERMISSIONS = 0o777
"""The client leaves set-id bits out."""


def check_output(path: str) -> None:
    """Raises InvalidParameter, in Docker's words, when nothing can be copied to the local `path`."""
    directory = os.path.dirname(os.path.normpath(path))
    if directory and not os.path.exists(directory):
        raise InvalidParameter(f'invalid output path: directory "{directory}" does not exist')
    try:
        mode = os.stat(path).st_mode
    except OSError:
        return
    if stat.S_ISBLK(mode) or stat.S_ISCHR(mode):
        raise InvalidParameter(f'invalid output path: "{path}" must be a directory or a regular file: got a device')


def local_arrival(path: str, *, source_is_directory: bool) -> Arrival:
    """Where a copy to the local `path` arrives; a symbolic link there is followed. InvalidParameter."""
    target = keep_end(os.path.realpath(path), path)
    exists = os.path.lexists(target)
    return arrival(target, exists=exists, is_directory=os.path.isdir(target), source_is_directory=source_is_directory)


def unpack(pieces: Iterable[bytes], source: str, place: Arrival, name: str = "") -> None:
    """Unpack an archive whose uppermost member is the last part of `source`; everything belongs to who copies.

    It gets the name that `place` says, or else `name`, or else keeps its own.

    Raises:
        InvalidParameter: the archive is damaged, or `place` is no directory.
        SystemFailure: kernel or disk refuse, or a directory would take another kind's place, or the other way round.
    """
    new = place.name or name
    rename = renaming(split_end(source)[1], new) if new else None
    try:
        tree = RootedTree(place.directory)
    except OSError as error:
        raise InvalidParameter(f"open {place.directory}: {(error.strerror or '').lower()}") from error
    with tree:
        reader = PlacedReader(
            StreamSource(pieces), (), owner=(os.geteuid(), os.getegid()), rename=rename, mode_mask=_PERMISSIONS
        )
        Extractor(tree, special=Kinds(tree, (), keep=True).check).extract(reader)
