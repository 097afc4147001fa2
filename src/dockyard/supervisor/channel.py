"""One connection to the supervisor or to a shim, on the event loop: requests with their replies, and events."""

import asyncio
import itertools
import socket
from collections.abc import Callable, Sequence
from typing import Any

from dockyard.errors import DeadlineExceeded, DockyardError, InvalidParameter, Unavailable, from_wire
from dockyard.shim.packets import close_all, receive_packet, send_packet

REPLY_SECONDS = 60.0

Message = dict[str, Any]


class Channel:
    """Speaks over `connection`, a non-blocking SOCK_SEQPACKET socket, which it owns.

    Args:
        connection: to the supervisor or a shim.
        name: of the other end, for errors.
        on_event: called with each event, in the order in which they came.
    """

    def __init__(self, connection: socket.socket, name: str, on_event: Callable[[Message], None]) -> None:
        self._loop = asyncio.get_running_loop()
        self._socket = connection
        self._name = name
        self._on_event = on_event
        self._sequence = itertools.count(1)
        self._replies: dict[int, asyncio.Future[Message]] = {}
        self._sending = asyncio.Lock()
        self._open = True
        self.closed: asyncio.Future[None] = self._loop.create_future()
        """Done when the other end, or we, have closed the connection."""
        self._loop.add_reader(connection.fileno(), self._receive)

    async def request(
        self, op: str, arguments: Message | None = None, descriptors: Sequence[int] = (), seconds: float = REPLY_SECONDS
    ) -> Message:
        """Ask for `op`; its answer.

        Args:
            op: what to do.
            arguments: of the op.
            descriptors: sent along; they stay open here.
            seconds: to wait for the reply.

        Raises:
            Unavailable: the other end is gone.
            DeadlineExceeded: it didn't answer in time; what was asked for may still happen.
            DockyardError: what the other end reports.
        """
        sequence = next(self._sequence)
        reply: asyncio.Future[Message] = self._loop.create_future()
        self._replies[sequence] = reply
        try:
            async with asyncio.timeout(seconds):
                await self._send({"seq": sequence, "op": op, **(arguments or {})}, descriptors)
                message = await reply
        except TimeoutError as error:
            raise DeadlineExceeded(f"{self._name} didn't answer {op} within {seconds:.0f} seconds") from error
        finally:
            self._replies.pop(sequence, None)
        if "error" in message:
            raise from_wire(str(message["error"]["kind"]), str(message["error"]["message"]))
        answer: Message = message["ok"]
        return answer

    def close(self) -> None:
        """Close the connection; requests that wait fail."""
        if not self._open:
            return
        self._open = False
        self._loop.remove_reader(self._socket.fileno())
        self._loop.remove_writer(self._socket.fileno())
        self._socket.close()
        for reply in self._replies.values():
            if not reply.done():
                reply.set_exception(Unavailable(f"{self._name} is gone"))
        if not self.closed.done():
            self.closed.set_result(None)

    async def _send(self, message: Message, descriptors: Sequence[int]) -> None:
        async with self._sending:  # one at a time waits for room
            while True:
                if not self._open:
                    raise Unavailable(f"{self._name} is gone")
                try:
                    send_packet(self._socket, message, descriptors)
                    return
                except BlockingIOError:
                    await self._writable()
                except OSError as error:
                    # What it sent before it went is still to be read; the reader closes.
                    raise Unavailable(f"{self._name} is gone: {error.strerror}") from error

    async def _writable(self) -> None:
        ready: asyncio.Future[None] = self._loop.create_future()
        self._loop.add_writer(self._socket.fileno(), _settle, ready)
        try:
            await asyncio.wait((ready, self.closed), return_when=asyncio.FIRST_COMPLETED)
        finally:
            if self._open:
                self._loop.remove_writer(self._socket.fileno())

    def _receive(self) -> None:
        while self._open:
            try:
                packet = receive_packet(self._socket)
            except BlockingIOError:
                return
            except (OSError, DockyardError):
                packet = None
            if packet is None:
                self.close()
                return
            close_all(packet.descriptors)
            self._dispatch(packet.message)

    def _dispatch(self, message: Message) -> None:
        if "event" in message:
            self._on_event(message)
            return
        if message.get("seq") is None and "error" in message:
            self._fail_all(message)
            return
        reply = self._replies.get(message.get("seq", 0))
        if reply is not None and not reply.done():
            if "ok" in message or "error" in message:
                reply.set_result(message)
            else:
                reply.set_exception(InvalidParameter(f"{self._name} sent an invalid reply"))

    def _fail_all(self, message: Message) -> None:
        """The other end couldn't read, or not even fork for it: it doesn't know the number of the request."""
        for reply in self._replies.values():
            if not reply.done():
                reply.set_result(message)


def _settle(future: "asyncio.Future[None]") -> None:
    if not future.done():
        future.set_result(None)
