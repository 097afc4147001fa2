"""The resolver of one sandbox at work: packets in, packets out, within bounds.

What a container sends costs it, not others: a socket's datagrams are read a few at a time, in turn with those of other
containers; so many of its questions may wait for other servers, and so many in the whole process. A question too many
is answered SERVFAIL at once.
"""

import asyncio
import os
import socket
import time
from collections.abc import Callable, Coroutine
from contextlib import suppress
from functools import partial
from typing import Any, Final

from dockyard.network.resolver.answer import Forward, decide
from dockyard.network.resolver.exchange import OpenSocket
from dockyard.network.resolver.forward import Forwarder
from dockyard.network.resolver.listeners import Namespaces
from dockyard.network.resolver.names import NameTable
from dockyard.network.resolver.upstreams import Upstreams
from dockyard.network.resolver.values import PORT, Server, View

MAX_WAITING: Final = 256
"""Questions of one sandbox that wait for other servers; Docker's bound is 1024 in all."""

MAX_WAITING_ALTOGETHER: Final = 1024
"""Those of all sandboxes."""

MAX_CONNECTIONS: Final = 64
IDLE_SECONDS: Final = 10.0
_DATAGRAMS_A_TURN: Final = 16
_MAX_DATAGRAM_BYTES: Final = 65535
_LENGTH_BYTES: Final = 2


class Bound:
    """A number of things that there may be at a time."""

    def __init__(self, most: int) -> None:
        """There are none."""
        self.left = most

    def take(self) -> bool:
        """One more, if there may be one more."""
        if self.left <= 0:
            return False
        self.left -= 1
        return True

    def give(self) -> None:
        """One less."""
        self.left += 1


class SandboxService:
    """Serves one sandbox from its start until `close`."""

    def __init__(
        self,
        namespace: int,
        view: View,
        table: NameTable,
        namespaces: Namespaces,
        whole: Bound,
        port: int = PORT,
    ) -> None:
        """Listen.

        Args:
            namespace: descriptor of the sandbox's, taken over.
            view: what it may ask.
            table: who is called what.
            namespaces: the way in.
            whole: bound of questions that wait, for the process.
            port: of the servers that are asked.

        Raises:
            OSError: the kernel refuses; the descriptor isn't taken over then.
        """
        self.view = view
        self._namespace = namespace
        self._table = table
        self._namespaces = namespaces
        self._whole = whole
        self._own = Bound(MAX_WAITING)
        self._connections = Bound(MAX_CONNECTIONS)
        self._upstreams = Upstreams(time.monotonic)
        self._forwarder = Forwarder(self._upstreams, self._opener, port)
        self._asked: set[tuple[Any, bytes]] = set()
        self._tasks: set[asyncio.Task[None]] = set()
        self._listeners = namespaces.listen(namespace)
        loop = asyncio.get_running_loop()
        loop.add_reader(self._listeners.udp, self._receive)
        loop.add_reader(self._listeners.tcp, self._accept)

    def change(self, view: View) -> None:
        """From now on it may ask this."""
        self.view = view
        self._upstreams.keep_only(view.servers)

    def close(self) -> None:
        """End the service; questions that wait get no answer."""
        loop = asyncio.get_running_loop()
        loop.remove_reader(self._listeners.udp)
        loop.remove_reader(self._listeners.tcp)
        self._listeners.close()
        for task in self._tasks:
            task.cancel()
        os.close(self._namespace)
        self._namespace = -1

    def _opener(self, server: Server) -> OpenSocket:
        return partial(self._namespaces.open_socket, None if server.from_host else self._namespace)

    def _receive(self) -> None:
        for _ in range(_DATAGRAMS_A_TURN):
            try:
                wire, client = self._listeners.udp.recvfrom(_MAX_DATAGRAM_BYTES)
            except OSError:
                return
            decision = decide(self._table, self.view, wire)
            if isinstance(decision, bytes):
                self._send(decision, client)
            elif decision is not None and (client, wire[:2]) not in self._asked:  # else it asks again, too early
                self._start(self._forward_datagram(decision, client))

    async def _forward_datagram(self, question: Forward, client: Any) -> None:
        key = (client, question.wire[:2])
        self._asked.add(key)
        try:
            self._send(await self._resolve(question, tcp=False), client)
        finally:
            self._asked.discard(key)

    def _send(self, wire: bytes, client: Any) -> None:
        with suppress(OSError):  # a datagram that can't be sent is lost, as datagrams are
            self._listeners.udp.sendto(wire, client)

    async def _resolve(self, question: Forward, *, tcp: bool) -> bytes:
        if not self._own.take():
            return question.failure()
        try:
            if not self._whole.take():
                return question.failure()
            try:
                return await self._forwarder.resolve(question, self.view.servers, tcp=tcp)
            finally:
                self._whole.give()
        finally:
            self._own.give()

    def _accept(self) -> None:
        try:
            client, _ = self._listeners.tcp.accept()
        except OSError:
            return
        if not self._connections.take():
            client.close()
            return
        client.setblocking(False)
        self._start(self._serve_connection(client), self._connections.give)

    async def _serve_connection(self, client: socket.socket) -> None:
        loop = asyncio.get_running_loop()
        with client, suppress(OSError):  # gone, or silent for too long
            while True:
                async with asyncio.timeout(IDLE_SECONDS):
                    length = int.from_bytes(await _read(client, _LENGTH_BYTES), "big")
                    wire = await _read(client, length)
                decision = decide(self._table, self.view, wire, tcp=True)
                if isinstance(decision, Forward):
                    decision = await self._resolve(decision, tcp=True)
                if decision is None:
                    return
                async with asyncio.timeout(IDLE_SECONDS):
                    await loop.sock_sendall(client, len(decision).to_bytes(_LENGTH_BYTES, "big") + decision)

    def _start(self, work: Coroutine[Any, Any, None], then: Callable[[], None] | None = None) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)

        def ended(task: asyncio.Task[None]) -> None:
            self._tasks.discard(task)
            if then is not None:
                then()

        task.add_done_callback(ended)


async def _read(client: socket.socket, size: int) -> bytes:
    loop = asyncio.get_running_loop()
    parts: list[bytes] = []
    while size > 0:
        part = await loop.sock_recv(client, size)
        if not part:
            raise ConnectionResetError("the client is gone")
        parts.append(part)
        size -= len(part)
    return b"".join(parts)
