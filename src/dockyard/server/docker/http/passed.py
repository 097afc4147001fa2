"""Sockets that systemd opened and passed in: what `-H fd://` means.

    fd://           all of them
    fd://*          all of them
    fd://<name>     those with this name (FileDescriptorName= of systemd.socket(5))
    fd://<number>   the one with this descriptor number, 3 or higher

https://www.freedesktop.org/software/systemd/man/latest/sd_listen_fds.html
"""

import os
import socket
from collections.abc import Sequence
from typing import NamedTuple

from dockyard.errors import InvalidParameter, NotFound, SystemFailure

FIRST_DESCRIPTOR = 3


class PassedSocket(NamedTuple):
    """A descriptor that was open when this process started, and its name ("" for none)."""

    fd: int
    name: str = ""


def take_passed(wanted: str, passed: Sequence[PassedSocket]) -> list[socket.socket]:
    """Listening sockets for `fd://<wanted>`, non-blocking, each a duplicate that the caller owns.

    Raises NotFound when none was passed or none fits, InvalidParameter for a number that is none of a descriptor,
    SystemFailure when a descriptor is no listening stream socket.
    """
    if not passed:
        raise NotFound("no sockets found via socket activation: make sure the service was started by systemd")
    if wanted in ("", "*"):
        chosen = list(passed)
    elif wanted.isdecimal():
        if int(wanted) < FIRST_DESCRIPTOR:
            raise InvalidParameter(f"failed to parse systemd fd address: should be 3 or higher: {wanted}")
        chosen = [one for one in passed if one.fd == int(wanted)]
        if not chosen:
            raise NotFound("too few socket activated files passed in by systemd")
    else:
        chosen = [one for one in passed if one.name == wanted]
        if not chosen:
            raise NotFound(f"no socket named {wanted} was passed in by systemd")
    return [_listener(one.fd) for one in chosen]


def _listener(fd: int) -> socket.socket:
    try:
        listener = socket.socket(fileno=os.dup(fd))
    except OSError as error:
        raise SystemFailure(f"failed to listen on systemd activated file: fd {fd}: {error.strerror}") from error
    listens = listener.getsockopt(socket.SOL_SOCKET, socket.SO_ACCEPTCONN)
    if listener.type != socket.SOCK_STREAM or not listens:
        listener.close()
        raise SystemFailure(f"failed to listen on systemd activated file: fd {fd}: not a listening stream socket")
    listener.setblocking(False)
    return listener
