"""A directory tree that nothing can climb out of: every step is an openat(2) below a descriptor, never a path.

Archives and images are hostile: `bin -> /etc` followed by `bin/passwd` must end inside the tree. Symbolic links in the
middle of a name are therefore followed by hand, with `/` and `..` meaning the tree's root at most, as for a process
that is chrooted there (path_resolution(7)); openat2(2)'s RESOLVE_IN_ROOT does the same in the kernel, but can't
create what is missing on the way, which is what unpacking needs most.
"""

import errno
import os
import stat
from collections import OrderedDict
from typing import Self

from dockyard.fs.paths import components
from dockyard.linux.open_beneath import RESOLVE_BENEATH, RESOLVE_NO_SYMLINKS, RESOLVE_NO_XDEV, open_at

_DIRECTORY = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
_LINKS = 40
"""How many symbolic links one name may contain: the kernel's own limit (path_resolution(7))."""
_KEPT = 24
_DEPTH = 60

Steps = tuple[bytes, ...]


class RootedTree:
    """Access to the tree below `path`. Not for several threads at once; `close` gives its descriptors back."""

    def __init__(self, path: str | bytes) -> None:
        self._root = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        self._kept: OrderedDict[Steps, tuple[int, Steps]] = OrderedDict()
        self.made: set[Steps] = set()
        """Directories that `directory` made because they were missing, by their real steps."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close all descriptors."""
        self.forget()
        os.close(self._root)

    def forget(self) -> None:
        """Drop remembered directories: call it after a directory or a symbolic link was removed or replaced."""
        while self._kept:
            os.close(self._kept.popitem()[1][0])

    def directory(self, steps: Steps, *, create: bool = False) -> int:
        """A descriptor of the directory `steps`, valid until the next call. Missing ones are made (0755) with `create`.

        Raises OSError: ENOENT, ENOTDIR, ELOOP.
        """
        return self._directory(steps, create)[0]

    def real(self, steps: Steps, *, create: bool = False) -> Steps:
        """The steps of the directory `steps` with no symbolic link among them. Errors as `directory`."""
        return self._directory(steps, create)[1]

    def _directory(self, steps: Steps, create: bool) -> tuple[int, Steps]:
        if not steps:
            return self._root, ()
        known = self._kept.get(steps)
        if known is not None:
            self._kept.move_to_end(steps)
            return known
        found = self._kept[steps] = self._walk(steps, create)
        if len(self._kept) > _KEPT:
            os.close(self._kept.popitem(last=False)[1][0])
        return found

    def open_file(self, steps: Steps) -> int:
        """A descriptor for reading the regular file `steps`; a link or a device as last step is refused."""
        parent = self.directory(steps[:-1])
        descriptor = os.open(steps[-1], os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC, dir_fd=parent)
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            os.close(descriptor)
            raise OSError(errno.EINVAL, "not a regular file")
        return descriptor

    def _walk(self, steps: Steps, create: bool) -> tuple[int, Steps]:
        for known in range(len(steps) - 1, 0, -1):
            if steps[:known] in self._kept:
                start, real = self._kept[steps[:known]]
                try:
                    return self._descend(start, real, steps[known:], create), real + steps[known:]
                except NotADirectoryError:
                    break  # a symbolic link, perhaps: what it means depends on the whole way from the root
        return self._resolve(steps, create)

    def _descend(self, start: int, above: Steps, steps: Steps, create: bool) -> int:
        """Enter `steps` below `start`, which is at `above`, following nothing.

        Only one descriptor is open at a time: a tree may be thousands deep.
        """
        here = os.dup(start)
        for depth, step in enumerate(steps, 1):
            try:
                below = self._enter(step, here, (*above, *steps[:depth]) if create else None)
            finally:
                os.close(here)
            here = below
        return here

    def _resolve(self, steps: Steps, create: bool) -> tuple[int, Steps]:
        done: list[bytes] = []  # real directories, no links among them
        here = os.dup(self._root)
        pending = list(reversed(steps))
        links = 0
        try:
            while pending:
                step = pending.pop()
                if step == b"..":
                    # `..` never asks the kernel: the parent is found again from the root.
                    del done[-1:]
                    os.close(here)
                    here = -1
                    here = self._descend(self._root, (), tuple(done), False)
                    continue
                try:
                    below = self._enter(step, here, (*done, step) if create else None)
                except NotADirectoryError:
                    if not _is_link(step, here):
                        raise
                    target = os.readlink(step, dir_fd=here)
                    links += 1
                    if links > _LINKS:
                        raise OSError(errno.ELOOP, os.strerror(errno.ELOOP)) from None
                    if target.startswith(b"/"):
                        done = []
                        os.close(here)
                        here = -1
                        here = os.dup(self._root)
                    pending += [part for part in reversed(target.split(b"/")) if part and part != b"."]
                    continue
                done.append(step)
                os.close(here)
                here = below
        except BaseException:
            if here >= 0:
                os.close(here)
            raise
        return here, tuple(done)

    def _enter(self, step: bytes, here: int, make: Steps | None) -> int:
        """Open the directory `step` in `here`; with `make`, its whole steps, it is made when it isn't there."""
        try:
            return os.open(step, _DIRECTORY, dir_fd=here)
        except FileNotFoundError:
            if make is None:
                raise
        os.mkdir(step, 0o755, dir_fd=here)
        self.made.add(make)
        made = os.open(step, _DIRECTORY, dir_fd=here)
        os.fchmod(made, 0o755)  # the umask must not leak into an image; by descriptor, because chmod follows links
        return made


