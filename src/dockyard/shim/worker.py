"""A fork of the shim that does one thing with the runtime, reports, and ends.

A shim lives as long as its container, and every page that it touches is its own from then on. Parsing a configuration,
making cgroups and mounts touches megabytes; in a worker they are gone with it. What a worker forks becomes the shim's
child as soon as the worker has ended, because the shim is a child subreaper.
"""

import gc
import os
import select
import signal
from collections.abc import Callable, Sequence
from contextlib import suppress
from socket import socket
from typing import Any, NamedTuple, NoReturn

from dockyard.errors import DeadlineExceeded, DockyardError, SystemFailure, from_wire, to_wire
from dockyard.linux.signal_handlers import write_arrivals_to
from dockyard.shim.packets import close_all, receive_packet, send_packet
from dockyard.shim.sockets import packet_pair

SECONDS = 30.0
"""What a worker may take. It may wait for a process of the container, which another one there can stop."""

Report = Callable[[BaseException], None]


class Outcome(NamedTuple):
    """What a worker found out, as JSON, and descriptors that it opened."""

    answer: dict[str, Any]
    descriptors: Sequence[int] = ()


class Worker:
    """A worker that has been started; `join` it.

    Args:
        task: what to do; it may raise any error of `dockyard.errors`.
        report: is told of other errors, in the worker.
    """

    def __init__(self, task: Callable[[], Outcome], report: Report) -> None:
        self._connection, theirs = packet_pair()
        try:
            self.pid = os.fork()
        except OSError as error:
            self._connection.close()
            theirs.close()
            raise SystemFailure(f"forking a worker: {error.strerror}") from error
        if self.pid == 0:
            self._work(theirs, task, report)
        theirs.close()

    def fileno(self) -> int:
        """A descriptor that is readable when `join` won't wait."""
        return self._connection.fileno()

    def join(self, seconds: float = SECONDS) -> Outcome:
        """Wait for its end, `seconds` at most; what it found out.

        Raises:
            DockyardError: what it reported; SystemFailure when it died.
            DeadlineExceeded: it took too long, and was killed.
        """
        poll = select.poll()
        poll.register(self._connection.fileno(), select.POLLIN)
        if not poll.poll(seconds * 1000):
            self.kill()
            raise DeadlineExceeded(f"the shim's worker was not done within {seconds:.0f} seconds")
        try:
            packet = receive_packet(self._connection)
        except OSError:
            packet = None
        self._reap()
        if packet is None:
            raise SystemFailure("the shim's worker was killed")
        error = packet.message.get("error")
        if error is not None:
            close_all(packet.descriptors)
            raise from_wire(str(error["kind"]), str(error["message"]))
        return Outcome(packet.message["ok"], packet.descriptors)

    def kill(self) -> None:
        """Kill it, with the commands that it runs."""
        for kill in (os.killpg, os.kill):  # it may not have come to making the group
            with suppress(ProcessLookupError):
                kill(self.pid, signal.SIGKILL)
        self._reap()

    def _reap(self) -> None:
        self._connection.close()
        with suppress(ChildProcessError):  # the loop's reaper was first
            os.waitpid(self.pid, 0)

    @staticmethod
    def _work(connection: socket, task: Callable[[], Outcome], report: Report) -> NoReturn:
        try:
            gc.disable()
            os.setpgid(0, 0)
            write_arrivals_to(-1)  # signals of the worker are no business of the shim's loop
            try:
                outcome = task()
                send_packet(connection, {"ok": outcome.answer}, outcome.descriptors)
            except Exception as error:
                if not isinstance(error, DockyardError):
                    report(error)
                send_packet(connection, {"error": to_wire(error)})
        except BaseException as error:
            report(error)
        finally:
            os._exit(0)
