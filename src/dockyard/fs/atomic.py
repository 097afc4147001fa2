"""Files that are either the old or the new one, never a torn one, whenever the writer is killed.

A file is written beside its target and renamed over it: rename(2) replaces atomically, so a reader sees one of the two.
What a SIGKILL leaves is a file with the suffix `.tmp`, which nobody reads and which the next removal of the directory
takes along.

https://man7.org/linux/man-pages/man2/rename.2.html
"""

import os
from _thread import get_ident


def write_atomic(path: str, data: bytes, *, mode: int = 0o600, durable: bool = False) -> None:
    """Replace the file at `path` by one with the content `data`.

    Args:
        path: where; its directory must exist. Concurrent writers don't mix: the last rename wins.
        data: the whole content.
        mode: permission bits of the new file, less the umask.
        durable: also survive a power cut: fsync of the file before, of its directory after the rename. Costs a disk
            flush; state below exec-root, which a reboot empties, doesn't need it.

    Raises:
        OSError: nothing was changed, and the unfinished copy is gone.
    """
    # Unique among threads and processes, so that two writers of one path never write into one file.
    unfinished = f"{path}.{os.getpid():x}{get_ident():x}.tmp"
    descriptor = os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, mode)
    try:
        try:
            view = memoryview(data)
            while view:
                view = view[os.write(descriptor, view) :]
            if durable:
                os.fsync(descriptor)
        finally:
            os.close(descriptor)
        os.rename(unfinished, path)
    except BaseException:
        os.unlink(unfinished)
        raise
    if durable:
        sync_directory(os.path.dirname(path) or ".")


def write_once(path: str, data: bytes, *, mode: int = 0o600) -> None:
    """Write a file that isn't there yet, or replace one that nobody reads at this time.

    Cheaper than `write_atomic` by a rename. Killed in between, it leaves an empty file: for readers who take what they
    can't parse for absent. `data` is at most a few pages, which one write(2) takes whole.

    Raises:
        OSError: the file may be there, and incomplete.
    """
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, mode)
    try:
        view = memoryview(data)
        while view:
            view = view[os.write(descriptor, view) :]
    finally:
        os.close(descriptor)


def sync_directory(path: str) -> None:
    """Make what was created, renamed or removed in the directory `path` survive a power cut; OSError when it can't."""
    descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