def open_in_root(root: str, name: str | bytes) -> int:
    """A descriptor for reading the regular file `name` below the directory `root`, links followed inside of it only."""
    with RootedTree(root) as tree:
        steps = components(os.fsencode(name))
        if not steps:
            raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR))
        return tree.open_file(steps)


def remove_entry(name: bytes, parent: int) -> None:
    """Remove `name` in the directory `parent`, whatever it is, with everything below. Links aren't followed.

    Raises OSError; EBUSY where something is mounted: what is in there belongs to somebody else.
    """
    try:
        os.unlink(name, dir_fd=parent)
        return
    except IsADirectoryError:
        pass
    top = _open_unmounted(name, parent)
    try:
        while names := os.listdir(top):
            _remove_all(names, top, top, 0)
    finally:
        os.close(top)
    os.rmdir(name, dir_fd=parent)


def _remove_all(names: list[str], directory: int, top: int, depth: int) -> None:
    """Remove `names` in `directory`. What lies too deep is moved up to `top`, which is emptied until nothing comes any
    more: neither descriptors nor the stack grow with the depth of a tree, which a container may make as deep as it
    likes.
    """
    for name in names:
        try:
            os.unlink(name, dir_fd=directory)
            continue
        except IsADirectoryError:
            pass
        if depth == _DEPTH:
            os.rename(name, f".removed-{os.urandom(8).hex()}", src_dir_fd=directory, dst_dir_fd=top)
            continue
        below = _open_unmounted(os.fsencode(name), directory)
        try:
            _remove_all(os.listdir(below), below, top, depth + 1)
        finally:
            os.close(below)
        os.rmdir(name, dir_fd=directory)


def _open_unmounted(name: bytes, parent: int) -> int:
    """The directory `name`, unless something is mounted on it: a volume must not be emptied by who removes a
    container."""
    try:
        return open_at(parent, name, _DIRECTORY, RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_XDEV)
    except OSError as error:
        if error.errno == errno.EXDEV:
            raise OSError(errno.EBUSY, os.strerror(errno.EBUSY), os.fsdecode(name)) from None
        raise


def remove_tree(path: str) -> None:
    """Remove the tree `path` if it is there. Links aren't followed. Raises OSError with what couldn't be removed.

    EBUSY where something is mounted.
    """
    parent, name = os.path.split(os.path.abspath(path))
    try:
        descriptor = os.open(parent, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    except FileNotFoundError:
        return
    try:
        remove_entry(os.fsencode(name), descriptor)
    except FileNotFoundError:
        pass
    finally:
        os.close(descriptor)


def _is_link(step: bytes, here: int) -> bool:
    return stat.S_ISLNK(os.stat(step, dir_fd=here, follow_symlinks=False).st_mode)
