"""A receiver of Splunk's HTTP Event Collector protocol, strict about it. Run as a program, it is the server.

https://docs.splunk.com/Documentation/Splunk/latest/Data/HECRESTendpoints
"""

import gzip
import json
import os
import ssl
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

TOKEN = "11111111-2222-3333-4444-555555555555"
KEYS = {"time", "host", "source", "sourcetype", "index", "fields", "event"}


def events(body: str) -> list[dict[str, Any]]:
    """The events of a request's body: objects one after the other. ValueError when they aren't."""
    found, position, decoder = [], 0, json.JSONDecoder()
    while position < len(body):
        event, position = decoder.raw_decode(body, position)
        if not isinstance(event, dict) or set(event) - KEYS or event.get("event") in (None, ""):
            raise ValueError(f"not an event: {event}")
        float(event["time"])
        found.append(event)
        while position < len(body) and body[position].isspace():
            position += 1
    return found


class Handler(BaseHTTPRequestHandler):
    """Answers as the collector does."""

    protocol_version = "HTTP/1.1"

    def do_OPTIONS(self) -> None:
        """Whether the collector is there."""
        self._answer(200, {})

    def do_POST(self) -> None:
        """Take events."""
        body = self.rfile.read(int(self.headers["Content-Length"]))
        if self.path != "/services/collector/event/1.0":
            return self._answer(404, {"text": "The requested URL was not found on this server.", "code": 404})
        if self.headers["Authorization"] != f"Splunk {TOKEN}":
            return self._answer(403, {"text": "Invalid token", "code": 4})
        zipped = self.headers.get("Content-Encoding") == "gzip"
        try:
            found = events((gzip.decompress(body) if zipped else body).decode())
        except (ValueError, KeyError):
            return self._answer(400, {"text": "Invalid data format", "code": 6, "invalid-event-number": 0})
        channel = self.headers.get("X-Splunk-Request-Channel", "")
        lines = [json.dumps({**event, "zipped": zipped, "channel": channel}).encode() + b"\n" for event in found]
        os.write(OUT, b"".join(lines))  # before it is answered
        return self._answer(200, {"text": "Success", "code": 0})

    def _answer(self, status: int, value: dict[str, Any]) -> None:
        data = json.dumps(value).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the name is the base class's
        """Say nothing."""


class Splunk:
    """A running collector; `url` is what `splunk-url` is for it."""

    def __init__(self, url: str, port: int, process: Any, file: Path) -> None:
        self.url = url
        self.process = process
        self._port = port
        self._file = file

    def start(self) -> None:
        """Start it (again), and wait until it serves."""
        from tests.support.receivers.process import accepts
        from tests.support.wait import wait_until

        self.process.start()
        wait_until(lambda: accepts(str(self._port)), "the collector to listen")

    def events(self) -> list[dict[str, Any]]:
        """What it has got."""
        return [json.loads(line) for line in self._file.read_text().splitlines()] if self._file.exists() else []


@contextmanager
def splunk(folder: Path, certificate: Path | None = None, key: Path | None = None) -> Iterator[Splunk]:
    """A collector that writes into `folder`; with a certificate it speaks HTTPS."""
    from tests.support.receivers.process import Process, free_port

    port, file = free_port(), folder / "events"
    files = [str(certificate), str(key)] if certificate is not None else []
    process = Process([sys.executable, __file__, str(port), str(file), *files], folder / "splunk.log")
    server = Splunk(f"{'https' if files else 'http'}://localhost:{port}", port, process, file)
    try:
        server.start()
        yield server
    finally:
        process.kill()


if __name__ == "__main__":
    OUT = os.open(sys.argv[2], os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    http = ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1])), Handler)
    if len(sys.argv) > 3:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(sys.argv[3], sys.argv[4])
        http.socket = context.wrap_socket(http.socket, server_side=True)
    http.serve_forever()
