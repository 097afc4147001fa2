"""An archive unpacked in a directory of a container's root.

Members lie below that directory, but links are followed with the container's root as `/`, as they would be for a
program in the container.
"""

import os
import stat
from collections.abc import Iterator

from dockyard.errors import Forbidden, InvalidParameter, SystemFailure
from dockyard.fs.archive.extract import Extractor
from dockyard.fs.archive.header import DIRECTORY, LINK
from dockyard.fs.archive.reader import Member, TarReader
from dockyard.fs.archive.source import CHUNK, StreamSource
from dockyard.fs.paths import components, display
from dockyard.fs.rooted import RootedTree, Steps
from dockyard.linux.libc import reason
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
        reader = _PlacedReader(StreamSource(_pieces(archive)), place, request.owner)
        kinds = _Kinds(tree, place, request.keep_kinds)
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


class _PlacedReader(TarReader):
    """Members as they come, but below `place`, and owned by `owner` when there is one."""

    def __init__(self, source: StreamSource, place: Steps, owner: tuple[int, int] | None) -> None:
        super().__init__(source)
        self._place = b"".join(b"/" + step for step in place)
        self._owner = owner

    def __iter__(self) -> Iterator[Member]:
        for member in super().__iter__():
            name = self._below(member.name)
            link = self._below(member.link) if member.type == LINK else member.link
            uid, gid = self._owner or (member.uid, member.gid)
            yield member._replace(name=name, link=link, uid=uid, gid=gid)

    def _below(self, name: bytes) -> bytes:
        return self._place + b"/" + b"/".join(components(name))


class _Kinds:
    """Looks at each member before it is written: the place itself stays as it is, and kinds when they must."""

    def __init__(self, tree: RootedTree, place: Steps, keep: bool) -> None:
        self._tree = tree
        self._place = place
        self._keep = keep

    def check(self, member: Member, steps: Steps) -> bool:
        """True for a member that needs no writing."""
        if steps == self._place:
            if member.type != DIRECTORY:
                raise InvalidParameter(f"invalid file name in archive: {display(member.name)!r}")
            return True
        if self._keep:
            self._check_kind(member, steps)
        return False

    def _check_kind(self, member: Member, steps: Steps) -> None:
        try:
            there = os.stat(steps[-1], dir_fd=self._tree.directory(steps[:-1]), follow_symlinks=False)
        except (FileNotFoundError, NotADirectoryError):
            return
        except OSError as error:
            raise SystemFailure(f"lstat {_shown(steps)}: {reason(error)}") from error
        is_directory = stat.S_ISDIR(there.st_mode)
        if is_directory and member.type != DIRECTORY:
            raise SystemFailure(
                f'cannot overwrite directory "{_shown(steps)}" with non-directory "{_shown(self._place)}"'
            )
        if not is_directory and member.type == DIRECTORY:
            raise SystemFailure(
                f'cannot overwrite non-directory "{_shown(steps)}" with directory "{_shown(self._place)}"'
            )


def _shown(steps: Steps) -> str:
    return "/" + display(b"/".join(steps))


def _is_portable(attribute: bytes) -> bool:
    """Whether an archive may set an extended attribute: not those by which overlayfs remembers things."""
    return not attribute.startswith(b"trusted.overlay.")


def _pieces(archive: int) -> Iterator[bytes]:
    while piece := os.read(archive, CHUNK):
        yield piece
