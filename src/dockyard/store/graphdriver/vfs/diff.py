"""Two complete trees as a layer archive: what was added or modified as members, what is missing as whiteouts."""

import os
import stat
from collections.abc import Iterable, Iterator, Sequence

from dockyard.fs.archive.pack import Packer, rechunk
from dockyard.fs.archive.writer import END, Entry, header
from dockyard.fs.rooted import RootedTree
from dockyard.store.graphdriver.contract import Change, ChangeKind
from dockyard.store.graphdriver.view import View
from dockyard.store.graphdriver.whiteout import PREFIX


def diff_archive(root: str, changes: Sequence[Change]) -> Iterator[bytes]:
    """The archive of `changes` (sorted by path) in the tree `root`."""
    return rechunk(_pieces(root, changes))


def changed_bytes(root: str, changes: Iterable[Change]) -> int:
    """Bytes of what was added or modified in the tree `root`, a file with several names once."""
    total = 0
    seen: set[tuple[int, int]] = set()
    with View([root]).reader() as reader:
        for change in changes:
            status = reader.status(tuple(os.fsencode(change.path)[1:].split(b"/")))
            if status is None or stat.S_ISDIR(status.st_mode) or (status.st_dev, status.st_ino) in seen:
                continue
            seen.add((status.st_dev, status.st_ino))
            total += status.st_size
    return total


def _pieces(root: str, changes: Sequence[Change]) -> Iterator[bytes]:
    packer = Packer()
    with RootedTree(root) as tree:
        for change in changes:
            name = os.fsencode(change.path)[1:]
            steps = tuple(name.split(b"/"))
            if change.kind is ChangeKind.DELETED:
                hidden = b"/".join((*steps[:-1], PREFIX + steps[-1]))
                yield header(Entry(name=hidden, mode=0))
                continue
            try:
                parent = tree.directory(steps[:-1])
                status = os.stat(steps[-1], dir_fd=parent, follow_symlinks=False)
            except (FileNotFoundError, NotADirectoryError):
                continue  # gone since the comparison
            if not stat.S_ISSOCK(status.st_mode):
                yield from packer.member(name, steps[-1], parent, status)
    yield END
