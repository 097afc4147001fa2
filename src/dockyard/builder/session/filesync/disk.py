"""The receiver's folder: every access goes through a descriptor of the directory, reached without following a link.

A file's data are written under another name and get the right one when they are whole and have all attributes: what a
killed transfer leaves is never taken for a file of the sender. Nothing is synced: the folder is worth one transfer.
"""

import contextlib
import os
import secrets
import stat
from collections import OrderedDict
from typing import Final

from dockyard.builder.session.filesync.entry import Entry
from dockyard.builder.session.filesync.tree import XATTRS
from dockyard.errors import InvalidParameter
from dockyard.fs.rooted import remove_entry
from dockyard.linux.open_beneath import RESOLVE_BENEATH, RESOLVE_NO_SYMLINKS, RESOLVE_NO_XDEV, open_at

_DIRECTORY: Final = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW
_NEW: Final = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
_BENEATH: Final = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_XDEV
_KEPT: Final = 8


class Writing:
    """A regular file whose data are coming in: `descriptor`, and the name that it has until it is whole."""

    __slots__ = ("descriptor", "entry", "temporary")

    def __init__(self, entry: Entry, temporary: bytes, descriptor: int) -> None:
        self.entry = entry
        self.temporary = temporary
        self.descriptor = descriptor


