"""A tar file as a tree to copy from, without unpacking it.

A context of 20,000 files costs as much to unpack as to copy into a layer, and is read once, often not at all. So it
stays one file, and its headers become an index in memory: names, attributes, and where each file's data lies. Names and
links mean what they would mean if the archive were unpacked in an empty directory that nothing can climb out of.
"""

import errno
import itertools
import os
import stat
from collections.abc import Iterable, Iterator
from typing import Self

from dockyard.builder.files.node import LINKS, Node, Segments, find, resolve
from dockyard.errors import InvalidParameter
from dockyard.fs.archive.header import BLOCK_DEVICE, CHARACTER, DIRECTORY, FIFO, LINK, REGULAR_TYPES, SYMLINK
from dockyard.fs.archive.reader import Member, TarReader
from dockyard.fs.archive.source import FileSource, write_all
from dockyard.fs.paths import components, display
from dockyard.fs.rooted import Steps

MOST_MEMBERS = 2_000_000
_DEEPEST = 2048
_CHUNK = 1 << 18
_KINDS = {CHARACTER: stat.S_IFCHR, BLOCK_DEVICE: stat.S_IFBLK, FIFO: stat.S_IFIFO}


class ArchiveFiles:
    """See Files. `path` is the uncompressed archive; it must stay as it is. Raises InvalidParameter when damaged."""

    def __init__(self, path: str) -> None:
        self.path = path
        self._numbers = itertools.count(1)
        self._end = 0
        self.removed: list[Steps] = []
        self.root = Node(stat.S_IFDIR | 0o755, 0)
        late: list[Member] = []
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
        try:
            source = FileSource(descriptor)
            for count, member in enumerate(TarReader(source)):
                if count >= MOST_MEMBERS:
                    raise InvalidParameter(f"more than {MOST_MEMBERS} files in the build context")
                if member.type == LINK:
                    late.append(member)
                else:
                    self._add(member, source.position)
            if self._end > os.fstat(descriptor).st_size:
                raise InvalidParameter("unexpected EOF")
        finally:
            os.close(descriptor)
        for member in late:
            self._link(member)

    def reader(self) -> "ArchiveReader":
        """See Files."""
        return ArchiveReader(self.path, self.root)

    def remove(self, steps: Steps) -> None:
        """Take one file out of the tree, if it is there."""
        parent = find(self.root, steps[:-1]) if steps else None
        if parent is not None and parent.children is not None and parent.children.pop(steps[-1], None) is not None:
            self.removed.append(steps)

    def _add(self, member: Member, position: int) -> None:
        steps = components(member.name)
        if not steps:
            if member.type in REGULAR_TYPES:
                raise InvalidParameter(f"invalid file name in archive: {display(member.name)!r}")
            return
        node = self._node(member, position)
        if node is None:
            return
        parent = self._directory(steps[:-1])
        assert parent.children is not None
        there = parent.children.get(steps[-1])
        if there is not None and there.children is not None and node.children is not None:
            node.children = there.children  # the same directory again: what is in it stays
        parent.children[steps[-1]] = node

    def _node(self, member: Member, position: int) -> Node | None:
        permissions = member.mode & 0o7777
        if member.type in REGULAR_TYPES:
            node = Node(stat.S_IFREG | permissions, next(self._numbers))
            node.st_size = member.size
            node.segments = _placed(member, position)
            self._end = position + member.stored
        elif member.type == DIRECTORY:
            node = Node(stat.S_IFDIR | permissions, next(self._numbers))
        elif member.type == SYMLINK:
            node = Node(stat.S_IFLNK | 0o777, next(self._numbers))
            node.target = member.link
        elif member.type in _KINDS:
            node = Node(_KINDS[member.type] | permissions, next(self._numbers))
            node.st_rdev = os.makedev(member.major, member.minor) if member.type != FIFO else 0
        else:
            raise InvalidParameter(f"unhandled tar header type {member.type[0]}")
        node.st_uid, node.st_gid = member.uid, member.gid
        node.st_mtime_ns = member.mtime if 0 <= member.mtime < 1 << 63 else 0
        if member.xattrs:
            wanted = (b"user.", b"security.capability")
            node.xattrs = {key: value for key, value in member.xattrs.items() if key.startswith(wanted)}
        return node

    def _link(self, member: Member) -> None:
        target, steps = components(member.link), components(member.name)
        real = resolve(self.root, target[:-1])
        parent = find(self.root, real) if real is not None else None
        node = parent.children.get(target[-1]) if parent is not None and parent.children and target else None
        if node is None or node.children is not None or not steps:
            raise InvalidParameter(f"invalid hardlink {display(member.name)!r} -> {display(member.link)!r}")
        node.st_nlink += 1
        place = self._directory(steps[:-1])
        assert place.children is not None
        place.children[steps[-1]] = node

    def _directory(self, steps: Steps) -> Node:
        """The directory `steps`, links followed, missing ones made. Raises InvalidParameter when a file is in the
        way."""
        node = self.root
        for step in steps:  # nearly always there are no links
            child = node.children.get(step) if node.children is not None else None
            if child is None or child.children is None:
                break
            node = child
        else:
            return node
        real: list[bytes] = []
        pending, links = list(reversed(steps)), 0
        while pending:
            step = pending.pop()
            if step == b"..":
                del real[-1:]
                continue
            parent = find(self.root, tuple(real))
            assert parent is not None
            assert parent.children is not None
            child = parent.children.get(step)
            if child is None:
                child = parent.children[step] = Node(stat.S_IFDIR | 0o755, next(self._numbers))
            if stat.S_ISLNK(child.st_mode):
                links += 1
                if links > LINKS:
                    raise InvalidParameter("too many levels of symbolic links in the archive")
                if child.target.startswith(b"/"):
                    real = []
                pending += [part for part in reversed(child.target.split(b"/")) if part and part != b"."]
                continue
            if child.children is None:
                raise InvalidParameter(f"{display(b'/'.join((*real, step)))} in the archive is no directory")
            real.append(step)
        found = find(self.root, tuple(real))
        assert found is not None
        return found


