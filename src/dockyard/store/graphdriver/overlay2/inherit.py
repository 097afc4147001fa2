"""Directories that a layer's archive implies but doesn't describe: `tmp/x` without `tmp/`.

In overlayfs the uppermost directory's owner and mode are what a container sees, so one made up while unpacking would
turn the image's `/tmp` from 1777 into 0755. Docker's archives describe all parents; those of other builders needn't
(image-spec v1.1, layer.md, allows both). What the layers below say of such a directory is copied.
"""

import os
import stat
from collections.abc import Sequence

from dockyard.fs.copying import copy_attributes
from dockyard.fs.rooted import RootedTree, Steps
from dockyard.store.graphdriver.view import OPAQUE_ATTRIBUTE, View, ViewReader, is_opaque


def inherit_attributes(diff: str, below: View, implied: Sequence[Steps]) -> None:
    """Copy owner, mode, time and extended attributes of `implied` from `below` to the tree `diff`. Raises OSError.

    An opaque root gets its meaning here too.
    """
    with RootedTree(diff) as tree, below.reader() as reader:
        if is_opaque(tree.directory(())):
            _hide_everything(tree.directory(()), reader)
            return  # nothing below is left to inherit from
        for steps in reversed(implied):  # inner ones first: entering an outer one later doesn't touch its time
            found = reader.find(steps)
            if found is None or not stat.S_ISDIR(found[1].st_mode):
                continue
            try:
                if tree.real(steps) != steps or _is_hidden(tree, steps):
                    continue
                descriptor = tree.directory(steps)
            except (FileNotFoundError, NotADirectoryError):
                continue  # a later member took its place
            status = found[1]
            os.fchown(descriptor, status.st_uid, status.st_gid)
            os.fchmod(descriptor, stat.S_IMODE(status.st_mode))
            copy_attributes(steps[-1], found[0], descriptor)
            os.utime(descriptor, ns=(status.st_atime_ns, status.st_mtime_ns))


def _is_hidden(tree: RootedTree, steps: Steps) -> bool:
    """Whether an opaque directory above `steps` hides what the layers below have there."""
    return any(is_opaque(tree.directory(steps[:length])) for length in range(1, len(steps)))


def _hide_everything(root: int, below: ViewReader) -> None:
    """overlayfs merges the roots of all layers, opaque or not: whiteouts for all that is below say the same."""
    for name in below.names(()):
        if below.find((name,)) is None:
            continue
        try:
            os.mknod(name, stat.S_IFCHR, 0, dir_fd=root)
        except FileExistsError:  # the layer's own; a directory must not be merged with the one below
            if stat.S_ISDIR(os.stat(name, dir_fd=root, follow_symlinks=False).st_mode):
                os.setxattr(b"/proc/self/fd/%d/%s" % (root, name), OPAQUE_ATTRIBUTE, b"y")
