"""An archive unpacked in a directory of a container's root.

Members lie below that directory, but links are followed with the container's root as `/`, as they would be for a
program in the container.
"""

import os
import stat
from collections.abc import Iterator

from dockyard.errors import Forbidden, InvalidParameter
from dockyard.fs.archive.extract import Extractor
from dockyard.fs.archive.placed import Kinds, PlacedReader
from dockyard.fs.archive.source import CHUNK, StreamSource
from dockyard.fs.paths import components
from dockyard.fs.rooted import RootedTree, Steps
from dockyard.linux.open_beneath import in_root
from dockyard.supervisor.visit.request import VisitRequest, Volume


def unpack(root: int, request: VisitRequest, archive: int) -> None:
    """Unpack the archive that comes from the descriptor `archive` in `request.path`.

    Raises:
        InvalidParameter: the path is no directory, or the archive is damaged.
        Forbidden: the place is read-only.
        SystemFailure: kernel or disk refuse, or a kind of file would change that mustn't.
        OSError: the path can't be opened.
    """
    _check_is_directory(root, request.path)
    with RootedTree(f"/proc/self/fd/{root}") as tree:
        place = tree.real(components(os.fsencode(request.path)))
        _check_writable(request, place)
        reader = PlacedReader(StreamSource(_pieces(archive)), place, owner=request.owner)
        kinds = Kinds(tree, place, keep=request.keep_kinds)
        Extractor(tree, special=kinds.check, keep_xattr=_is_portable).extract(reader)
    while os.read(archive, CHUNK):
        pass  # what follows the end marker is taken in, so that the sender isn't cut off


def _check_is_directory(root: int, path: str) -> None:
    place = in_root(root, path)
    try:
        if not stat.S_ISDIR(os.fstat(place).st_mode):
            raise InvalidParameter("extraction point is not a directory")
    finally:
        os.close(place)


def _check_writable(request: VisitRequest, place: Steps) -> None:
    """Docker's rule: in a volume the volume decides, elsewhere the root."""
    volume = _volume_of(request.volumes, place)
    if volume is None and request.readonly_root:
        raise Forbidden("container rootfs is marked read-only")
    if volume is not None and not volume.writable:
        raise Forbidden("mounted volume is marked read-only")


def _volume_of(volumes: tuple[Volume, ...], place: Steps) -> Volume | None:
    """The innermost volume in which `place` lies."""
    within = [
        (len(steps), volume)
        for volume in volumes
        if place[: len(steps := components(os.fsencode(volume.destination)))] == steps
    ]
    return max(within)[1] if within else None


def _is_portable(attribute: bytes) -> bool:
    """Whether an archive may set an extended attribute: not those by which overlayfs remembers things."""
    return not attribute.startswith(b"trusted.overlay.")


def _pieces(archive: int) -> Iterator[bytes]:
    while piece := os.read(archive, CHUNK):
        yield piece
