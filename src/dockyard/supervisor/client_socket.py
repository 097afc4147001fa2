"""A client's socket on its way from a door to a shim."""

import os
from dataclasses import dataclass

from dockyard.shim.messages import ClientSettings


@dataclass(slots=True)
class ClientSocket:
    """A connected stream socket and how the shim shall serve it.

    `fd` is a duplicate that belongs to this object; whoever hands it to a shim has it closed here. `streams` is what
    the client wants of stdin, stdout, stderr. `multiplexed` is False when there is a terminal (or the client asked for
    raw bytes). `initial_stdin` are bytes that were read from the socket beyond the request. `detach_keys` are the bytes
    that end the attachment, with a terminal only; empty for none.
    """

    fd: int
    streams: tuple[str, ...] = ("stdout", "stderr")
    multiplexed: bool = True
    initial_stdin: bytes = b""
    detach_keys: bytes = b""
    include_logs: bool = False

    @property
    def settings(self) -> ClientSettings:
        """What of it goes into a message."""
        return ClientSettings(self.streams, self.multiplexed, self.initial_stdin, self.detach_keys, self.include_logs)

    def close(self) -> None:
        """Close our duplicate; harmless when it has been closed."""
        if self.fd >= 0:
            os.close(self.fd)
            self.fd = -1
