"""An image layer's archive into an overlay directory: whiteouts become what overlayfs understands.

`.wh.name` → character device 0:0 named `name`; `.wh..wh..opq` → trusted.overlay.opaque=y on its directory. Both apply
to the layers *below* only, wherever they stand in the archive (image-spec v1.1, layer.md): a directory that comes
together with a whiteout of its own name is a new one that hides the old, hence opaque.
"""

import os
import stat

from dockyard.fs.archive.extract import Extracted, Extractor
from dockyard.fs.archive.header import DIRECTORY
from dockyard.fs.archive.reader import Member, TarReader
from dockyard.fs.rooted import RootedTree, Steps
from dockyard.store.graphdriver.contract import Placed
from dockyard.store.graphdriver.view import OPAQUE_ATTRIBUTE, is_whiteout
from dockyard.store.graphdriver.whiteout import PREFIX, parse_whiteout

_OVERLAY_ATTRIBUTES = (b"trusted.overlay.", b"user.overlay.")


def unpack(diff: str, reader: TarReader, placed: Placed) -> Extracted:
    """Unpack `reader` into the empty directory `diff`. Errors as Extractor's."""
    with RootedTree(diff) as tree:
        whiteouts = _OverlayWhiteouts(tree)
        extractor = Extractor(tree, special=whiteouts.handle, placed=placed, keep_xattr=_may_set)
        done = extractor.extract(reader)
        return done._replace(replaced=done.replaced or whiteouts.replaced)


def _may_set(name: bytes) -> bool:
    # An archive that could say "redirect" or "metacopy" to overlayfs would make it read other files than the image's
    # own.
    return not name.startswith(_OVERLAY_ATTRIBUTES)


class _OverlayWhiteouts:
    """Translates whiteouts while members pass by."""

    def __init__(self, tree: RootedTree) -> None:
        self._tree = tree
        self._hidden: set[Steps] = set()
        self.replaced = False

    def handle(self, member: Member, steps: Steps) -> bool:
        """True when the member was a whiteout; an ordinary one may need its place cleared of an earlier whiteout."""
        if not steps:
            return False
        leaf = steps[-1]
        if not leaf.startswith(PREFIX):
            if self._hidden:
                self._clear_the_way(member, steps)
            return False
        whiteout = parse_whiteout(leaf)
        if whiteout is None:
            return False
        self._clear_the_way(None, steps[:-1])
        directory = self._tree.directory(steps[:-1], create=True)
        if whiteout.opaque:
            os.setxattr(directory, OPAQUE_ATTRIBUTE, b"y")
        elif whiteout.hidden:
            self._hide((*self._tree.real(steps[:-1]), whiteout.hidden), directory)
        return True

    def _hide(self, steps: Steps, directory: int) -> None:
        name = steps[-1]
        if name in (b".", b".."):
            return
        self._hidden.add(steps)
        try:
            os.mknod(name, stat.S_IFCHR, 0, dir_fd=directory)
        except FileExistsError:
            # The archive brings its own `name`: that stays, and what is below it must not shine through.
            if stat.S_ISDIR(os.stat(name, dir_fd=directory, follow_symlinks=False).st_mode):
                os.setxattr(self._tree.directory(steps), OPAQUE_ATTRIBUTE, b"y")

    def _clear_the_way(self, member: Member | None, steps: Steps) -> None:
        """Make room where an earlier whiteout stands in the place of `member`, or of a directory above it."""
        for depth in range(1, len(steps) + 1):
            above = self._real(steps[: depth - 1])
            if above is not None and (*above, steps[depth - 1]) in self._hidden:
                as_directory = member is None or depth < len(steps) or member.type == DIRECTORY
                self._give_way((*above, steps[depth - 1]), as_directory)

    def _real(self, steps: Steps) -> Steps | None:
        try:
            return self._tree.real(steps)
        except (FileNotFoundError, NotADirectoryError):
            return None

    def _give_way(self, steps: Steps, as_directory: bool) -> None:
        parent = self._tree.directory(steps[:-1])
        try:
            if not is_whiteout(os.stat(steps[-1], dir_fd=parent, follow_symlinks=False)):
                return
        except FileNotFoundError:
            return
        os.unlink(steps[-1], dir_fd=parent)
        if as_directory:
            os.mkdir(steps[-1], 0o755, dir_fd=parent)
            os.setxattr(self._tree.directory(steps), OPAQUE_ATTRIBUTE, b"y")
