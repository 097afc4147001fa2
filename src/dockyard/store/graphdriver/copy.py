"""A view, or a directory of it, copied into a real directory: vfs's layers, a volume's copy-up, an unpacked bundle."""

import os
import stat

from dockyard.fs.copying import CopiedNames, copy_attributes, copy_node
from dockyard.fs.rooted import RootedTree, Steps
from dockyard.store.graphdriver.view import View


def copy_view(view: View, source: Steps, target: str, *, whiteouts: bool = False) -> None:
    """Copy what is below the directory `source` of `view` into the empty directory `target`.

    `whiteouts`: character devices 0:0 are copied as what they are, instead of hiding something. Raises OSError; what
    was copied until then stays.
    """
    names = CopiedNames()
    times: list[tuple[Steps, os.stat_result]] = []
    with RootedTree(target) as tree:
        for node in view.walk(source, whiteouts=whiteouts):
            steps = node.steps[len(source) :]
            parent = tree.directory(steps[:-1])
            copy_node(node.leaf, node.parent, parent, node.status, names.first(node.status, steps), tree.directory(()))
            if stat.S_ISDIR(node.status.st_mode):
                copy_attributes(node.leaf, node.parent, tree.directory(steps))
                times.append((steps, node.status))
        for steps, status in reversed(times):  # afterwards, because filling a directory changes its time
            os.utime(tree.directory(steps), ns=(status.st_atime_ns, status.st_mtime_ns))
