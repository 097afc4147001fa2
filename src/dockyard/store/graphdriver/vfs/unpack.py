"""An image layer's archive into a full copy of its parent: whiteouts delete at once.

They apply to the layers below only, wherever they stand in the archive (image-spec v1.1, layer.md): what the archive
itself brings is never deleted.
"""

import os
import stat

from dockyard.fs.archive.extract import Extracted, Extractor
from dockyard.fs.archive.reader import Member, TarReader
from dockyard.fs.rooted import RootedTree, Steps, remove_entry
from dockyard.store.graphdriver.contract import Placed
from dockyard.store.graphdriver.whiteout import PREFIX, parse_whiteout


def unpack(root: str, reader: TarReader, placed: Placed) -> Extracted:
    """Apply `reader` to the tree `root`, a copy of the layer below. Errors as Extractor's.

    `Extracted.replaced` is True as soon as anything was replaced or deleted, be it the parent's or the archive's own: a
    copying driver needn't save the archive's room.
    """
    with RootedTree(root) as tree:
        whiteouts = _Deletions(tree)
        done = Extractor(tree, special=whiteouts.handle, placed=placed, keep_xattr=_may_set).extract(reader)
        return done._replace(replaced=done.replaced or whiteouts.deleted)


def _may_set(name: bytes) -> bool:
    return not name.startswith((b"trusted.overlay.", b"user.overlay."))


class _Deletions:
    """Carries whiteouts out while members pass by; remembers which names (real steps) are the archive's own."""

    def __init__(self, tree: RootedTree) -> None:
        self._tree = tree
        self._own: set[Steps] = set()
        self.deleted = False

    def handle(self, _member: Member, steps: Steps) -> bool:
        """True when the member was a whiteout."""
        if not steps:
            return False
        # A name in a directory says that there is one. Real steps: one file may have two names through a link.
        above = self._tree.real(steps[:-1], create=True)
        whiteout = parse_whiteout(steps[-1]) if steps[-1].startswith(PREFIX) else None
        if whiteout is None:
            self._remember((*above, steps[-1]))
            return False
        self._remember(above)
        if whiteout.opaque:
            self._empty(above)
        elif whiteout.hidden and whiteout.hidden not in (b".", b".."):
            self._delete((*above, whiteout.hidden))
        return True

    def _remember(self, steps: Steps) -> None:
        depth = len(steps)
        while depth and steps[:depth] not in self._own:
            self._own.add(steps[:depth])
            depth -= 1

    def _delete(self, steps: Steps) -> None:
        """Delete what the layers below have at `steps`, if anything."""
        parent = self._tree.directory(steps[:-1])
        try:
            status = os.stat(steps[-1], dir_fd=parent, follow_symlinks=False)
        except FileNotFoundError:
            return
        if steps not in self._own:
            remove_entry(steps[-1], parent)
            self._tree.forget()
            self.deleted = True
        elif stat.S_ISDIR(status.st_mode):
            self._empty(steps)

    def _empty(self, steps: Steps) -> None:
        """Delete what the layers below have in the directory `steps`; what the archive brought stays."""
        for name in os.listdir(self._tree.directory(steps)):
            self._delete((*steps, os.fsencode(name)))
