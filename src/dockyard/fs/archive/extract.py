"""Members of an archive to a directory tree: owners, modes, times, extended attributes, links, devices, holes.

The tree is a RootedTree, so that no name and no link in the archive reaches anything outside of it. Order matters for
each entry: owner before mode (chown(2) clears set-id bits), both before extended attributes (chown clears
security.capability), times last. Directories get their times when everything is there, because creating changes them.
"""

import contextlib
import errno
import os
import stat
from collections.abc import Callable
from typing import NamedTuple

from dockyard.errors import InvalidParameter, SystemFailure
from dockyard.fs.archive.header import BLOCK_DEVICE, CHARACTER, DIRECTORY, FIFO, LINK, REGULAR_TYPES, SYMLINK
from dockyard.fs.archive.reader import Member, TarReader
from dockyard.fs.archive.source import write_all
from dockyard.fs.paths import PATH_MAX, components, display
from dockyard.fs.rooted import RootedTree, Steps, remove_entry

_NODES = {CHARACTER: stat.S_IFCHR, BLOCK_DEVICE: stat.S_IFBLK, FIFO: stat.S_IFIFO}
_NEW_FILE = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
_LATEST_NANOSECONDS = (1 << 63) - 1
_PERMISSIONS = 0o7777
_SMALL_BYTES = 1 << 16
_SAME_DIRECTORY = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC


class Extracted(NamedTuple):
    """What an extraction did: bytes of regular files, number of members, and two things that a layer wants to know.

    `replaced`: a member took the place of what an earlier one left. `implied`: directories that no member describes,
    made because something is in them; their owner and mode are the reader's invention.
    """

    size_bytes: int
    members: int
    replaced: bool
    implied: tuple[Steps, ...] = ()


