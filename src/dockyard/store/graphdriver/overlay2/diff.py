"""An upper directory as a layer archive: overlayfs's marks become whiteouts of the image-spec again.

image-spec v1.1, layer.md, "Representing Changes". The root's own entry is left out, as in Docker.
"""

import os
import stat
from collections.abc import Iterator

from dockyard.fs.archive.header import REGULAR
from dockyard.fs.archive.pack import Packer, rechunk
from dockyard.fs.archive.writer import END, Entry, header
from dockyard.store.graphdriver.view import View, is_whiteout
from dockyard.store.graphdriver.whiteout import OPAQUE, PREFIX


def diff_archive(diff: str) -> Iterator[bytes]:
    """The archive of the upper directory `diff`, names in byte order, directories before what is in them."""
    return rechunk(_pieces(diff))


def _pieces(diff: str) -> Iterator[bytes]:
    packer = Packer()
    with View([diff]).reader() as reader:
        for node in reader.walk(whiteouts=True):
            above = b"".join(step + b"/" for step in node.steps[:-1])
            if is_whiteout(node.status):
                yield _mark(above + PREFIX + node.leaf, node.status)
                continue
            try:
                yield from packer.member(above + node.leaf, node.leaf, node.parent, node.status)
            except FileNotFoundError:
                continue  # the container removed it meanwhile
            if stat.S_ISDIR(node.status.st_mode) and reader.is_opaque(node.steps):
                yield _mark(above + node.leaf + b"/" + OPAQUE, node.status)
    yield END


def _mark(name: bytes, status: os.stat_result) -> bytes:
    return header(Entry(name=name, type=REGULAR, mode=0, mtime=status.st_mtime_ns))
