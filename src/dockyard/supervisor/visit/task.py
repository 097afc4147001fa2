"""One visit from request to end, in the process that was forked for it.

status  -> the answer of status.py
read    -> the same at once, as reply; then the archive to the pipe; then the event `visited`, with what went wrong
write   -> {} once everything is unpacked
"""

import os
import socket
from contextlib import suppress
from typing import Any, NoReturn

from dockyard.errors import DockyardError, InvalidParameter, NotFound, SystemFailure, to_wire
from dockyard.linux.libc import reason
from dockyard.shim.packets import Packet, send_packet
from dockyard.shim.place import Place
from dockyard.supervisor.visit.inbound import unpack
from dockyard.supervisor.visit.outbound import open_origin, pack
from dockyard.supervisor.visit.request import VisitRequest, from_json
from dockyard.supervisor.visit.root import open_root
from dockyard.supervisor.visit.status import as_message, status_of

OP = "visit"
ENDED = "visited"


def visit(connection: socket.socket, packet: Packet, place: Place) -> NoReturn:
    """Carry out the request in `packet` and answer on `connection`; the process ends in here."""
    sequence = packet.message.get("seq")
    try:
        request = _request(packet)
        if request.action == "read":
            _read(connection, sequence, request, _pipe(packet))
            os._exit(0)
        answer = _answer(request, packet)
    except DockyardError as error:
        _send(connection, {"seq": sequence, "error": to_wire(error)})
    except BaseException as error:
        place.report(error)
        _send(connection, {"seq": sequence, "error": to_wire(error)})
    else:
        _send(connection, {"seq": sequence, "ok": answer})
    os._exit(0)


def _request(packet: Packet) -> VisitRequest:
    try:
        return from_json(packet.message)
    except (KeyError, TypeError, ValueError) as error:
        raise InvalidParameter(f"invalid message: {error}") from error


def _answer(request: VisitRequest, packet: Packet) -> dict[str, Any]:
    root = open_root(request)
    try:
        if request.action == "status":
            return status_of(root, request.path)
        if request.action == "write":
            unpack(root, request, _pipe(packet))
            return {}
    except OSError as error:
        raise _refused(request.path, error) from error
    raise InvalidParameter(f"invalid message: no such action {request.action!r}")


def _read(connection: socket.socket, sequence: object, request: VisitRequest, output: int) -> None:
    root = open_root(request)
    try:
        origin = open_origin(root, request.path)
        status = status_of(root, request.path)
        if os.path.basename(request.path) and status["mode"] != origin.status.st_mode:
            status = as_message(origin.status)  # it changed in between: what is packed counts
    except OSError as error:
        raise _refused(request.path, error) from error
    _send(connection, {"seq": sequence, "ok": status})
    message = ""
    try:
        pack(origin, output)
    except SystemFailure as error:
        message = str(error)
    except OSError as error:
        message = f"read {request.path}: {reason(error)}"
    os.close(output)
    _send(connection, {"event": ENDED, "error": message})


def _pipe(packet: Packet) -> int:
    if not packet.descriptors:
        raise InvalidParameter("invalid message: a visit that moves an archive needs a pipe")
    return packet.descriptors[0]


def _refused(path: str, error: OSError) -> DockyardError:
    if isinstance(error, FileNotFoundError):
        return NotFound(f"lstat {path}: no such file or directory")
    return SystemFailure(f"lstat {path}: {reason(error)}")


def _send(connection: socket.socket, message: dict[str, Any]) -> None:
    with suppress(OSError):  # who asked has gone, which is its right
        send_packet(connection, message)