class Extractor:
    """Writes the members of one archive below `tree`.

    `special(member, steps)` sees each member first and returns True when it has dealt with it (a layer's whiteouts).
    `placed(member, steps)` is told of each member afterwards; `steps` is where its data went, empty when it has none.
    `keep_xattr(name)` says which extended attributes the archive may set.
    """

    def __init__(
        self,
        tree: RootedTree,
        *,
        special: Callable[[Member, Steps], bool] | None = None,
        placed: Callable[[Member, Steps], None] | None = None,
        keep_xattr: Callable[[bytes], bool] | None = None,
    ) -> None:
        self._tree = tree
        self._special = special
        self._placed = placed
        self._keep_xattr = keep_xattr
        self._directory_times: dict[Steps, int] = {}
        self._directories_in: dict[Steps, set[Steps]] = {}
        self._late_links: list[Member] = []
        self._size_bytes = 0
        self.replaced = False

    def extract(self, reader: TarReader) -> Extracted:
        """Write all members. Raises InvalidParameter for a damaged archive, SystemFailure when kernel or disk
        refuse."""
        count = 0
        for member in reader:
            count += 1
            steps = components(member.name)
            try:
                if len(member.name) > PATH_MAX:
                    raise OSError(errno.ENAMETOOLONG, os.strerror(errno.ENAMETOOLONG))
                self._one(reader, member, steps)
            except OSError as error:
                raise _failure(_VERBS.get(member.type, "open"), member, error) from error
        for member in self._late_links:
            try:
                self._hard_link(member, components(member.name))
            except OSError as error:
                raise _failure("link", member, error) from error
        for steps, mtime in self._directory_times.items():
            self._set_directory_time(steps, mtime)
        implied = tuple(steps for steps in sorted(self._tree.made) if steps not in self._directory_times)
        return Extracted(self._size_bytes, count, self.replaced, implied)

    def _one(self, reader: TarReader, member: Member, steps: Steps) -> None:
        data_at: Steps = ()
        if self._special is not None and self._special(member, steps):
            pass
        elif member.type in REGULAR_TYPES:
            if not steps:
                raise InvalidParameter(f"invalid file name in archive: {display(member.name)!r}")
            self._file(reader, member, steps)
            data_at = steps
        elif not steps:
            pass  # the root itself: its owner and mode are the driver's matter, as in Docker
        elif member.type == DIRECTORY:
            self._directory(member, steps)
        elif member.type == SYMLINK:
            self._symlink(member, steps)
        elif member.type == LINK:
            try:
                self._hard_link(member, steps)
            except FileNotFoundError:
                self._late_links.append(member)  # its target may come later in the archive
        elif member.type in _NODES:
            self._node(member, steps)
        else:
            raise InvalidParameter(f"unhandled tar header type {member.type[0]}")
        if self._placed is not None:
            self._placed(member, data_at)

    def _file(self, reader: TarReader, member: Member, steps: Steps) -> None:
        parent = self._tree.directory(steps[:-1], create=True)
        name = steps[-1]
        try:
            descriptor = os.open(name, _NEW_FILE, 0o600, dir_fd=parent)
        except FileExistsError:
            parent = self._make_room(steps)
            descriptor = os.open(name, _NEW_FILE, 0o600, dir_fd=parent)
        try:
            if member.size == member.stored:
                if 0 < member.size <= _SMALL_BYTES:
                    write_all(descriptor, reader.data(member.size))
                elif member.size:
                    reader.copy_into(member.size, descriptor)
            else:
                os.ftruncate(descriptor, member.size)
                for offset, length in member.segments:
                    os.lseek(descriptor, offset, os.SEEK_SET)
                    reader.copy_into(length, descriptor)
            os.fchown(descriptor, member.uid, member.gid)
            os.fchmod(descriptor, member.mode & _PERMISSIONS)
            if member.xattrs:
                self._set_xattrs(descriptor, member.xattrs)
            mtime = _bounded(member.mtime)
            os.utime(descriptor, ns=(mtime, mtime))
        finally:
            os.close(descriptor)
        self._size_bytes += member.size

    def _directory(self, member: Member, steps: Steps) -> None:
        parent = self._tree.directory(steps[:-1], create=True)
        try:
            os.mkdir(steps[-1], 0o700, dir_fd=parent)
        except FileExistsError:
            if not stat.S_ISDIR(os.stat(steps[-1], dir_fd=parent, follow_symlinks=False).st_mode):
                parent = self._make_room(steps)
                os.mkdir(steps[-1], 0o700, dir_fd=parent)
        made = os.open(steps[-1], _SAME_DIRECTORY, dir_fd=parent)
        try:
            os.fchown(made, member.uid, member.gid)
            os.fchmod(made, member.mode & _PERMISSIONS)
            self._set_xattrs(made, member.xattrs)
        finally:
            os.close(made)
        self._directory_times[steps] = member.mtime
        while steps and steps not in (beside := self._directories_in.setdefault(steps[:-1], set())):
            beside.add(steps)
            steps = steps[:-1]

    def _symlink(self, member: Member, steps: Steps) -> None:
        parent = self._tree.directory(steps[:-1], create=True)
        try:
            os.symlink(member.link, steps[-1], dir_fd=parent)
        except FileExistsError:
            parent = self._make_room(steps)
            os.symlink(member.link, steps[-1], dir_fd=parent)
        self._size_bytes += len(member.link)  # as lstat(2) has it, which Docker adds up
        self._finish_in_place(member, steps, parent)

    def _hard_link(self, member: Member, steps: Steps) -> None:
        target = components(member.link)
        if not target or not steps:
            raise InvalidParameter(f"invalid hardlink {display(member.name)!r} -> {display(member.link)!r}")
        source = os.dup(self._tree.directory(target[:-1]))
        try:
            parent = self._tree.directory(steps[:-1], create=True)
            try:
                os.link(target[-1], steps[-1], src_dir_fd=source, dst_dir_fd=parent, follow_symlinks=False)
            except FileExistsError:
                there = os.stat(steps[-1], dir_fd=parent, follow_symlinks=False)
                wanted = os.stat(target[-1], dir_fd=source, follow_symlinks=False)
                if (there.st_dev, there.st_ino) == (wanted.st_dev, wanted.st_ino):
                    return  # the same link again, or a link to itself
                parent = self._make_room(steps)
                os.link(target[-1], steps[-1], src_dir_fd=source, dst_dir_fd=parent, follow_symlinks=False)
        finally:
            os.close(source)

    def _node(self, member: Member, steps: Steps) -> None:
        parent = self._tree.directory(steps[:-1], create=True)
        mode = _NODES[member.type] | 0o600
        device = os.makedev(member.major, member.minor) if member.type != FIFO else 0
        try:
            os.mknod(steps[-1], mode, device, dir_fd=parent)
        except FileExistsError:
            parent = self._make_room(steps)
            os.mknod(steps[-1], mode, device, dir_fd=parent)
        self._finish_in_place(member, steps, parent)

    def _finish_in_place(self, member: Member, steps: Steps, parent: int) -> None:
        # What can't or mustn't be opened: links, devices, fifos. By now a running container may have put a link there.
        name = steps[-1]
        os.chown(name, member.uid, member.gid, dir_fd=parent, follow_symlinks=False)
        if member.type != SYMLINK:
            _set_mode(name, member.mode & _PERMISSIONS, parent)
        for key, value in member.xattrs.items():
            if self._allowed(key):
                path = b"/proc/self/fd/%d/%s" % (parent, name)
                _tolerate_unsupported(lambda: os.setxattr(path, key, value, follow_symlinks=False))  # noqa: B023
        mtime = _bounded(member.mtime)
        os.utime(name, ns=(mtime, mtime), dir_fd=parent, follow_symlinks=False)

    def _make_room(self, steps: Steps) -> int:
        """Remove what an earlier member left at `steps`; returns the parent's descriptor."""
        self.replaced = True
        parent = self._tree.directory(steps[:-1])
        remove_entry(steps[-1], parent)
        self._tree.forget()
        gone = [steps]
        while gone:  # never all that were seen: an archive may name the same file a hundred thousand times
            directory = gone.pop()
            self._directory_times.pop(directory, None)
            gone += self._directories_in.pop(directory, ())
        return self._tree.directory(steps[:-1])

    def _set_xattrs(self, descriptor: int, xattrs: dict[bytes, bytes]) -> None:
        for key, value in xattrs.items():
            if self._allowed(key):
                _tolerate_unsupported(lambda: os.setxattr(descriptor, key, value))  # noqa: B023

    def _allowed(self, key: bytes) -> bool:
        return self._keep_xattr is None or self._keep_xattr(key)

    def _set_directory_time(self, steps: Steps, mtime: int) -> None:
        time = _bounded(mtime)
        # Not there: a later member took its place by way of another name.
        with contextlib.suppress(FileNotFoundError, NotADirectoryError):
            os.utime(self._tree.directory(steps), ns=(time, time))


