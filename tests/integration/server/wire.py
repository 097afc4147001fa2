"""A connection to an engine's socket whose bytes are seen: what HTTP libraries hide."""

import socket
from types import TracebackType
from typing import Self

HEADER_BYTES = 8


class Wire:
    """One connection; reads fail after ten seconds."""

    def __init__(self, path: str) -> None:
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.settimeout(10)
        self.socket.connect(path)
        self.rest = b""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.socket.close()

    def send(self, data: bytes) -> None:
        """Sends bytes."""
        self.socket.sendall(data)

    def post(self, target: str, body: bytes = b"", upgrade: bool = True) -> None:
        """Sends a POST, with the headers of an upgrade if wished."""
        headers = "Connection: Upgrade\r\nUpgrade: tcp\r\n" if upgrade else ""
        content = f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n" if body else ""
        self.send(f"POST {target} HTTP/1.1\r\nHost: d\r\n{headers}{content}\r\n".encode() + body)

    def head(self) -> tuple[int, dict[str, str]]:
        """Reads the head of an answer: status and headers (names in lower case)."""
        while b"\r\n\r\n" not in self.rest:
            piece = self.socket.recv(65536)
            assert piece, f"the connection ended within the head: {self.rest!r}"
            self.rest += piece
        head, _, self.rest = self.rest.partition(b"\r\n\r\n")
        status_line, *lines = head.decode("latin-1").split("\r\n")
        headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
        return int(status_line.split()[1]), headers

    def skip(self, length: int) -> None:
        """Reads and drops a body of `length` bytes."""
        while len(self.rest) < length:
            self.rest += self.socket.recv(65536)
        self.rest = self.rest[length:]

    def half_close(self) -> None:
        """Nothing more will be sent."""
        self.socket.shutdown(socket.SHUT_WR)

    def everything(self) -> bytes:
        """What comes until the other side closes."""
        data, self.rest = self.rest, b""
        while piece := self.socket.recv(65536):
            data += piece
        return data

    def until(self, mark: bytes) -> bytes:
        """What comes until `mark` is among it."""
        while mark not in self.rest:
            piece = self.socket.recv(65536)
            assert piece, f"ended before {mark!r}: {self.rest!r}"
            self.rest += piece
        data, self.rest = self.rest, b""
        return data


def frames(data: bytes) -> dict[int, bytes]:
    """The payloads of Docker's frames, joined by stream; the data must end with a whole frame."""
    streams: dict[int, bytes] = {}
    while data:
        stream, length = data[0], int.from_bytes(data[4:HEADER_BYTES], "big")
        assert data[1:4] == b"\0\0\0", data[:HEADER_BYTES]
        assert len(data) >= HEADER_BYTES + length
        streams[stream] = streams.get(stream, b"") + data[HEADER_BYTES : HEADER_BYTES + length]
        data = data[HEADER_BYTES + length :]
    return streams
