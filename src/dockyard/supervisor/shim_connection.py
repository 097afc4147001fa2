"""A daemon's hold on one living container: what it may ask of the shim, and what it hears from it."""

import asyncio
from collections.abc import Awaitable, Callable

from dockyard.errors import DockyardError, NotFound, Unavailable
from dockyard.shim.messages import ExecState, ExitRecord, client_to_json
from dockyard.supervisor.channel import Channel, Message
from dockyard.supervisor.client_socket import ClientSocket
from dockyard.supervisor.exec_request import ExecRequest

REMEMBERED_EXECS = 256
FIRST_PAUSE_SECONDS = 0.05
LONGEST_PAUSE_SECONDS = 5.0

OnEvent = Callable[[Message], None]
Connect = Callable[[str, OnEvent], Awaitable[tuple[Channel, Message] | None]]
Ending = Callable[[str], Awaitable[ExitRecord]]


class ShimConnection:
    """The connection to the shim of one container.

    Args:
        container_id: whose shim it is.
        connect: a new connection to the shim, and its state; None when there is no shim any more.
        find_end: finds out how the container ended when its shim has gone without a word.
        remove: removes the shim's directory.
    """

    def __init__(
        self, container_id: str, connect: Connect, find_end: Ending, remove: Callable[[str], Awaitable[None]]
    ) -> None:
        loop = asyncio.get_running_loop()
        self.container_id = container_id
        self.pid = 0
        """Of the container's first process, as the host sees it."""
        self.shim_pid = 0
        """Of the shim; 0 when it isn't known."""
        self.started_at_ns = 0
        """When the program was executed; 0 for a container that is only created."""
        self.paused = False
        self.on_exit: asyncio.Future[ExitRecord] = loop.create_future()
        """Done when the container has ended, never with an exception. Its clients have been sent all of its output
        then, unless they stood still. When the shim was killed, the code is 137, with an error; as long as what such a
        shim left can't be ended, and as long as nobody can say whether a shim lives, this stays open."""
        self._channel: Channel | None = None
        self._closed: asyncio.Future[None] = loop.create_future()
        self._connect = connect
        self._find_end = find_end
        self._remove = remove
        self._listeners: list[OnEvent] = []
        self._exec_waiters: dict[str, Callable[[int], None]] = {}
        self._ended_execs: dict[str, int] = {}
        self._watching: asyncio.Task[None] | None = None

    def use(self, channel: Channel, state: Message) -> None:
        """Begin, with a channel and the shim's first answer."""
        self._take(channel, state)
        self._watching = asyncio.get_running_loop().create_task(self._watch(channel))

    def _take(self, channel: Channel, state: Message) -> None:
        self._channel = channel
        self.pid = int(state["pid"])
        self.shim_pid = int(state.get("shim_pid", 0))
        self.started_at_ns = int(state["started_at_ns"])
        self.paused = state["status"] == "paused"

    @property
    def closed(self) -> "asyncio.Future[None]":
        """Done when the shim has gone after the end, when cgroup and mounts are gone, too; or after `close`."""
        return self._closed

    def add_listener(self, on_event: OnEvent) -> None:
        """Call with every event of the shim: exit, exec_exit, detach, oom."""
        self._listeners.append(on_event)

    def when_exec_ends(self, exec_id: str, on_end: Callable[[int], None]) -> None:
        """Call once with the exec's exit code when it has ended, at once if it already has."""
        code = self._ended_execs.pop(exec_id, None)
        if code is None:
            self._exec_waiters[exec_id] = on_end
        else:
            on_end(code)

    async def start(self) -> None:
        """Execute the program of a container that was created without `start`. Conflict."""
        answer = await self._request("start")
        self.started_at_ns = int(answer["started_at_ns"])

    async def kill(self, signal: int, *, everyone: bool = False) -> None:
        """Send `signal` to the first process, or to every one. Conflict or NotFound when the container has ended."""
        await self._request("kill", {"signal": int(signal), "all": everyone})

    async def pause(self, *, while_connected: bool = False) -> None:
        """Freeze the container; with `while_connected` until this daemon is gone, at most. Conflict unless it runs."""
        await self._request("pause", {"while_connected": while_connected})
        self.paused = True

    async def resume(self) -> None:
        """Let it go on. Conflict unless it is paused."""
        await self._request("resume")
        self.paused = False

    async def resize(self, rows: int, columns: int, exec_id: str | None = None) -> None:
        """Set the size of the container's terminal, or of an exec's, in character cells. Conflict, NotFound."""
        await self._request("resize", {"rows": rows, "columns": columns, "exec_id": exec_id})

    async def update(self, resources: Message) -> None:
        """Change limits: OCI `linux.resources` as JSON."""
        await self._request("update", {"resources": resources})

    async def attach(self, client: ClientSocket) -> None:
        """Hand one more client over; its `fd` is closed here in any case. Conflict when the container has ended."""
        try:
            await self._request("attach", {"clients": [client_to_json(client.settings)]}, (client.fd,))
        finally:
            client.close()

    async def prepare_exec(self, request: ExecRequest) -> None:
        """Say that `request` is likely to come, with a client; the shim may begin with it. Any DockyardError."""
        await self._request("prepare_exec", _exec_arguments(request))

    async def exec(self, request: ExecRequest, client: ClientSocket | None) -> int:
        """Execute one more process, with `client` attached or detached; its pid.

        Raises:
            DockyardError: it could not be executed; `client` has been told so by the shim.
        """
        clients = [] if client is None else [client_to_json(client.settings)]
        arguments = {**_exec_arguments(request), "clients": clients}
        try:
            answer = await self._request("exec", arguments, () if client is None else (client.fd,))
        finally:
            if client is not None:
                client.close()
        return int(answer["pid"])

    async def exec_state(self, exec_id: str) -> ExecState | None:
        """How it stands with an exec; None when the shim doesn't know it, or is gone."""
        try:
            return ExecState(**await self._request("exec_state", {"exec_id": exec_id}))
        except (NotFound, Unavailable):
            return None

    async def state(self) -> Message:
        """`status`, `pid`, `started_at_ns`, `execs` as the shim sees them."""
        return await self._request("state")

    async def processes(self) -> list[int]:
        """All pids of the container, as the host sees them."""
        return [int(pid) for pid in (await self._request("processes"))["pids"]]

    async def stats(self) -> Message:
        """Use of resources: the fields of `dockyard.cgroups.stats.Stats`, nested objects."""
        return await self._request("stats")

    async def reap(self) -> None:
        """Remove the shim's directory, once the container has ended and its end been taken note of."""
        await self._remove(self.container_id)

    async def close(self) -> None:
        """Let go; container and shim live on, `on_exit` stays open."""
        if self._watching is not None:
            self._watching.cancel()
        if self._channel is not None:
            self._channel.close()
        self._over()

    def on_event(self, event: Message) -> None:
        """What the channel calls."""
        if event["event"] == "exec_exit":
            self._exec_ended(str(event["exec_id"]), int(event["exit_code"]))
        elif event["event"] == "exit" and not self.on_exit.done():
            fields = {name: value for name, value in event.items() if name in ExitRecord._fields}
            self.on_exit.set_result(ExitRecord(**fields))
        for listener in self._listeners:
            listener(event)

    def _exec_ended(self, exec_id: str, code: int) -> None:
        waiter = self._exec_waiters.pop(exec_id, None)
        if waiter is not None:
            waiter(code)
            return
        # Its reply may not have been read yet.
        self._ended_execs[exec_id] = code
        if len(self._ended_execs) > REMEMBERED_EXECS:
            del self._ended_execs[next(iter(self._ended_execs))]

    async def _watch(self, channel: Channel) -> None:
        """Follow the container to its end, whatever becomes of a connection: a shim drops one that isn't read."""
        pause = FIRST_PAUSE_SECONDS
        while True:
            await asyncio.shield(channel.closed)
            if self.on_exit.done():
                break
            try:
                found = await self._connect(self.container_id, self.on_event)
                if found is None and not self.on_exit.done():
                    record = await self._find_end(self.container_id)
                    if not self.on_exit.done():
                        self.on_exit.set_result(record)
            except DockyardError:  # such as Conflict, of a shim that lives but listens no more: it ends in a moment
                await asyncio.sleep(pause)
                pause = min(2 * pause, LONGEST_PAUSE_SECONDS)
                continue
            if found is not None:
                channel, state = found
                self._take(channel, state)
                self._hear_of_execs(state)
                await asyncio.sleep(FIRST_PAUSE_SECONDS)  # one that drops us at once must not keep us busy
                pause = FIRST_PAUSE_SECONDS
        self._over()

    def _hear_of_execs(self, state: Message) -> None:
        """Which have ended while there was no connection."""
        for each in state["execs"]:
            if each["exit_code"] is not None and each["exec_id"] in self._exec_waiters:
                self._exec_ended(str(each["exec_id"]), int(each["exit_code"]))

    def _over(self) -> None:
        if not self._closed.done():
            self._closed.set_result(None)

    async def _request(self, op: str, arguments: Message | None = None, descriptors: tuple[int, ...] = ()) -> Message:
        return await self._use().request(op, arguments, descriptors)

    def _use(self) -> Channel:
        if self._channel is None:
            raise Unavailable(f"the shim of {self.container_id} is not connected")
        return self._channel


def _exec_arguments(request: ExecRequest) -> Message:
    return {
        "exec_id": request.exec_id,
        "process": {**request.process, "terminal": request.tty},
        "open_stdin": request.open_stdin,
    }
