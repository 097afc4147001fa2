"""Hiding paths from the container, and making some read-only.

https://github.com/opencontainers/runtime-spec/blob/v1.2.0/config-linux.md#masked-paths

What lies over a masked file is the host's null device, opened and checked before the fork, never what the container
calls /dev/null (CVE-2025-31133). What is below /proc must be on a procfs: an image that puts a link or another file
system there would get the mask and keep the real thing (CVE-2019-16884, CVE-2025-52881).
"""

import errno
import os

from dockyard.errors import SystemFailure
from dockyard.linux.libc import reason
from dockyard.linux.mount_objects import MOUNT_ATTR_RDONLY, attach, clone_tree, new_filesystem, set_attributes
from dockyard.linux.statfs import PROC, filesystem_type
from dockyard.runtime.rootfs.targets import find, is_directory


class Masks:
    """Makes masks in the container's `root`.

    `null` is the host's null device as a detached mount, used up by the first.
    """

    def __init__(self, root: int, null: int) -> None:
        self._root = root
        self._null = null
        self._null_attached = False
        self._empty = -1

    def mask(self, path: str) -> None:
        """Hide what is at `path`; nothing when there is nothing. SystemFailure."""
        place = find(self._root, path)
        if place is None:
            return
        try:
            _expect_proc(path, place)
            attach(self._empty_directory() if is_directory(place) else self._null_device(), place)
        except OSError as error:
            raise SystemFailure(f'can\'t mask path "{path}": {reason(error)}') from error
        finally:
            os.close(place)

    def _null_device(self) -> int:
        """A detached null device: the prepared one, then copies of it."""
        if not self._null_attached:
            self._null_attached = True
            return self._null
        return clone_tree(self._null)

    def _empty_directory(self) -> int:
        """A detached, empty, read-only file system: made once, then copied."""
        if self._empty < 0:
            self._empty = new_filesystem("tmpfs", ("size=0k", "nr_inodes=2", "mode=755"), "tmpfs", MOUNT_ATTR_RDONLY)
            return self._empty
        return clone_tree(self._empty)

    def make_read_only(self, path: str) -> None:
        """Make what is at `path`, with all mounts below, read-only; nothing when there is nothing. SystemFailure."""
        place = find(self._root, path)
        if place is None:
            return
        try:
            _expect_proc(path, place)
            tree = clone_tree(place, recursive=True)
            set_attributes(tree, set_=MOUNT_ATTR_RDONLY, recursive=True)
            attach(tree, place)
            os.close(tree)
        except OSError as error:
            raise SystemFailure(f'can\'t make "{path}" read-only: {reason(error)}') from error
        finally:
            os.close(place)


def _expect_proc(path: str, place: int) -> None:
    """OSError when `path` is below /proc and `place` isn't on a procfs."""
    if path.startswith("/proc/") and filesystem_type(place) != PROC:
        raise OSError(errno.EXDEV, "it is not on a proc file system")
