"""The terminal of the process: made in the container's own devpts, its master sent to who asked for it.

https://github.com/opencontainers/runc/blob/v1.1.5/docs/terminals.md "Detached"
"""

import errno
import os

from dockyard.errors import SystemFailure
from dockyard.linux.libc import reason
from dockyard.linux.mount_objects import attach, clone_tree
from dockyard.linux.statfs import PROC, filesystem_type
from dockyard.linux.terminal import make_controlling, open_pair, set_size
from dockyard.linux.unix_socket import send_descriptor
from dockyard.runtime.rootfs.targets import make_file_in
from dockyard.spec.runtime import Process

MULTIPLEXER = "dev/ptmx"


def set_up(root: int, process: Process, socket: int) -> int:
    """Make a terminal in `root`, send its master over `socket`, and take it as 0, 1, 2 and controlling terminal.

    The caller leads a session. Returns the slave's descriptor, still open, for `show`. SystemFailure.
    """
    try:
        pair = open_pair(root, MULTIPLEXER)
        if process.console_size is not None:
            set_size(pair.master, process.console_size.height, process.console_size.width)
        os.fchown(pair.slave, process.user.uid, -1)
        send_descriptor(socket, pair.master, b"/dev/ptmx")
        os.close(pair.master)
        for number in range(3):
            os.dup2(pair.slave, number)
        make_controlling(0)
    except OSError as error:
        raise SystemFailure(f"set up console: {reason(error)}") from error
    return pair.slave


def show(root: int, slave: int) -> None:
    """Bind the terminal over /dev/console of `root`, as getty and the like expect it. SystemFailure.

    The terminal is bound from its descriptor: its name in /dev/pts is the container's to change. What it is bound
    over must be a file in /dev itself, not a link to somewhere else (CVE-2025-52565).
    """
    place = make_file_in(root, "/dev", "console", 0o600)
    try:
        if filesystem_type(place) == PROC:
            raise OSError(errno.EXDEV, "/dev leads into /proc")
        tree = clone_tree(slave)
        attach(tree, place)
        os.close(tree)
    except OSError as error:
        raise SystemFailure(f"bind terminal to /dev/console: {reason(error)}") from error
    finally:
        os.close(place)
