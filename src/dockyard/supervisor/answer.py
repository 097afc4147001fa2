"""One request to the supervisor, in the process that was forked for its connection.

ping {}                      -> {pid, version}
create {…} + clients         this process becomes the shim, and the connection its first channel
bury {container_id, kill}    -> ExitRecord      ends the container of a dead shim; with `kill` that of a living one
sweep {known}                -> {removed}       removes the containers that nobody knows
remove {paths}               -> {failures}      deletes directory trees
sandbox {…}                  makes a container's user and network namespaces (dockyard.supervisor.sandbox)
visit {…} + pipe             looks at, reads or writes a container's files (dockyard.supervisor.visit)
shutdown {}                  ends the supervisor; shims live on
"""

import os
import signal
import socket
import time
from collections.abc import Callable
from typing import Any, NoReturn

from dockyard.errors import InvalidParameter, to_wire
from dockyard.fs.rooted import remove_tree
from dockyard.shim.bury import bury, kill_keeper, sweep
from dockyard.shim.directory import ShimDirectory
from dockyard.shim.main import asks_for_shim, run_shim
from dockyard.shim.messages import spoken_version
from dockyard.shim.packets import parse_packet, receive_raw, send_packet
from dockyard.shim.place import Place
from dockyard.supervisor.sandbox import OP as SANDBOX
from dockyard.supervisor.sandbox import make_sandbox
from dockyard.supervisor.visit.task import OP as VISIT
from dockyard.supervisor.visit.task import visit


def answer(connection: socket.socket, place: Place) -> NoReturn:
    """Read the request that comes on `connection` and carry it out; the process ends in here."""
    supervisor = os.getppid()
    try:
        raw = receive_raw(connection)
        if raw is None:
            os._exit(0)  # the other end closed the connection
        if asks_for_shim(raw.data):
            run_shim(connection, raw, place)
        packet = parse_packet(raw)
    except (OSError, InvalidParameter) as error:
        place.report(error)
        os._exit(1)
    if packet.message.get("op") == VISIT:
        visit(connection, packet, place)
    reply: dict[str, Any] = {"seq": packet.message.get("seq")}
    try:
        task = _TASKS.get(str(packet.message.get("op")))
        if task is None:
            raise InvalidParameter(f"invalid message: no such op {packet.message.get('op')!r}")
        reply["ok"] = task(place, packet.message, supervisor)
    except Exception as error:
        place.report(error)
        reply["error"] = to_wire(error)
    try:
        send_packet(connection, reply)
    except OSError as error:
        place.report(error)  # who asked has gone
    os._exit(0)


Task = Callable[[Place, dict[str, Any], int], dict[str, Any]]


def _ping(_place: Place, _message: dict[str, Any], supervisor: int) -> dict[str, Any]:
    return {"pid": supervisor, "version": spoken_version()}


def _shutdown(_place: Place, _message: dict[str, Any], supervisor: int) -> dict[str, Any]:
    os.kill(supervisor, signal.SIGTERM)
    return {}


def _bury(place: Place, message: dict[str, Any], _supervisor: int) -> dict[str, Any]:
    container_id = str(message.get("container_id"))
    if not container_id or "/" in container_id or container_id in (".", ".."):
        raise InvalidParameter(f"invalid container id {container_id!r}")
    directory = ShimDirectory(f"{place.shims}/{container_id}")
    if message.get("kill"):
        kill_keeper(directory)
    return bury(directory, place.hierarchy, time.time_ns())._asdict()


def _sweep(place: Place, message: dict[str, Any], _supervisor: int) -> dict[str, Any]:
    return {"removed": sweep(place.shims, frozenset(message["known"]), place.hierarchy, time.time_ns())}


def _remove(_place: Place, message: dict[str, Any], _supervisor: int) -> dict[str, Any]:
    failures = {}
    for path in message["paths"]:
        if not os.path.isabs(path) or os.path.normpath(path) == "/":
            raise InvalidParameter(f"invalid path {path!r}")
        try:
            remove_tree(path)
        except OSError as error:
            failures[path] = str(error)
    return {"failures": failures}


def _sandbox(_place: Place, message: dict[str, Any], _supervisor: int) -> dict[str, Any]:
    return make_sandbox(message)


_TASKS: dict[str, Task] = {
    "ping": _ping,
    "bury": _bury,
    "sweep": _sweep,
    "remove": _remove,
    SANDBOX: _sandbox,
    "shutdown": _shutdown,
}
