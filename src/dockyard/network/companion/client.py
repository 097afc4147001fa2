"""The daemon's connection to its companion: orders go out, one at a time, and a lost companion is replaced.

A thread waits for the connection's end. What the companion has to know is told anew each time (`everything`), so that
nothing is lost whoever of the two was killed.
"""

import logging
import os
import select
import signal
import socket
import struct
import subprocess
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from errno import EMSGSIZE
from typing import Final

import msgspec

from dockyard.errors import DockyardError, SystemFailure
from dockyard.network.companion import messages
from dockyard.network.companion.launch import launch
from dockyard.network.companion.messages import Order

_log: Final = logging.getLogger(__name__)

ANSWER_SECONDS: Final = 10.0
_ATTEMPTS: Final = 3
_RETRY_SECONDS: Final = 2.0

Give = Callable[[Order, int | None], None]
"""Gives an order with the descriptor that belongs to it, which is closed then.

OSError: the companion is lost. SystemFailure: it can't do that.
"""


class CompanionClient:
    """For several threads."""

    def __init__(
        self,
        exec_root: str,
        version: str,
        everything: Callable[[Give], None],
        answer_seconds: float = ANSWER_SECONDS,
    ) -> None:
        """Nothing is connected or started before the first order.

        Args:
            exec_root: where the socket is.
            version: of this daemon.
            everything: tells all that a companion must know, and passes OSError on; called in any thread that gives an
                order, or in one of ours.
            answer_seconds: a companion that takes longer for an order hangs; it is killed.
        """
        self._exec_root = exec_root
        self._version = version
        self._everything = everything
        self._answer_seconds = answer_seconds
        self._failed_at = -_RETRY_SECONDS
        self._turn = threading.RLock()
        self._connection: socket.socket | None = None
        self._process: subprocess.Popen[bytes] | None = None
        self._closing = threading.Event()
        self._watcher: threading.Thread | None = None

    @property
    def is_connected(self) -> bool:
        """Whether a companion knows everything, as far as we know."""
        return self._connection is not None

    def connect(self) -> None:
        """Have a companion that knows everything; start one if there is none.

        Raises:
            DockyardError: there is none to be had. It is tried again, every few seconds, until `close`.
        """
        with self._turn:
            if self._closing.is_set():
                raise SystemFailure("the daemon ends")
            if self._connection is None:
                if time.monotonic() - self._failed_at < _RETRY_SECONDS:
                    raise SystemFailure("there is no companion, as was found a moment ago")
                try:
                    self._connect()
                except DockyardError:
                    self._failed_at = time.monotonic()
                    raise
                finally:
                    self._watch()

    def connect_soon(self, then: Callable[[], None]) -> None:
        """Like `connect`, without waiting; `then` is called afterwards, in a thread of its own."""

        def work() -> None:
            try:
                self.connect()
            except DockyardError as error:
                _log.warning("%s", error)
            then()

        threading.Thread(target=work, name="dockyard-companion-start", daemon=True).start()

    def adopt(self) -> None:
        """Have the companion that an earlier daemon started, if it lives; it forgets what is no longer true.

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
                        _log.warning(
                            "the companion is lost (%s), another one is started", error or type(error).__name__
                        )
                        _end_if_it_hangs(self._connection, error)
                        self._drop()
            finally:
                if descriptor is not None:
                    os.close(descriptor)
            self.connect()  # which tells everything, this too

    def order_if_connected(self, order: Order) -> None:
        """Like `order`, to a companion that there is, or is being connected just now; others needn't know.

        Raises:
            DockyardError: it can't do that.
        """
        with self._turn:
            if self._connection is not None:
                self.order(order)

    def close(self) -> None:
        """Leave the companion to itself: it goes on as long as it holds anything."""
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
                _end_if_it_hangs(connection, error)
                connection.close()
                failure = error
                continue
            self._connection = connection
            return
        raise SystemFailure(f"the companion can't be used: {failure}") from failure

    def _open(self) -> socket.socket:
        connection = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET | socket.SOCK_CLOEXEC)
        connection.settimeout(self._answer_seconds)
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, messages.MAX_BYTES)
        try:
            if not self._reach(connection):
                self._process = launch(self._exec_root, self._version)
                if not self._reach(connection):
                    raise SystemFailure("the companion has ended")
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
            raise SystemFailure(f"connect to the companion: {error}") from error
        finally:
            os.close(directory)
        return True

    def _tell_everything(self, connection: socket.socket) -> None:
        def give(order: Order, descriptor: int | None) -> None:
            try:
                self._give(connection, order, descriptor)
            finally:
                if descriptor is not None:
                    os.close(descriptor)

        give(messages.Begin(self._version), None)
        self._everything(give)
        give(messages.ForgetRest(), None)

    def _give(self, connection: socket.socket, order: Order, descriptor: int | None) -> None:
        """OSError: the connection is broken. SystemFailure: refused, or too long; the connection is as before."""
        packet = messages.encode(order)
        if len(packet) > messages.MAX_BYTES:
            raise SystemFailure(f"{type(order).__name__}: {len(packet)} bytes are more than {messages.MAX_BYTES}")
        try:
            if descriptor is None:
                connection.send(packet)
            else:
                socket.send_fds(connection, [packet], [descriptor])
        except OSError as error:
            if error.errno == EMSGSIZE:  # where the machine allows sockets less than that
                raise SystemFailure(f"{type(order).__name__}: {len(packet)} bytes: {error.strerror}") from error
            raise
        answer = connection.recv(messages.MAX_BYTES)
        if not answer:
            raise ConnectionResetError("the companion has ended")
        try:
            outcome = messages.decode_outcome(answer)
        except msgspec.DecodeError as error:
            raise ConnectionAbortedError("not the companion's words") from error
        if outcome.failure:
            raise SystemFailure(f"{type(order).__name__}: {outcome.failure}")

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
            self._watcher = threading.Thread(target=self._keep, name="dockyard-companion", daemon=True)
            self._watcher.start()

    def _keep(self) -> None:
        """Runs in the thread: while the daemon lives, there is a companion."""
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


def _end_if_it_hangs(connection: socket.socket, error: Exception) -> None:
    """Kill who didn't answer in time: another one couldn't have its lock. It holds nothing that isn't known here."""
    if not isinstance(error, TimeoutError):
        return
    with suppress(OSError):
        credentials = connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, struct.calcsize("3i"))
        pid = struct.unpack("3i", credentials)[0]
        _log.warning("the companion, process %d, doesn't answer: it is killed", pid)
        os.kill(pid, signal.SIGKILL)
