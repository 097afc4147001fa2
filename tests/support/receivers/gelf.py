"""A receiver of GELF 1.1 over UDP and TCP, strict about what the format forbids. Run as a program, it is the server.

https://go2docs.graylog.org/current/getting_in_log_data/gelf.html
"""

import gzip
import json
import os
import re
import socket
import sys
import threading
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

FIELD = re.compile(r"_[\w.\-]+")
STANDARD = {"version", "host", "short_message", "full_message", "timestamp", "level", "facility", "line", "file"}
CHUNK = b"\x1e\x0f"
LARGEST_CHUNK_BYTES = 8192


def check(raw: bytes) -> dict[str, Any]:
    """The message; ValueError or AssertionError when it isn't one."""
    message: dict[str, Any] = json.loads(raw)
    assert message["version"] == "1.1", "version must be 1.1"
    assert isinstance(message["host"], str) and message["host"], "host is missing"
    assert isinstance(message["short_message"], str) and message["short_message"], "short_message is missing"
    assert isinstance(message.get("timestamp"), int | float), "timestamp must be a number"
    assert message.get("level") in range(8), "level must be a syslog level"
    for name, value in message.items():
        assert name in STANDARD or FIELD.fullmatch(name), f"invalid additional field {name}"
        assert name != "_id", "_id is reserved"
        assert isinstance(value, str | int | float), f"{name} must be a string or a number"
    return message


def inflate(data: bytes) -> bytes:
    """What a datagram holds, by its first bytes."""
    if data[:2] == b"\x1f\x8b":
        return gzip.decompress(data)
    return zlib.decompress(data) if data[:1] == b"\x78" else data


class Chunks:
    """Puts messages together that came in several datagrams."""

    def __init__(self) -> None:
        self._parts: dict[bytes, dict[int, bytes]] = {}

    def feed(self, datagram: bytes) -> bytes | None:
        """The message that `datagram` completes, if any."""
        if not datagram.startswith(CHUNK):
            return datagram
        assert len(datagram) <= LARGEST_CHUNK_BYTES
        name, number, count = datagram[2:10], datagram[10], datagram[11]
        assert 1 <= count <= 128 and number < count, "invalid chunk"
        parts = self._parts.setdefault(name, {})
        parts[number] = datagram[12:]
        if len(parts) < count:
            return None
        del self._parts[name]
        return b"".join(parts[part] for part in range(count))


def serve_udp(port: int, out: int) -> None:
    """Write each message of each datagram as a line to `out`."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as server:
        server.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4 << 20)
        server.bind(("127.0.0.1", port))
        chunks = Chunks()
        while True:
            whole = chunks.feed(server.recv(65536))
            if whole is not None:
                write(out, inflate(whole), compressed=whole[:1] in (b"\x1f", b"\x78"))


def serve_tcp(port: int, out: int) -> None:
    """Write each message, ended by a null byte, as a line to `out`."""
    with socket.create_server(("127.0.0.1", port)) as server:
        while True:
            connection, _ = server.accept()
            threading.Thread(target=_receive, args=(connection, out), daemon=True).start()


def _receive(connection: socket.socket, out: int) -> None:
    pending = b""
    while data := connection.recv(65536):
        *whole, pending = (pending + data).split(b"\0")
        for message in whole:
            write(out, message, compressed=False)


def write(out: int, raw: bytes, *, compressed: bool) -> None:
    """One line: the message, or what is wrong with it."""
    try:
        line = {"message": check(raw), "compressed": compressed}
    except (AssertionError, ValueError, KeyError) as error:
        line = {"error": repr(error), "raw": raw.decode("utf-8", "replace")}
    os.write(out, json.dumps(line).encode() + b"\n")


class Gelf:
    """A running server; `address` is what `gelf-address` is for it."""

    def __init__(self, network: str, port: int, process: Any, file: Path) -> None:
        self.address = f"{network}://127.0.0.1:{port}"
        self.process = process
        self._network = network
        self._port = port
        self._file = file

    def start(self) -> None:
        """Start it (again), and wait until it serves."""
        from tests.support.receivers.process import accepts
        from tests.support.wait import wait_until

        self.process.start()
        if self._network == "tcp":
            wait_until(lambda: accepts(str(self._port)), "the GELF server to listen")
        else:
            wait_until(lambda: f":{self._port:04X} " in Path("/proc/net/udp").read_text(), "the GELF server to listen")

    def lines(self) -> list[dict[str, Any]]:
        """What it has got: objects with `message`; an `error` fails the test."""
        lines = [json.loads(line) for line in self._file.read_text().splitlines()] if self._file.exists() else []
        assert not [line for line in lines if "error" in line], lines
        return lines

    def texts(self) -> list[str]:
        """The short messages."""
        return [line["message"]["short_message"] for line in self.lines()]


@contextmanager
def gelf(folder: Path, network: str) -> Iterator[Gelf]:
    """A server on `network` (udp, tcp) that writes into `folder`."""
    from tests.support.receivers.process import Process, free_port

    port = free_port(socket.SOCK_DGRAM if network == "udp" else socket.SOCK_STREAM)
    file = folder / "messages"
    process = Process([sys.executable, __file__, network, str(port), str(file)], folder / "gelf.log")
    server = Gelf(network, port, process, file)
    try:
        server.start()
        yield server
    finally:
        process.kill()


if __name__ == "__main__":
    opened = os.open(sys.argv[3], os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    {"udp": serve_udp, "tcp": serve_tcp}[sys.argv[1]](int(sys.argv[2]), opened)
