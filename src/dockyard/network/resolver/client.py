"""The daemon's connection to its resolver: orders go out, one at a time, and a lost resolver is replaced.

A thread waits for the connection's end. What the resolver has to know is asked for anew each time (`everything`), so
that nothing is lost whoever of the two was killed.
"""

import logging
import os
import select
import socket
import subprocess
import threading
from collections.abc import Callable, Iterable
from contextlib import suppress
from typing import Final

import msgspec

from dockyard.errors import DockyardError, SystemFailure
from dockyard.network.resolver import messages
from dockyard.network.resolver.launch import launch
from dockyard.network.resolver.messages import Order

_log: Final = logging.getLogger(__name__)

ANSWER_SECONDS: Final = 10.0
_ATTEMPTS: Final = 3
_RETRY_SECONDS: Final = 2.0

Errand = tuple[Order, int | None]
"""An order, and the descriptor that goes with it, closed when it is sent."""


class ResolverClient:
    """For several threads."""

    def __init__(self, exec_root: str, version: str, everything: Callable[[], Iterable[Errand]]) -> None:
        """Nothing is connected or started before the first order.

        Args:
            exec_root: where the socket is.
            version: of this daemon.
            everything: all that a resolver must know; called in any thread that gives an order, or in ours.
        """
        self._exec_root = exec_root
        self._version = version
        self._everything = everything
        self._turn = threading.RLock()
        self._connection: socket.socket | None = None
        self._process: subprocess.Popen[bytes] | None = None
        self._closing = threading.Event()
        self._watcher: threading.Thread | None = None

    @property
    def is_connected(self) -> bool:
        """Whether a resolver knows everything, as far as we know."""
        return self._connection is not None

    def connect(self) -> None:
        """Have a resolver that knows everything; start one if there is none.

        Raises:
            DockyardError: there is none to be had. It is tried again, every few seconds, until `close`.
        """
        with self._turn:
            if self._connection is None:
                try:
                    self._connect()
                finally:
                    self._watch()

    def adopt(self) -> None:
        """Have the resolver that an earlier daemon started, if it lives; it forgets what is no longer true.

        Raises:
            DockyardError: it lives, and can't be used.
        """
        with self._turn, socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET | socket.SOCK_CLOEXEC) as probe:
            if self._reach(probe):
                self.connect()

    def order(self, order: Order, descriptor: int | None = None) -> None:
        """Give an order; the descriptor is closed.

        Raises:
            DockyardError: there is no resolver, or it can't do that.
        """
        with self._turn:
            try:
                if self._connection is not None:
                    try:
                        self._give(self._connection, order, descriptor)
                        return
                    except OSError as error:
                        _log.warning("the resolver is lost (%s), another one is started", error)
                        self._drop()
            finally:
                if descriptor is not None:
                    os.close(descriptor)
            self.connect()  # which tells everything, this too

    def close(self) -> None:
        """Leave the resolver to itself: it goes on as long as it serves a container."""
        self._closing.set()
        with self._turn:
            self._drop()
        if self._watcher is not None:
            self._watcher.join(timeout=1.0)

    def _connect(self) -> None:
        failure: Exception | None = None
        for _ in range(_ATTEMPTS):
            connection = self._open()
            try:
                self._tell_everything(connection)
            except (OSError, SystemFailure) as error:  # it was about to end, or is of another version
                connection.close()
                failure = error
                continue
            self._connection = connection
            return
        raise SystemFailure(f"the resolver can't be used: {failure}") from failure

    def _open(self) -> socket.socket:
        connection = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET | socket.SOCK_CLOEXEC)
        connection.settimeout(ANSWER_SECONDS)
        try:
            if not self._reach(connection):
                self._process = launch(self._exec_root, self._version)
                if not self._reach(connection):
                    raise SystemFailure("the resolver has ended")
        except BaseException:
            connection.close()
            raise
        return connection

    def _reach(self, connection: socket.socket) -> bool:
        directory = os.open(self._exec_root, os.O_PATH | os.O_DIRECTORY | os.O_CLOEXEC)
        try:  # by descriptor: the path may be longer than an address
            connection.connect(f"/proc/self/fd/{directory}/{messages.SOCKET}")
        except (FileNotFoundError, ConnectionRefusedError):
            return False
        except OSError as error:
            raise SystemFailure(f"connect to the resolver: {error}") from error
        finally:
            os.close(directory)
        return True

    def _tell_everything(self, connection: socket.socket) -> None:
        self._give(connection, messages.Begin(self._version), None)
        for order, descriptor in self._everything():
            try:
                self._give(connection, order, descriptor)
            except SystemFailure as error:
                _log.warning("%s", error)
            finally:
                if descriptor is not None:
                    os.close(descriptor)
        self._give(connection, messages.ForgetRest(), None)

    def _give(self, connection: socket.socket, order: Order, descriptor: int | None) -> None:
        """OSError: the connection is broken. SystemFailure: refused."""
        packet = messages.encode(order)
        if descriptor is None:
            connection.send(packet)
        else:
            socket.send_fds(connection, [packet], [descriptor])
        answer = connection.recv(messages.MAX_BYTES)
        if not answer:
            raise ConnectionResetError("the resolver has ended")
        try:
            outcome = messages.decode_outcome(answer)
        except msgspec.DecodeError as error:
            raise ConnectionAbortedError("not the resolver's words") from error
        if outcome.failure:
            raise SystemFailure(f"resolver: {type(order).__name__}: {outcome.failure}")

    def _drop(self) -> None:
        if self._connection is not None:
            with suppress(OSError):
                self._connection.shutdown(socket.SHUT_RDWR)  # wakes the thread, which a close doesn't
            self._connection.close()
            self._connection = None
        if self._process is not None and self._process.poll() is not None:
            self._process = None

    def _watch(self) -> None:
        if self._watcher is None:
            self._watcher = threading.Thread(target=self._keep, name="dockyard-resolver", daemon=True)
            self._watcher.start()

    def _keep(self) -> None:
        """Runs in the thread: while the daemon lives, there is a resolver."""
        while not self._closing.is_set():
            connection = self._connection
            if connection is not None and not _has_ended(connection):
                continue
            if self._closing.wait(0.0 if connection is not None else _RETRY_SECONDS):
                return
            with self._turn, suppress(DockyardError):
                if self._connection is not connection and self._connection is not None:
                    continue
                if self._closing.is_set():
                    return
                self._drop()
                self._connect()


def _has_ended(connection: socket.socket) -> bool:
    """Waits a second for the other side to go; errors and closed sockets count."""
    try:
        poll = select.poll()
        poll.register(connection, 0)
        return bool(poll.poll(1000))
    except (OSError, ValueError):
        return True
