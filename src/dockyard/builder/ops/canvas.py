"""Writing into a draft as if the layers below it were there, too: links in them lead on, directories stay as they are.

The draft's directory is the upper part, the layers below are only looked at. A directory that exists below is made
above with the same owner, mode and attributes, as the kernel would when a container writes into it (copy-up).
Nothing is ever opened by a path: names come from strangers (fs/rooted.py).
"""

import contextlib
import errno
import os
import stat
from typing import Self

from dockyard.errors import InvalidParameter
from dockyard.fs.archive.pack import read_xattrs
from dockyard.fs.paths import display
from dockyard.fs.rooted import RootedTree, Steps, remove_entry
from dockyard.store.graphdriver.view import OPAQUE_ATTRIBUTE, View, ViewReader, is_whiteout

_LINKS = 40
_NEW = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC


class Canvas:
    """A draft's `directory` on top of `below` (None: of nothing). Used in one thread; raises OSError of what fails."""

    def __init__(self, directory: str, below: View | None) -> None:
        self._tree = RootedTree(directory)
        self._below: ViewReader | None = below.reader() if below is not None else None
        self._made: set[Steps] = {()}
        self._fresh: set[Steps] = set() if below is not None else {()}
        """Directories with nothing below them that could show."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._tree.close()
        if self._below is not None:
            self._below.__exit__()

    def status(self, steps: Steps) -> os.stat_result | None:
        """lstat(2) of what is at `steps`, above or below; links in the middle are not followed."""
        if not steps:
            return os.fstat(self._tree.directory(()))
        if self._parent_is_made(steps):
            try:
                found = os.stat(steps[-1], dir_fd=self._tree.directory(steps[:-1]), follow_symlinks=False)
            except FileNotFoundError:
                pass
            else:
                return None if is_whiteout(found) else found
            if steps[:-1] in self._fresh:
                return None
        return self._below.status(steps) if self._below is not None else None

    def resolve(self, wanted: Steps) -> Steps:
        """`wanted` with all links followed inside the root, also the last; what doesn't exist is taken as it is."""
        pending = list(reversed(wanted))
        done: list[bytes] = []
        links = 0
        while pending:
            step = pending.pop()
            if step == b"..":
                del done[-1:]
                continue
            status = self.status((*done, step))
            if status is None or not stat.S_ISLNK(status.st_mode):
                done.append(step)
                continue
            links += 1
            if links > _LINKS:
                raise OSError(errno.ELOOP, os.strerror(errno.ELOOP))
            target = self._target((*done, step))
            if target.startswith(b"/"):
                done = []
            pending += [part for part in reversed(target.split(b"/")) if part and part != b"."]
        return tuple(done)

    def is_directory(self, steps: Steps) -> bool:
        """Whether a directory is at `steps` (already resolved)."""
        status = self.status(steps)
        return status is not None and stat.S_ISDIR(status.st_mode)

    def enter(self, steps: Steps, uid: int = 0, gid: int = 0, mode: int = 0o755) -> int:
        """A descriptor of the directory `steps` (resolved), valid until the next call. Missing ones are made.

        Raises InvalidParameter when something else is in the way.
        """
        for depth in range(1, len(steps) + 1):
            prefix = steps[:depth]
            if prefix not in self._made:
                self._make(prefix, uid, gid, mode)
        return self._tree.directory(steps)

    def describe(self, steps: Steps, uid: int, gid: int, mode: int) -> None:
        """Have the directory `steps` with this owner and mode. A link or a file in its place gives way."""
        present = self.status(steps)
        if present is not None and not stat.S_ISDIR(present.st_mode):
            parent = self.enter(steps[:-1])
            self._clear(steps, parent)
            os.mkdir(steps[-1], 0o700, dir_fd=parent)
            self._made.add(steps)
            self._fresh.add(steps)
        directory = self.enter(steps, uid, gid)
        os.fchown(directory, uid, gid)
        os.fchmod(directory, mode)

    def new_file(self, steps: Steps, uid: int, gid: int) -> int:
        """A descriptor for writing the new file `steps`; what is there gives way, but no directory.

        Raises InvalidParameter when a directory is in the way.
        """
        if steps[:-1] in self._fresh:  # hardly ever is something there: look only when there is
            with contextlib.suppress(FileExistsError):
                return os.open(steps[-1], _NEW, 0o600, dir_fd=self._tree.directory(steps[:-1]))
        return os.open(steps[-1], _NEW, 0o600, dir_fd=self.room(steps, uid, gid))

    def link(self, first: Steps, steps: Steps) -> bool:
        """Make `steps` another name of the file `first`, which was written before; False when that can't be done."""
        source = os.dup(self._tree.directory(first[:-1]))
        try:
            os.link(first[-1], steps[-1], src_dir_fd=source, dst_dir_fd=self.room(steps, 0, 0), follow_symlinks=False)
        except OSError:
            return False
        finally:
            os.close(source)
        return True

    def room(self, steps: Steps, uid: int, gid: int) -> int:
        """The directory in which something new, not a directory, may be made as `steps[-1]`; what was there is gone.

        Raises InvalidParameter when a directory is in the way.
        """
        parent = self.enter(steps[:-1], uid, gid)
        present = self.status(steps)
        if present is None:
            return self._tree.directory(steps[:-1])
        if stat.S_ISDIR(present.st_mode):
            raise InvalidParameter(f"cannot copy to non-directory: /{display(b'/'.join(steps))} is a directory")
        parent = self._tree.directory(steps[:-1])
        self._clear(steps, parent)
        return self._tree.directory(steps[:-1])

    def _clear(self, steps: Steps, parent: int) -> None:
        try:
            os.unlink(steps[-1], dir_fd=parent)
        except FileNotFoundError:
            return
        except IsADirectoryError:
            remove_entry(steps[-1], parent)
        self._tree.forget()

    def _make(self, steps: Steps, uid: int, gid: int, mode: int) -> None:
        parent = self._tree.directory(steps[:-1])
        name = steps[-1]
        lower = None
        if self._below is not None and steps[:-1] not in self._fresh:
            lower = self._below.status(steps)
        try:
            os.mkdir(name, 0o700, dir_fd=parent)
        except FileExistsError:
            if not stat.S_ISDIR(os.stat(name, dir_fd=parent, follow_symlinks=False).st_mode):
                raise InvalidParameter(f"mkdir /{display(b'/'.join(steps))}: not a directory") from None
            self._made.add(steps)
            return
        made = self._tree.directory(steps)
        if lower is None:
            self._fresh.add(steps)
            os.fchown(made, uid, gid)
            os.fchmod(made, mode)
        elif not stat.S_ISDIR(lower.st_mode):
            os.rmdir(name, dir_fd=self._tree.directory(steps[:-1]))
            self._tree.forget()
            raise InvalidParameter(f"mkdir /{display(b'/'.join(steps))}: not a directory")
        else:
            os.fchown(made, lower.st_uid, lower.st_gid)
            os.fchmod(made, stat.S_IMODE(lower.st_mode))
            self._copy_attributes(steps, made)
        self._made.add(steps)

    def _copy_attributes(self, steps: Steps, made: int) -> None:
        assert self._below is not None
        directories = self._below.directories(steps)
        for key, value in read_xattrs(directories[0]).items() if directories else ():
            if os.fsdecode(key) != OPAQUE_ATTRIBUTE:
                os.setxattr(made, key, value)

    def _parent_is_made(self, steps: Steps) -> bool:
        return steps[:-1] in self._made or self._exists_above(steps[:-1])

    def _exists_above(self, steps: Steps) -> bool:
        """Whether the directory is in the draft already: put there by somebody else, or by a driver that copies."""
        try:
            self._tree.directory(steps)
        except OSError:
            return False
        return self._tree.real(steps) == steps

    def _target(self, steps: Steps) -> bytes:
        try:
            return os.readlink(steps[-1], dir_fd=self._tree.directory(steps[:-1]))
        except OSError:
            found = self._below.find(steps) if self._below is not None else None
            if found is None:
                raise
            return os.readlink(steps[-1], dir_fd=found[0])
