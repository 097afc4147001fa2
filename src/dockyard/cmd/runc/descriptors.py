"""Descriptors that the caller hands on to the container's process, behind 0, 1 and 2.

Two sources, in this order: sockets of systemd's socket activation ($LISTEN_FDS), and `--preserve-fds`.
https://www.freedesktop.org/software/systemd/man/latest/sd_listen_fds.html
"""

import os
from collections.abc import Mapping
from typing import Final, NamedTuple

from dockyard.errors import InvalidParameter

FIRST: Final = 3


class Handed(NamedTuple):
    """How many descriptors from 3 on the process keeps, and what its environment says about them."""

    number: int
    environment: tuple[str, ...] = ()


def handed(preserve_fds: int, environment: Mapping[str, str]) -> Handed:
    """What to hand on.

    Args:
        preserve_fds: the value of the flag.
        environment: of this process; $LISTEN_FDS counts when $LISTEN_PID is this process.

    Raises:
        InvalidParameter: a descriptor that should be handed on isn't open.
    """
    sockets = 0
    if environment.get("LISTEN_PID") == str(os.getpid()) and environment.get("LISTEN_FDS", "").isdigit():
        sockets = int(environment["LISTEN_FDS"])
    if preserve_fds < 0:
        raise InvalidParameter(f"invalid number of preserved file descriptors: {preserve_fds}")
    first = FIRST + sockets
    for number in range(preserve_fds):
        try:
            os.fstat(first + number)
        except OSError:
            raise InvalidParameter(
                f"unable to stat preserved-fd {number} (of {preserve_fds}): "
                f"stat /proc/self/fd/{first + number}: no such file or directory"
            ) from None
    if not sockets:
        return Handed(preserve_fds)
    # The process finds itself as pid 1, in a namespace of its own.
    return Handed(sockets + preserve_fds, (f"LISTEN_FDS={sockets}", "LISTEN_PID=1"))