_VERBS = {
    DIRECTORY: "mkdir",
    SYMLINK: "symlink",
    LINK: "link",
    CHARACTER: "mknod",
    BLOCK_DEVICE: "mknod",
    FIFO: "mknod",
}


def _failure(verb: str, member: Member, error: OSError) -> SystemFailure:
    reason = (error.strerror or str(error)).lower()
    if member.type in REGULAR_TYPES and reason.startswith("no space"):
        verb = "write"
    elif error.errno == errno.EBUSY:
        verb = "unlinkat"  # a mount point is in the way
    name = "/" + display(b"/".join(components(member.name)))
    if verb == "link":
        return SystemFailure(f"link /{display(b'/'.join(components(member.link)))} {name}: {reason}")
    return SystemFailure(f"{verb} {name}: {reason}")


def _set_mode(name: bytes, mode: int, parent: int) -> None:
    """chmod(2) of what can't be opened. It would follow a link; by way of a descriptor it refuses one (EOPNOTSUPP)."""
    descriptor = os.open(name, os.O_PATH | os.O_NOFOLLOW | os.O_CLOEXEC, dir_fd=parent)
    try:
        os.chmod(b"/proc/self/fd/%d" % descriptor, mode)
    finally:
        os.close(descriptor)


def _bounded(nanoseconds: int) -> int:
    """A time that every filesystem takes; what is before 1970 or after 2262 becomes 1970, as in Docker."""
    return nanoseconds if 0 <= nanoseconds <= _LATEST_NANOSECONDS else 0


def _tolerate_unsupported(set_attribute: Callable[[], None]) -> None:
    """A filesystem without extended attributes, or one that refuses a class of them, loses them silently, as in
    Docker."""
    try:
        set_attribute()
    except OSError as error:
        if error.errno not in (errno.ENOTSUP, errno.EPERM):
            raise
