"""Docker's frames: stdout and stderr over one connection when there is no terminal.

A frame is `[stream, 0, 0, 0, length as big-endian 32 bits]` and that many bytes.

https://docs.docker.com/reference/api/engine/version/v1.51/#tag/Container/operation/ContainerAttach ("Stream format")
"""

import struct

_CODES = {"stdin": 0, "stdout": 1, "stderr": 2}
_HEADER = struct.Struct(">BxxxI")


def header(stream: str, length_bytes: int) -> bytes:
    """The eight bytes before `length_bytes` bytes of `stream` (stdin, stdout, stderr)."""
    return _HEADER.pack(_CODES[stream], length_bytes)
