"""Directories in memory for what only a running command of a build may know: files of secrets, variables of secrets.

Each is a tmpfs of its own below exec-root, which may lie on a disk, and isn't swapped out where the kernel (6.4) can
promise that. A daemon that is killed leaves the mount; the next one lets go of it. tmpfs(5): mode, noswap.
"""

import errno
import os
import shutil
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress

from dockyard.errors import SystemFailure
from dockyard.fs.mount import Mount
from dockyard.fs.mounting import perform
from dockyard.linux.mount import MNT_DETACH, umount

_OPTIONS = ("nosuid", "nodev", "noexec", "private", "mode=0700")


@contextmanager
def private_memory(home: str) -> Iterator[str]:
    """A new directory in memory below `home`, for root alone; with what is in it, it is gone after the block.

    Raises:
        SystemFailure: the kernel mounts nothing there.
    """
    os.makedirs(home, mode=0o700, exist_ok=True)
    path = tempfile.mkdtemp(dir=home)
    try:
        try:
            _mount(path)
        except OSError as error:
            raise SystemFailure(f"memory for secrets at {path}: {(error.strerror or str(error)).lower()}") from error
        yield path
    finally:
        let_go((path,))
        shutil.rmtree(path, ignore_errors=True)


def let_go(paths: Sequence[str]) -> None:
    """Give the memory at `paths` back, as far as it is some, whoever has made it; the directories stay, empty."""
    for path in paths:
        with suppress(OSError):
            umount(path, MNT_DETACH)


def _mount(path: str) -> None:
    try:
        perform(Mount("tmpfs", "secrets", path, (*_OPTIONS, "noswap")))
    except OSError as error:
        if error.errno != errno.EINVAL:
            raise
        perform(Mount("tmpfs", "secrets", path, _OPTIONS))