class ArchiveReader:
    """See FileReader."""

    def __init__(self, path: str, root: Node) -> None:
        self._descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
        self._root = root

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        os.close(self._descriptor)

    def status(self, steps: Steps) -> Node | None:
        """See FileReader."""
        return find(self._root, steps)

    def resolve(self, name: Steps) -> Steps | None:
        """See FileReader."""
        return resolve(self._root, name)

    def names(self, steps: Steps) -> Iterable[bytes]:
        """See FileReader."""
        node = find(self._root, steps)
        return () if node is None or node.children is None else node.children

    def walk(self, start: Steps) -> Iterator[tuple[Steps, Node]]:
        """See FileReader."""
        first = find(self._root, start)
        if first is None or first.children is None:
            return
        stack = [(start, first.children, sorted(first.children, reverse=True))]
        while stack:
            above, children, names = stack[-1]
            if not names:
                stack.pop()
                continue
            name = names.pop()
            node, steps = children[name], (*above, name)
            yield steps, node
            if node.children:
                if len(steps) > _DEEPEST:
                    raise OSError(errno.ENAMETOOLONG, os.strerror(errno.ENAMETOOLONG))
                stack.append((steps, node.children, sorted(node.children, reverse=True)))

    def readlink(self, steps: Steps) -> bytes:
        """See FileReader."""
        return self._file(steps).target

    def data(self, steps: Steps) -> Iterator[bytes]:
        """See FileReader."""
        node = self._file(steps)
        position = 0
        for offset, at, length in node.segments:
            yield from _zeros(offset - position)
            yield from self._pieces(at, length)
            position = offset + length
        yield from _zeros(node.st_size - position)

    def copy(self, steps: Steps, descriptor: int) -> None:
        """See FileReader. Holes stay holes."""
        node = self._file(steps)
        for offset, at, length in node.segments:
            if offset:
                os.lseek(descriptor, offset, os.SEEK_SET)
            if length <= _CHUNK:
                for piece in self._pieces(at, length):
                    write_all(descriptor, piece)
                continue
            end = at + length
            while at < end:
                copied = os.sendfile(descriptor, self._descriptor, at, end - at)
                if not copied:
                    raise _shorter()
                at += copied
        if node.st_size and (len(node.segments) != 1 or node.segments[0][2] != node.st_size):
            os.ftruncate(descriptor, node.st_size)

    def xattrs(self, steps: Steps) -> dict[bytes, bytes]:
        """See FileReader."""
        return self._file(steps).xattrs

    def _file(self, steps: Steps) -> Node:
        node = find(self._root, steps)
        if node is None:
            raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT))
        return node

    def _pieces(self, at: int, length: int) -> Iterator[bytes]:
        while length > 0:
            piece = os.pread(self._descriptor, min(length, _CHUNK), at)
            if not piece:
                raise _shorter()
            yield piece
            at += len(piece)
            length -= len(piece)


def _shorter() -> OSError:
    return OSError(errno.EIO, "the archive has become shorter")


def _zeros(count: int) -> Iterator[bytes]:
    while count > 0:
        yield bytes(min(count, _CHUNK))
        count -= _CHUNK


def _placed(member: Member, position: int) -> Segments:
    placed = []
    for offset, length in member.segments:
        placed.append((offset, position, length))
        position += length
    return tuple(placed)
