"""From a hijacked connection to the value that the engine passes on: streams, framing, the keys that end it."""

from dockyard.api.media_types import MULTIPLEXED_STREAM, RAW_STREAM
from dockyard.api.versions import Version
from dockyard.engine.containers.streams import ClientSocket
from dockyard.server.docker.http.answers import Hijacked

MULTIPLEXED_NAMED_SINCE = (1, 42)


def content_type(tty: bool, version: Version) -> str:
    """What an upgraded connection carries; before 1.42 frames were called a raw stream, too."""
    return RAW_STREAM if tty or version < MULTIPLEXED_NAMED_SINCE else MULTIPLEXED_STREAM


def client_socket(
    hijacked: Hijacked,
    *,
    streams: tuple[str, ...],
    tty: bool,
    detach_keys: bytes,
    logs: bool = False,
    framed: bool | None = None,
) -> ClientSocket:
    """The socket for the shim, which owns the descriptor from now on. Detach keys count where there is a terminal.

    `framed`: whether each piece says which stream it is of; by default where there is no terminal.
    """
    return ClientSocket(
        hijacked.fd,
        streams=streams,
        multiplexed=not tty if framed is None else framed,
        initial_stdin=hijacked.early if "stdin" in streams else b"",
        detach_keys=detach_keys if tty else b"",
        include_logs=logs,
    )
