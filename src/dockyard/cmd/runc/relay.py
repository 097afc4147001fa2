"""Bytes from one descriptor to another, as much as both sides can take, within a poll loop."""

import os
from typing import Final

_CHUNK: Final = 4096
"""PIPE_BUF: what a descriptor that poll(2) calls writable takes without blocking. So nothing need be set to O_NONBLOCK,
which for the user's own streams would change them for every program that shares them."""


class Relay:
    """One direction. It holds at most one chunk, so a slow reader slows the writer down and nothing else.

    `outgoing`: from the container to the user, worth waiting for after the process has ended.
    """

    def __init__(self, source: int, sink: int, *, outgoing: bool, close_sink: bool = False) -> None:
        """`close_sink`: pass the end of the source on by closing the sink, which then belongs to the relay."""
        self.source = source
        self.sink = sink
        self.outgoing = outgoing
        self.finished = False
        self._close_sink = close_sink
        self._pending = b""

    @property
    def wants_to_read(self) -> bool:
        """Whether there is room for a further chunk."""
        return not self.finished and not self._pending

    @property
    def wants_to_write(self) -> bool:
        """Whether a chunk waits for the sink."""
        return bool(self._pending)

    def read(self) -> None:
        """The source has something: take it."""
        try:
            self._pending = os.read(self.source, _CHUNK)
        except BlockingIOError:
            return
        except OSError:
            self._pending = b""  # EIO: the last process has closed its end of a terminal
        if not self._pending:
            self.finished = True
            if self._close_sink:
                os.close(self.sink)

    def write(self) -> None:
        """The sink has room: pass on what waits."""
        try:
            self._pending = self._pending[os.write(self.sink, self._pending) :]
        except BlockingIOError:
            return
        except OSError:
            # Nobody reads there any more: the rest of the source is thrown away, so that its writer doesn't hang.
            self._pending = b""
