"""The process's side of the socket: takes orders, has them carried out, answers.

It lives until nobody needs it: nothing is held, and no daemon is connected.
"""

import asyncio
import logging
import os
import socket
from contextlib import suppress
from typing import Final

import msgspec

from dockyard.network.companion import messages
from dockyard.network.companion.holdings import AnotherVersion, Holdings
from dockyard.network.companion.messages import Outcome

_log: Final = logging.getLogger(__name__)

FIRST_ORDER_SECONDS: Final = 30.0
"""The daemon that started this process connects at once, unless it was killed."""


class OrderSocket:
    """Takes orders from daemons; there is one at a time, but the last one's connection may end late."""

    def __init__(self, listener: socket.socket, holdings: Holdings) -> None:
        """`listener` is non-blocking, and taken over."""
        self._listener = listener
        self._holdings = holdings
        self._connections: set[socket.socket] = set()
        self.unneeded = asyncio.Event()
        """Set when nobody needs this process any more, or somebody needs another one."""
        loop = asyncio.get_running_loop()
        loop.add_reader(listener, self._accept)
        loop.call_later(FIRST_ORDER_SECONDS, self._end_if_unneeded)

    def _accept(self) -> None:
        try:
            connection, _ = self._listener.accept()
        except OSError:
            return
        connection.setblocking(False)
        self._connections.add(connection)
        asyncio.get_running_loop().add_reader(connection, self._receive, connection)

    def _receive(self, connection: socket.socket) -> None:
        try:
            packet, descriptors, _, _ = socket.recv_fds(connection, messages.MAX_BYTES, 1, socket.MSG_CMSG_CLOEXEC)
        except BlockingIOError:
            return
        except OSError:
            packet, descriptors = b"", []
        if not packet:
            self._disconnect(connection)
            return
        outcome = self._obey(packet, descriptors[0] if descriptors else None)
        try:
            connection.send(messages.encode(outcome))
        except OSError:  # who doesn't read answers, or is gone
            self._disconnect(connection)

    def _obey(self, packet: bytes, descriptor: int | None) -> Outcome:
        try:
            order = messages.decode_order(packet)
        except msgspec.DecodeError as error:
            if descriptor is not None:
                os.close(descriptor)
            return Outcome(f"not understood: {error}")
        try:
            self._holdings.carry_out(order, descriptor)
        except AnotherVersion as error:
            self._end()
            return Outcome(f"another version: {error}")
        except OSError as error:
            return Outcome(str(error))
        except Exception as error:
            _log.exception("an order failed")
            return Outcome(f"{type(error).__name__}: {error}")
        return Outcome()

    def _disconnect(self, connection: socket.socket) -> None:
        self._connections.discard(connection)
        asyncio.get_running_loop().remove_reader(connection)
        with suppress(OSError):
            connection.close()
        self._end_if_unneeded()

    def _end_if_unneeded(self) -> None:
        if not self._connections and not self._holdings.is_needed:
            self._end()

    def _end(self) -> None:
        """At once nobody can connect any more: a daemon that comes now must start another process."""
        asyncio.get_running_loop().remove_reader(self._listener)
        self._listener.close()
        self.unneeded.set()
