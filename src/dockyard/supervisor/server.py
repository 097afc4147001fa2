"""The supervisor's process: takes connections and forks a child for each request that is more than a question.

    ping {}                      -> {pid, version}
    create {…} + clients         the child becomes the shim, and the connection its first channel
    bury {container_id}          -> ExitRecord      a child ends the container of a dead shim
    sweep {known}                -> {removed}       a child removes the containers that nobody knows
    shutdown {}                  ends the supervisor; shims live on

The child keeps the connection, the supervisor doesn't: so a client sees the end of its shim as the end of the
connection.
"""

import os
import socket
import time
from collections.abc import Callable
from typing import Any, NoReturn

from dockyard import __version__
from dockyard.cgroups.contract import Hierarchy
from dockyard.errors import DockyardError, InvalidParameter, SystemFailure, to_wire
from dockyard.linux.process import set_child_subreaper
from dockyard.shim.bury import bury, sweep
from dockyard.shim.directory import ShimDirectory
from dockyard.shim.loop import FAILED, HANGUP, READABLE, Loop
from dockyard.shim.main import run_shim
from dockyard.shim.packets import Packet, close_all, receive_packet, send_packet
from dockyard.shim.reaper import Reaper

Report = Callable[[BaseException], None]


class Server:
    """Serves a listening socket until `shutdown`.

    Args:
        listener: a listening SOCK_SEQPACKET socket.
        exec_root: below which `shims/` is.
        hierarchy: the cgroups of this machine.
        report: writes an error to the supervisor's log.
    """

    def __init__(self, listener: socket.socket, exec_root: str, hierarchy: Hierarchy, report: Report) -> None:
        self._listener = listener
        self._exec_root = exec_root
        self._hierarchy = hierarchy
        self._report = report
        self._connections: dict[int, socket.socket] = {}
        self._loop = Loop(report)
        self._reaper = Reaper(self._loop)

    def run(self) -> None:
        """Serve."""
        set_child_subreaper(True)  # the container of a shim that was killed becomes ours to reap
        self._loop.add(self._listener.fileno(), READABLE, self._on_connection)
        self._loop.run()

    def _on_connection(self, _events: int) -> None:
        try:
            connection, _ = self._listener.accept()
        except OSError:
            return  # it went away before we came to it
        connection.setblocking(True)  # packets ask for MSG_DONTWAIT themselves
        descriptor = connection.fileno()
        self._connections[descriptor] = connection
        self._loop.add(descriptor, READABLE, lambda events: self._on_ready(connection, events))

    def _on_ready(self, connection: socket.socket, events: int) -> None:
        packet = None
        if events & READABLE:
            try:
                packet = receive_packet(connection)
            except BlockingIOError:
                return
            except (OSError, InvalidParameter) as error:
                self._report(error)
        elif not events & (HANGUP | FAILED):
            return
        if packet is None:
            self._forget(connection)
        else:
            self._answer(connection, packet)

    def _answer(self, connection: socket.socket, packet: Packet) -> None:
        op = packet.message.get("op")
        try:
            if op == "ping":
                self._reply(connection, packet, {"pid": os.getpid(), "version": __version__})
            elif op == "shutdown":
                self._reply(connection, packet, {})
                self._loop.stop()
            elif op == "create":
                self._fork(connection, lambda: run_shim(connection, packet, self._address, self._hierarchy))
            elif op in _TASKS:
                self._fork(connection, lambda: self._run_task(connection, packet, _TASKS[str(op)]))
            else:
                raise InvalidParameter(f"invalid message: no such op {op!r}")
        except (DockyardError, OSError) as error:
            self._report(error)
            self._send(connection, {"seq": packet.message.get("seq"), "error": to_wire(error)})
        finally:
            close_all(packet.descriptors)

    @property
    def _address(self) -> str:
        return f"{self._exec_root}/supervisor.sock"

    def _fork(self, connection: socket.socket, child: Callable[[], NoReturn]) -> None:
        """Run `child` in a new process, which keeps the connection; the supervisor forgets it."""
        try:
            pid = os.fork()
        except OSError as error:
            raise SystemFailure(f"forking a shim: {error.strerror}") from error
        if pid == 0:
            try:
                self._become_child(connection)
                child()
            finally:
                os._exit(1)  # whatever happened: a child must never come back into the supervisor's loop
        self._forget(connection)

    def _become_child(self, connection: socket.socket) -> None:
        """Give up what is the supervisor's, object by object, so that none closes a descriptor that was used anew."""
        self._loop.close()
        self._listener.close()
        for other in self._connections.values():
            if other is not connection:
                other.close()

    def _run_task(self, connection: socket.socket, packet: Packet, task: "Task") -> NoReturn:
        reply: dict[str, Any] = {"seq": packet.message.get("seq")}
        try:
            reply["ok"] = task(f"{self._exec_root}/shims", self._hierarchy, packet.message)
        except Exception as error:
            self._report(error)
            reply["error"] = to_wire(error)
        self._send(connection, reply)
        os._exit(0)

    def _reply(self, connection: socket.socket, packet: Packet, answer: dict[str, Any]) -> None:
        self._send(connection, {"seq": packet.message.get("seq"), "ok": answer})

    def _send(self, connection: socket.socket, message: dict[str, Any]) -> None:
        try:
            send_packet(connection, message)
        except OSError as error:
            self._report(error)  # who asked has gone

    def _forget(self, connection: socket.socket) -> None:
        if self._connections.pop(connection.fileno(), None) is not None:
            self._loop.remove(connection.fileno())
            connection.close()


Task = Callable[[str, Hierarchy, dict[str, Any]], dict[str, Any]]


def _bury(shims: str, hierarchy: Hierarchy, message: dict[str, Any]) -> dict[str, Any]:
    container_id = str(message.get("container_id"))
    if not container_id or "/" in container_id or container_id in (".", ".."):
        raise InvalidParameter(f"invalid container id {container_id!r}")
    return bury(ShimDirectory(f"{shims}/{container_id}"), hierarchy, time.time_ns())._asdict()


def _sweep(shims: str, hierarchy: Hierarchy, message: dict[str, Any]) -> dict[str, Any]:
    return {"removed": sweep(shims, frozenset(message["known"]), hierarchy, time.time_ns())}


_TASKS: dict[str, Task] = {"bury": _bury, "sweep": _sweep}
