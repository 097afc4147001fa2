"""A client of bytes for the door's tests: what goes over the socket is seen, not interpreted by a library."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from dockyard.server.docker.door import Door, DoorSettings
from dockyard.server.docker.http.listen import open_listener
from dockyard.server.docker.http.server import HttpServer

NOW_NS = 1_700_000_000_000_000_000


@dataclass
class Reply:
    """An answer taken apart."""

    status: int
    reason: str
    headers: dict[str, str]
    body: bytes = b""

    @property
    def json(self) -> Any:
        return json.loads(self.body)


@dataclass
class Client:
    """One connection."""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter
    sent: bytes = field(default=b"")

    async def send(self, data: bytes) -> None:
        self.writer.write(data)
        await self.writer.drain()

    async def head(self) -> Reply:
        """Reads the head of an answer."""
        raw = (await asyncio.wait_for(self.reader.readuntil(b"\r\n\r\n"), 5)).decode("latin-1")
        status_line, *lines = raw.rstrip().split("\r\n")
        _, status, reason = (status_line + " ").split(" ", 2)
        headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
        return Reply(int(status), reason.strip(), headers)

    async def reply(self) -> Reply:
        """Reads a whole answer."""
        reply = await self.head()
        if "chunked" in reply.headers.get("transfer-encoding", ""):
            while piece := await self.chunk():
                reply.body += piece
        elif "content-length" in reply.headers:
            reply.body = await asyncio.wait_for(self.reader.readexactly(int(reply.headers["content-length"])), 5)
        return reply

    async def chunk(self) -> bytes:
        """Reads one chunk of a chunked body; empty at its end."""
        length = int(await asyncio.wait_for(self.reader.readuntil(b"\r\n"), 5), 16)
        return (await asyncio.wait_for(self.reader.readexactly(length + 2), 5))[:-2]

    async def request(self, method: str, target: str, body: Any = None, headers: dict[str, str] | None = None) -> Reply:
        """Sends a request (a body that isn't bytes goes as JSON) and reads its answer."""
        await self.send(encode_request(method, target, body, headers))
        return await (self.head() if method == "HEAD" else self.reply())

    def close(self) -> None:
        self.writer.close()


def encode_request(method: str, target: str, body: Any = None, headers: dict[str, str] | None = None) -> bytes:
    """A request as bytes."""
    wanted = {"Host": "docker", **(headers or {})}
    data = b""
    if body is not None:
        data = body if isinstance(body, bytes) else json.dumps(body).encode()
        wanted.setdefault("Content-Type", "application/json")
        wanted.setdefault("Content-Length", str(len(data)))
    lines = "".join(f"{name}: {value}\r\n" for name, value in wanted.items() if value)
    return f"{method} {target} HTTP/1.1\r\n{lines}\r\n".encode() + data


class Doorway:
    """A door over a socket, with a stand-in engine behind it."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._clients: list[Client] = []

    async def connect(self) -> Client:
        client = Client(*await asyncio.open_unix_connection(str(self.path)))
        self._clients.append(client)
        return client

    async def request(self, method: str, target: str, body: Any = None, headers: dict[str, str] | None = None) -> Reply:
        """One request on a connection of its own."""
        return await (await self.connect()).request(method, target, body, headers)

    def close(self) -> None:
        for client in self._clients:
            client.close()


@asynccontextmanager
async def doorway(path: Path, engine: Any, **options: Any) -> AsyncIterator[Doorway]:
    """A door for `engine` on the socket `path`."""
    server = HttpServer(Door(engine, DoorSettings("1.2.3", lambda: NOW_NS), **options))
    await server.listen(open_listener(f"unix://{path}"))
    opened = Doorway(path)
    try:
        yield opened
    finally:
        opened.close()
        await server.close(1)
