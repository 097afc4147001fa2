"""Pseudo-terminals: making one in a given devpts, its size, the controlling terminal. pts(4), ioctl_tty(2)."""

import errno
import fcntl
import os
import stat
import struct
import termios
from typing import Final, NamedTuple

from dockyard.linux.open_beneath import in_root

TIOCGPTPEER: Final = 0x5441
TIOCSPTLCK: Final = 0x40045431
PTMX_DEVICE: Final = (5, 2)
"""Device number of the multiplexer: Documentation/admin-guide/devices.txt."""


class Terminal(NamedTuple):
    """Both ends, as descriptors that are close-on-exec."""

    master: int
    slave: int


def open_pair(directory: int, path: str) -> Terminal:
    """A new terminal from the multiplexer `path` below `directory`, which is taken as root.

    The slave is had from the master itself (TIOCGPTPEER), not by its name, which whoever owns the directory could have
    replaced. OSError; ENXIO when `path` isn't the multiplexer.
    """
    place = in_root(directory, path)
    try:
        found = os.fstat(place)
        if not stat.S_ISCHR(found.st_mode) or (os.major(found.st_rdev), os.minor(found.st_rdev)) != PTMX_DEVICE:
            raise OSError(errno.ENXIO, f"/{path} is not a terminal multiplexer")
        master = in_root(directory, path, os.O_RDWR | os.O_NOCTTY)
    finally:
        os.close(place)
    try:
        opened = os.fstat(master)
        if (opened.st_rdev, opened.st_ino, opened.st_dev) != (found.st_rdev, found.st_ino, found.st_dev):
            raise OSError(errno.ENXIO, f"/{path} changed while it was opened")
        fcntl.ioctl(master, TIOCSPTLCK, struct.pack("i", 0))
        slave = fcntl.ioctl(master, TIOCGPTPEER, os.O_RDWR | os.O_NOCTTY | os.O_CLOEXEC)
    except OSError:
        os.close(master)
        raise
    return Terminal(master, slave)


def set_size(terminal: int, rows: int, columns: int) -> None:
    """Set the size in character cells; processes in the foreground get SIGWINCH."""
    fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))


def size(terminal: int) -> tuple[int, int]:
    """Rows and columns."""
    rows, columns, _, _ = struct.unpack("HHHH", fcntl.ioctl(terminal, termios.TIOCGWINSZ, bytes(8)))
    return rows, columns


def make_controlling(terminal: int) -> None:
    """Take `terminal` as controlling terminal of this process, which leads a session without one."""
    fcntl.ioctl(terminal, termios.TIOCSCTTY, 0)
