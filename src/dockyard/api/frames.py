"""Frames that carry a container's stdout and stderr over one connection when it has no terminal.

A frame is a header of eight bytes, `[stream, 0, 0, 0, length as big-endian 32 bits]`, and that many bytes.

https://docs.docker.com/reference/api/engine/version/v1.55/#tag/Container/operation/ContainerAttach ("Stream format")
"""

STDIN = 0
STDOUT = 1
STDERR = 2
SYSTEM_ERROR = 3
"""A message of the daemon about the stream itself; the client ends with it as an error."""

HEADER_BYTES = 8


def frame(stream: int, payload: bytes) -> bytes:
    """`payload` (at most 4 GiB - 1) as one frame of `stream`."""
    return bytes((stream, 0, 0, 0)) + len(payload).to_bytes(4, "big") + payload
