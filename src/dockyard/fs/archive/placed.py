"""Members of an archive on their way to a place in a tree: below it, with other owners, and without changing kinds.

What `docker cp` needs on both of its sides, and an image's layers don't.
"""

import os
import stat
from collections.abc import Callable, Iterator

from dockyard.errors import InvalidParameter, SystemFailure
from dockyard.fs.archive.header import DIRECTORY, LINK
from dockyard.fs.archive.reader import Member, TarReader
from dockyard.fs.archive.source import Source
from dockyard.fs.paths import components, display
from dockyard.fs.rooted import RootedTree, Steps


class PlacedReader(TarReader):
    """Members as they come, but below `place`.

    `owner` (uid, gid) gets everything; None leaves it to whom the archive names. `rename` changes names, and the
    targets of hard links, before they are placed. `mode_mask` are the bits of a mode that count.
    """

    def __init__(
        self,
        source: Source,
        place: Steps,
        *,
        owner: tuple[int, int] | None = None,
        rename: Callable[[bytes], bytes] | None = None,
        mode_mask: int = 0o7777,
    ) -> None:
        super().__init__(source)
        self._place = b"".join(b"/" + step for step in place)
        self._owner = owner
        self._rename = rename
        self._mode_mask = mode_mask

    def __iter__(self) -> Iterator[Member]:
        for member in super().__iter__():
            uid, gid = self._owner or (member.uid, member.gid)
            yield member._replace(
                name=self._placed(member.name),
                link=self._placed(member.link) if member.type == LINK else member.link,
                uid=uid,
                gid=gid,
                mode=member.mode & self._mode_mask,
            )

    def _placed(self, name: bytes) -> bytes:
        if self._rename is not None:
            name = self._rename(name)
        return self._place + b"/" + b"/".join(components(name))


class Kinds:
    """Looks at each member before it is written: the place itself stays as it is, and kinds when they must."""

    def __init__(self, tree: RootedTree, place: Steps, *, keep: bool) -> None:
        self._tree = tree
        self._place = place
        self._keep = keep

    def check(self, member: Member, steps: Steps) -> bool:
        """True for a member that needs no writing; for Extractor's `special`.

        Raises SystemFailure, in Docker's words, when a directory would take another kind's place, or it a directory's.
        """
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
            raise SystemFailure(f"lstat {_shown(steps)}: {(error.strerror or str(error)).lower()}") from error
        is_directory = stat.S_ISDIR(there.st_mode)
        path, place = _shown(steps), _shown(self._place)
        if is_directory and member.type != DIRECTORY:
            raise SystemFailure(f'cannot overwrite directory "{path}" with non-directory "{place}"')
        if not is_directory and member.type == DIRECTORY:
            raise SystemFailure(f'cannot overwrite non-directory "{path}" with directory "{place}"')


def _shown(steps: Steps) -> str:
    return "/" + display(b"/".join(steps))
