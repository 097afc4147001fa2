"""What a daemon may ask of a shim: one function for each op, and the table of them.

start {}                                    execute the program of a created container
kill {signal, all}                          signal to the first process, or to all
pause {}, resume {}                         freezer
update {resources}                          limits, OCI `linux.resources`
resize {rows, columns, exec_id}             terminal of the container, or of an exec
attach {clients} + descriptor               one more client
prepare_exec {exec_id, process, open_stdin}   the exec is about to be asked for
exec {exec_id, process, open_stdin, clients} + descriptor     -> {pid}
exec_state {exec_id}                        -> ExecState
state {}                                    -> status, pid, started_at_ns, execs
processes {}                                -> {pids}
stats {}                                    -> dockyard.cgroups.stats.Stats
"""

import socket
from collections.abc import Callable
from typing import Any

from dockyard.errors import DockyardError, InvalidParameter, to_wire
from dockyard.shim.channels import Channel
from dockyard.shim.container import Container
from dockyard.shim.execs import Respond, check_exec_id
from dockyard.shim.messages import ClientSettings, client_from_json
from dockyard.shim.packets import Packet, close_all
from dockyard.shim.surroundings import Surroundings

Clients = list[tuple[socket.socket, ClientSettings]]
Answer = dict[str, Any]


def take_clients(packet: Packet) -> Clients:
    """The clients of a request with their sockets, which are the packet's descriptors from now on.

    Raises:
        InvalidParameter: settings and descriptors don't fit; the descriptors are closed.
    """
    descriptors = list(packet.descriptors)
    packet.descriptors.clear()
    try:
        settings = [client_from_json(client) for client in packet.message.get("clients", ())]
        if len(settings) != len(descriptors):
            raise InvalidParameter(f"invalid message: {len(settings)} clients, {len(descriptors)} descriptors")
        sockets = []
        while descriptors:
            sockets.append(socket.socket(fileno=descriptors[0]))
            del descriptors[0]
    except (KeyError, TypeError, ValueError, OSError) as error:
        raise InvalidParameter(f"invalid message: {error!r}") from error
    finally:
        close_all(descriptors)
    return list(zip(sockets, settings, strict=True))


class Requests:
    """Answers the requests to one container."""

    def __init__(self, container: Container, around: Surroundings) -> None:
        self._container = container
        self._around = around

    def answer(self, channel: Channel, packet: Packet) -> None:
        """Carry out one request and send its reply; an error of ours is reported too."""
        message = packet.message
        reply: dict[str, Any] = {"seq": message.get("seq")}
        try:
            op = str(message.get("op"))
            if op == "exec":
                self._exec(packet, lambda outcome: channel.send({**reply, **_exec_answer(outcome)}))
                return
            handler = _OPS.get(op)
            if handler is None:
                raise InvalidParameter(f"invalid message: no such op {op!r}")
            reply["ok"] = handler(self, packet)
        except DockyardError as error:
            reply["error"] = to_wire(error)
        except (KeyError, TypeError, ValueError) as error:
            reply["error"] = to_wire(InvalidParameter(f"invalid message: {error!r}"))
        except Exception as error:
            self._around.place.report(error)
            reply["error"] = to_wire(error)
        finally:
            close_all(packet.descriptors)
        channel.send(reply)

    def _start(self, _packet: Packet) -> Answer:
        self._container.start(self._around.place.clock())
        return {"pid": self._container.pid, "started_at_ns": self._container.started_at_ns}

    def _kill(self, packet: Packet) -> Answer:
        self._container.kill(int(packet.message["signal"]), everyone=bool(packet.message.get("all")))
        return {}

    def _pause(self, _packet: Packet) -> Answer:
        self._container.pause()
        return {}

    def _resume(self, _packet: Packet) -> Answer:
        self._container.resume()
        return {}

    def _update(self, packet: Packet) -> Answer:
        self._container.update(packet.message["resources"])
        return {}

    def _resize(self, packet: Packet) -> Answer:
        rows, columns = int(packet.message["rows"]), int(packet.message["columns"])
        exec_id = packet.message.get("exec_id")
        if exec_id is None:
            self._container.streams.resize(rows, columns)
        else:
            self._container.execs.resize(exec_id, rows, columns)
        return {}

    def _attach(self, packet: Packet) -> Answer:
        clients = take_clients(packet)
        for client, settings in clients:
            self._container.streams.attach(client, settings)
        return {}

    def _prepare_exec(self, packet: Packet) -> Answer:
        self._container.check_alive()
        self._container.execs.prepare(
            packet.message["exec_id"],
            packet.message["process"],
            open_stdin=bool(packet.message.get("open_stdin")),
        )
        return {}

    def _exec(self, packet: Packet, respond: Respond) -> None:
        """The one request that is answered later: requests that come meanwhile don't wait for it."""
        clients = take_clients(packet)
        try:
            self._container.check_alive()
            check_exec_id(packet.message["exec_id"])
            client = clients.pop() if clients else None
        finally:
            for unused, _ in clients:
                unused.close()
        self._container.execs.start(
            packet.message["exec_id"],
            packet.message["process"],
            open_stdin=bool(packet.message.get("open_stdin")),
            client=client,
            respond=respond,
        )

    def _exec_state(self, packet: Packet) -> Answer:
        return self._container.execs.state(packet.message["exec_id"])._asdict()

    def _state(self, _packet: Packet) -> Answer:
        return self._container.state()

    def _processes(self, _packet: Packet) -> Answer:
        return {"pids": self._container.processes()}

    def _stats(self, _packet: Packet) -> Answer:
        return self._container.stats()


def _exec_answer(outcome: int | DockyardError) -> Answer:
    return {"error": to_wire(outcome)} if isinstance(outcome, DockyardError) else {"ok": {"pid": outcome}}


_OPS: dict[str, Callable[[Requests, Packet], Answer]] = {
    "start": Requests._start,
    "kill": Requests._kill,
    "pause": Requests._pause,
    "resume": Requests._resume,
    "update": Requests._update,
    "resize": Requests._resize,
    "attach": Requests._attach,
    "prepare_exec": Requests._prepare_exec,
    "exec_state": Requests._exec_state,
    "state": Requests._state,
    "processes": Requests._processes,
    "stats": Requests._stats,
}
