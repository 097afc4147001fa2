"""Who made a request, for those that end somebody's program: by the kernel's word where there is one.

A client on a unix socket has a pid and a uid that the kernel vouches for (SO_PEERCRED, unix(7)); its name is read while
it waits for the answer. A client over TCP or TLS has an address at most.
"""

import os
import socket
import struct

from dockyard.engine.containers.ending import Sender
from dockyard.server.docker.call import Call

CREDENTIALS = struct.Struct("3i")


def sender(call: Call, action: str) -> Sender:
    """The client of `call`, which wants `action` done."""
    transport = call.request.transport
    connection = transport.get_extra_info("socket") if transport is not None else None
    if connection is None:
        return Sender("client", action)
    try:
        if connection.family != socket.AF_UNIX:
            address = connection.getpeername()
            return Sender("client", action, address=f"{address[0]}:{address[1]}")
        raw = connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, CREDENTIALS.size)
    except OSError:  # it has gone, and what it wanted is done all the same
        return Sender("client", action)
    pid, uid, _gid = CREDENTIALS.unpack(raw)
    if pid == os.getpid():  # the plain side of a TLS connection
        return Sender("client", action, address="TLS")
    return Sender("client", action, pid=pid, uid=uid, name=_name(pid))


def _name(pid: int) -> str:
    try:
        with open(f"/proc/{pid}/comm", encoding="utf-8", errors="replace") as file:
            return file.read().strip()
    except OSError:
        return ""