class Disk:
    """Changes below `folder`. owners: whether files get the sender's owners (else they are the process's).

    All raise OSError for what the kernel refuses.
    """

    def __init__(self, folder: str, *, owners: bool) -> None:
        self._root = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        self._owners = owners
        self._open: OrderedDict[bytes, int] = OrderedDict()

    def close(self) -> None:
        """Gives all descriptors back."""
        self._forget()
        os.close(self._root)

    def names(self, directory: bytes) -> set[bytes]:
        """What is in `directory`."""
        return {os.fsencode(name) for name in os.listdir(self._parent(directory + b"/"))}

    def status(self, path: bytes) -> os.stat_result | None:
        """lstat(2) of what is there, if something is."""
        try:
            return os.stat(_name(path), dir_fd=self._parent(path), follow_symlinks=False)
        except FileNotFoundError:
            return None

    def same(self, entry: Entry, status: os.stat_result) -> bool:
        """Whether what is there is what the sender tells of, by all attributes that a change of content changes."""
        if status.st_mode != entry.mode:
            return False
        if self._owners and (status.st_uid, status.st_gid) != (entry.uid, entry.gid):
            return False
        if stat.S_ISLNK(entry.mode):
            return os.readlink(_name(entry.path), dir_fd=self._parent(entry.path)) == entry.link
        if stat.S_ISREG(entry.mode):
            same = status.st_size == entry.size and status.st_mtime_ns == entry.mtime_ns
            return same and self._xattrs(entry.path) == entry.xattrs
        return status.st_rdev == entry.device

    def remove(self, path: bytes) -> None:
        """Removes what is there, with all below it."""
        parent = self._parent(path)
        self._forget(path)
        remove_entry(_name(path), parent)

    def make_directory(self, path: bytes) -> None:
        """An empty directory, the process's own until `finish_directory`."""
        os.mkdir(_name(path), 0o700, dir_fd=self._parent(path))

    def make_node(self, entry: Entry) -> None:
        """A symbolic link, pipe or device."""
        name, parent = _name(entry.path), self._parent(entry.path)
        if stat.S_ISLNK(entry.mode):
            os.symlink(entry.link, name, dir_fd=parent)
        else:
            os.mknod(name, stat.S_IFMT(entry.mode) | 0o600, entry.device, dir_fd=parent)
        if self._owners:
            os.chown(name, entry.uid, entry.gid, dir_fd=parent, follow_symlinks=False)
        if not stat.S_ISLNK(entry.mode):
            # No link can stand here: the name was free, and nobody else writes into this folder.
            os.chmod(name, stat.S_IMODE(entry.mode), dir_fd=parent)
        os.utime(name, ns=(entry.mtime_ns, entry.mtime_ns), dir_fd=parent, follow_symlinks=False)

    def make_hard_link(self, entry: Entry) -> None:
        """Another name of the file `entry.link`, in place of what is there; nothing when it is that already."""
        target, there = self.status(entry.link), self.status(entry.path)
        if target is None or not stat.S_ISREG(target.st_mode):
            raise InvalidParameter(f"invalid link to unknown path: {os.fsdecode(entry.link)}")
        if there is not None:
            if (there.st_dev, there.st_ino) == (target.st_dev, target.st_ino):
                return
            self.remove(entry.path)
        source = self._parent(entry.link)
        # _parent may give a descriptor back that it kept before
        source = os.dup(source)
        try:
            os.link(
                _name(entry.link), _name(entry.path), src_dir_fd=source, dst_dir_fd=self._parent(entry.path),
                follow_symlinks=False,
            )  # fmt: skip
        finally:
            os.close(source)

    def begin_file(self, entry: Entry) -> Writing:
        """A file for the data of `entry`, beside where it will be."""
        temporary = b".dockyard-" + secrets.token_hex(12).encode()
        return Writing(entry, temporary, os.open(temporary, _NEW, 0o600, dir_fd=self._parent(entry.path)))

    def finish_file(self, writing: Writing) -> None:
        """Gives the file its attributes and its name, in place of what has that name."""
        descriptor, entry = writing.descriptor, writing.entry
        self._attributes(descriptor, entry)
        os.close(descriptor)
        writing.descriptor = -1
        parent = self._parent(entry.path)
        os.rename(writing.temporary, _name(entry.path), src_dir_fd=parent, dst_dir_fd=parent)

    def abandon_file(self, writing: Writing) -> None:
        """Removes what has been written."""
        with contextlib.suppress(OSError):
            if writing.descriptor >= 0:
                os.close(writing.descriptor)
            os.unlink(writing.temporary, dir_fd=self._parent(writing.entry.path))

    def finish_directory(self, entry: Entry) -> None:
        """Gives a directory its attributes, after all in it has been made: that changes its time."""
        descriptor = self._opened(entry.path)
        try:
            self._attributes(descriptor, entry)
        finally:
            os.close(descriptor)

    def _attributes(self, descriptor: int, entry: Entry) -> None:
        if self._owners:
            os.fchown(descriptor, entry.uid, entry.gid)
        os.fchmod(descriptor, stat.S_IMODE(entry.mode))  # after chown, which takes setuid away
        for known in map(os.fsencode, os.listxattr(descriptor)):
            if known.startswith(XATTRS) and known not in entry.xattrs:
                os.removexattr(descriptor, known)
        for name, value in entry.xattrs.items():
            if name.startswith(XATTRS):  # no trusted.overlay.*, no labels
                with contextlib.suppress(OSError):
                    os.setxattr(descriptor, name, value)
        os.utime(descriptor, ns=(entry.mtime_ns, entry.mtime_ns))

    def _xattrs(self, path: bytes) -> dict[bytes, bytes]:
        descriptor = os.open(
            _name(path), os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC, dir_fd=self._parent(path)
        )
        try:
            names = [os.fsencode(name) for name in os.listxattr(descriptor)]
            return {name: os.getxattr(descriptor, name) for name in names if name.startswith(XATTRS)}
        except OSError:
            return {}
        finally:
            os.close(descriptor)

    def _parent(self, path: bytes) -> int:
        """A descriptor of the directory that `path` is in, valid until the next call."""
        directory = path.rpartition(b"/")[0]
        if not directory:
            return self._root
        known = self._open.get(directory)
        if known is not None:
            self._open.move_to_end(directory)
            return known
        found = self._open[directory] = self._opened(directory)
        if len(self._open) > _KEPT:
            os.close(self._open.popitem(last=False)[1])
        return found

    def _opened(self, directory: bytes) -> int:
        return open_at(self._root, directory, _DIRECTORY, _BENEATH)

    def _forget(self, path: bytes = b"") -> None:
        """Drops kept directories, those at and below `path` alone where it is given."""
        for directory in list(self._open):
            if not path or directory == path or directory.startswith(path + b"/"):
                os.close(self._open.pop(directory))


def _name(path: bytes) -> bytes:
    return path.rpartition(b"/")[2]
