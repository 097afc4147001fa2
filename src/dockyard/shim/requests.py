"""What a daemon may ask of a shim: one function for each op, and the table of them.

start {}                                    execute the program of a created container
kill {signal, all}                          signal to the first process, or to all
pause {while_connected}, resume {}          freezer
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
from dockyard.shim.errands import Answer, Respond
from dockyard.shim.execs import check_exec_id
from dockyard.shim.messages import ClientSettings, client_from_json
from dockyard.shim.packets import Packet, close_all
from dockyard.shim.surroundings import Surroundings

Clients = list[tuple[socket.socket, ClientSettings]]


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
        self._holder: Channel | None = None

    def answer(self, channel: Channel, packet: Packet) -> None:
        """Carry out one request and send its reply, now or later; an error of ours is reported too."""
        reply: dict[str, Any] = {"seq": packet.message.get("seq")}

        def respond(outcome: Answer | DockyardError) -> None:
            if isinstance(outcome, DockyardError):
                channel.send({**reply, "error": to_wire(outcome)})
            else:
                channel.send({**reply, "ok": outcome})

        try:
            self._carry_out(channel, packet, respond)
        except DockyardError as error:
            respond(error)
        except (KeyError, TypeError, ValueError) as error:
            respond(InvalidParameter(f"invalid message: {error!r}"))
        except Exception as error:
            self._around.place.report(error)
            channel.send({**reply, "error": to_wire(error)})
        finally:
            close_all(packet.descriptors)

    def _carry_out(self, channel: Channel, packet: Packet, respond: Respond) -> None:
        op = str(packet.message.get("op"))
        if op in _OPS:
            respond(_OPS[op](self, packet))
        elif op in _LATER:
            _LATER[op](self, packet, respond)
        elif op == "pause":
            self._pause(channel, packet, respond)
        else:
            raise InvalidParameter(f"invalid message: no such op {op!r}")

    def _start(self, _packet: Packet, respond: Respond) -> None:
        self._container.start(self._around.place.clock, respond)

    def _kill(self, packet: Packet, respond: Respond) -> None:
        signal = int(packet.message["signal"])
        if packet.message.get("all"):
            self._container.kill_all(signal, respond)
        else:
            self._container.kill(signal)
            respond({})

    def _pause(self, channel: Channel, packet: Packet, respond: Respond) -> None:
        """With `while_connected` it lasts as long as the daemon that asked for it, at most."""
        holder = channel if packet.message.get("while_connected") else None

        def done(outcome: Answer | DockyardError) -> None:
            if not isinstance(outcome, DockyardError):
                self._holder = holder
                if holder is not None:
                    holder.when_closed(lambda: self._let_go(holder))
            respond(outcome)

        self._container.pause(done)

    def _let_go(self, holder: Channel) -> None:
        """The daemon that held the container has gone; unless somebody else has decided about it since."""
        if self._holder is holder:
            self._holder = None
            self._container.let_go()

    def _resume(self, _packet: Packet, respond: Respond) -> None:
        self._holder = None
        self._container.resume(respond)

    def _update(self, packet: Packet, respond: Respond) -> None:
        self._container.update(packet.message["resources"], respond)

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
        check_exec_id(packet.message["exec_id"])
        self._container.execs.prepare(
            packet.message["exec_id"],
            packet.message["process"],
            open_stdin=bool(packet.message.get("open_stdin")),
        )
        return {}

    def _exec(self, packet: Packet, respond: Respond) -> None:
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
            respond=lambda outcome: respond(outcome if isinstance(outcome, DockyardError) else {"pid": outcome}),
        )

    def _exec_state(self, packet: Packet) -> Answer:
        return self._container.execs.state(packet.message["exec_id"])._asdict()

    def _state(self, _packet: Packet) -> Answer:
        return self._container.state()

    def _processes(self, _packet: Packet, respond: Respond) -> None:
        self._container.processes(respond)

    def _stats(self, _packet: Packet, respond: Respond) -> None:
        self._container.stats(respond)


_OPS: dict[str, Callable[[Requests, Packet], Answer]] = {
    "resize": Requests._resize,
    "attach": Requests._attach,
    "prepare_exec": Requests._prepare_exec,
    "exec_state": Requests._exec_state,
    "state": Requests._state,
}
_LATER: dict[str, Callable[[Requests, Packet, Respond], None]] = {
    "start": Requests._start,
    "kill": Requests._kill,
    "resume": Requests._resume,
    "update": Requests._update,
    "exec": Requests._exec,
    "processes": Requests._processes,
    "stats": Requests._stats,
}
"""Those that may take a while; requests that come meanwhile don't wait for them."""
