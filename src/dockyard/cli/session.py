"""What a verb works with: the client, the standard streams, the terminal, the environment."""

from __future__ import annotations

import os
import time

from dockyard.client import address
from dockyard.client.engine import EngineClient

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

STDIN, STDOUT, STDERR = 0, 1, 2


class Session:
    """One call of the command.

    path: how the verb was called, `dockyard container ls`. host: -H, or empty. environment: the process's.
    The client connects when it is first asked for.
    """

    __slots__ = ("_client", "_out", "environment", "host", "path")

    def __init__(self, host: str, environment: Mapping[str, str]) -> None:
        self.host = host
        self.environment = environment
        self.path = "dockyard"
        self._client: EngineClient | None = None
        self._out: list[bytes] = []

    @property
    def program(self) -> str:
        """The command's own name, as messages begin."""
        return self.path.partition(" ")[0]

    @property
    def client(self) -> EngineClient:
        """The client for the daemon at -H, DOCKER_HOST or the default address."""
        if self._client is None:
            host = self.host or self.environment.get("DOCKER_HOST", "") or address.DEFAULT
            version = self.environment.get("DOCKER_API_VERSION", "")
            self._client = EngineClient(address.parse(host), api_version=version)
        return self._client

    def another_client(self) -> EngineClient:
        """A client of its own, for a request beside one whose answer is still coming."""
        return EngineClient(self.client.address, api_version=self.environment.get("DOCKER_API_VERSION", ""))

    def write(self, text: str) -> None:
        """Puts text onto stdout; it leaves with the next flush."""
        self._out.append(text.encode("utf-8", "surrogateescape"))

    def line(self, text: str) -> None:
        """Puts a line onto stdout."""
        self.write(text + "\n")

    def flush(self) -> None:
        """Sends what was written to stdout."""
        data, self._out = b"".join(self._out), []
        write_all(STDOUT, data)

    def error(self, text: str) -> None:
        """Writes a line to stderr, after everything that has gone to stdout."""
        self.flush()
        write_all(STDERR, f"{text}\n".encode("utf-8", "surrogateescape"))

    def now(self) -> float:
        """Seconds since the epoch."""
        return time.time()

    def is_terminal(self, descriptor: int) -> bool:
        """Whether one of the standard streams is a terminal."""
        try:
            return os.isatty(descriptor)
        except OSError:
            return False

    def terminal_size(self, descriptor: int = STDOUT) -> tuple[int, int] | None:
        """(rows, columns) of the terminal there, None where there is none or it has no size."""
        try:
            size = os.get_terminal_size(descriptor)
        except OSError:
            return None
        return (size.lines, size.columns) if size.lines or size.columns else None


def write_all(descriptor: int, data: bytes | memoryview) -> None:
    """Writes all of `data`; OSError passes."""
    rest = memoryview(data)
    while rest:
        try:
            rest = rest[os.write(descriptor, rest) :]
        except BlockingIOError:
            import select

            poll = select.poll()
            poll.register(descriptor, select.POLLOUT)
            poll.poll()
