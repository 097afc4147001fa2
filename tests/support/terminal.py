"""A terminal that a test types on: a command with a pty, what it printed, and waiting for a piece of output."""

import fcntl
import os
import re
import select
import struct
import subprocess
import termios
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager


class Terminal:
    """A running command whose standard streams are a terminal of `rows` × `columns` characters."""

    def __init__(self, command: Sequence[str], environment: Mapping[str, str] | None, rows: int, columns: int) -> None:
        self._master, slave = os.openpty()
        fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
        self._process = subprocess.Popen(
            command,
            stdin=slave,
            stdout=slave,
            stderr=slave,
            env=dict(environment) if environment is not None else None,
            start_new_session=True,
            preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0),
        )
        os.close(slave)
        self.seen = ""

    def type(self, text: str) -> None:
        """Send keys as they are: the Enter key is `\\r` or `\\n`, Ctrl-C is `\\x03`."""
        os.write(self._master, text.encode())

    def resize(self, rows: int, columns: int) -> None:
        """Change the size; the command gets SIGWINCH."""
        fcntl.ioctl(self._master, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))

    def expect(self, pattern: str, timeout_seconds: float = 10) -> "re.Match[str]":
        """Wait until the output so far, from the last match on, has `pattern`; returns the match."""
        deadline = time.monotonic() + timeout_seconds
        while True:
            found = re.search(pattern, self.seen, re.DOTALL)
            if found:
                self.seen = self.seen[found.end() :]
                return found
            assert self._read(deadline), f"no {pattern!r} in terminal output {self.seen!r}"

    def read_for(self, seconds: float) -> str:
        """Read what comes within `seconds`; returns all that hasn't been matched yet."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline and self._read(deadline):
            pass
        return self.seen

    def wait(self, timeout_seconds: float = 10) -> int:
        """Read to the end; returns the exit code."""
        deadline = time.monotonic() + timeout_seconds
        while self._read(deadline):
            pass
        return self._process.wait(timeout=max(deadline - time.monotonic(), 0.1))

    def close(self) -> None:
        """End the command if it still runs."""
        if self._process.poll() is None:
            self._process.kill()
            self._process.wait()
        os.close(self._master)

    def _read(self, deadline: float) -> bool:
        ready, _, _ = select.select([self._master], [], [], max(deadline - time.monotonic(), 0))
        try:
            piece = os.read(self._master, 65536) if ready else b""
        except OSError:  # EIO: the other side is closed
            piece = b""
        self.seen += piece.decode(errors="replace")
        return bool(piece)


@contextmanager
def terminal(
    command: Sequence[str], environment: Mapping[str, str] | None = None, rows: int = 24, columns: int = 80
) -> Iterator[Terminal]:
    """Run `command` on a terminal; it is killed at the end of the block if it still runs."""
    running = Terminal(command, environment, rows, columns)
    try:
        yield running
    finally:
        running.close()
