"""A registry of the tests' own that does what tests tell it, above all what no registry should do.

with faulty_registry({"app": {"latest": pack}}) as it:
    it.fault = lambda request: Answer(…) or None        # None: the right answer
    it.asked → [("GET", "/v2/app/manifests/latest", {…headers}), …]
"""

import re
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import ClassVar

from tests.support.packs import Pack, digest_of


@dataclass
class Asked:
    """A request. `headers` by lower-case name."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes = b""

    @property
    def blob(self) -> str:
        """The digest of the blob that is asked for, or empty."""
        found = re.fullmatch(r"/v2/.+/blobs/(sha256:[0-9a-f]+)", self.path.partition("?")[0])
        return found[1] if found and self.method == "GET" else ""


@dataclass
class Answer:
    """An answer. `length`: what Content-Length says (None: none is sent). `cut_after`: bytes sent before the connection
    is cut. `endless`: the body is repeated for ever. `hold`: waited for after `hold_after` bytes."""

    status: int = 200
    body: bytes = b""
    headers: dict[str, str] = field(default_factory=dict)
    length: int | None = -1
    cut_after: int | None = None
    endless: bool = False
    hold: threading.Event | None = None
    hold_after: int = 0


class FaultyRegistry:
    """See the module. `address` is host and port."""

    def __init__(self, repositories: Mapping[str, Mapping[str, Pack]]) -> None:
        self.repositories = repositories
        self.fault: Callable[[Asked], Answer | None] = lambda asked: None
        self.asked: list[Asked] = []
        self.address = ""

    def right(self, asked: Asked) -> Answer:
        """What an honest registry answers."""
        path = asked.path.partition("?")[0]
        if path.rstrip("/") == "/v2":
            return Answer(body=b"{}")
        found = re.fullmatch(r"/v2/(.+)/(manifests|blobs|tags)/(.+)", path)
        packs = self.repositories.get(found[1], {}) if found else {}
        if found is None or not packs:
            return refusal(404, "NAME_UNKNOWN", "repository name not known to registry")
        kind, name = found[2], found[3]
        if kind == "tags":
            tags = ", ".join(f'"{tag}"' for tag in packs)
            return Answer(body=f'{{"name": "{found[1]}", "tags": [{tags}]}}'.encode())
        if kind == "blobs":
            for pack in packs.values():
                if name in pack.blobs:
                    return ranged(pack.blobs[name], asked)
            return refusal(404, "BLOB_UNKNOWN", "blob unknown to registry")
        by_name = {digest_of(data): (kind, data) for pack in packs.values() for kind, data in pack.manifests}
        by_name |= {tag: pack.manifests[-1] for tag, pack in packs.items()}
        if name not in by_name:
            return refusal(404, "MANIFEST_UNKNOWN", "manifest unknown")
        media_type, data = by_name[name]
        headers = {"Content-Type": media_type, "Docker-Content-Digest": digest_of(data)}
        return Answer(body=data, headers=headers)

    def blobs_asked(self) -> list[Asked]:
        """Requests for blobs."""
        return [asked for asked in self.asked if asked.blob]


def refusal(status: int, code: str, message: str, **headers: str) -> Answer:
    """An error in the registry's form."""
    body = f'{{"errors": [{{"code": "{code}", "message": "{message}"}}]}}'.encode()
    return Answer(status, body, {"Content-Type": "application/json", **headers})


def ranged(data: bytes, asked: Asked) -> Answer:
    """A blob, or the part of it that a Range header wants."""
    found = re.fullmatch(r"bytes=(\d+)-", asked.headers.get("range", ""))
    if found is None:
        return Answer(body=data)
    start = int(found[1])
    return Answer(206, data[start:], {"Content-Range": f"bytes {start}-{len(data) - 1}/{len(data)}"})


@contextmanager
def faulty_registry(
    repositories: Mapping[str, Mapping[str, Pack]], host: str = "127.0.0.1"
) -> Iterator[FaultyRegistry]:
    """Serve `repositories` (packs by tag, by repository) until the block ends."""
    registry = FaultyRegistry(repositories)

    class Handler(_Handler):
        served = registry

    server = ThreadingHTTPServer((host, 0), Handler)
    server.daemon_threads = True
    registry.address = f"{host}:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield registry
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    served: ClassVar[FaultyRegistry]

    def do_GET(self) -> None:
        asked = Asked(self.command, self.path, {name.lower(): value for name, value in self.headers.items()})
        asked.body = self.rfile.read(int(asked.headers.get("content-length", 0)))
        self.served.asked.append(asked)
        self._send(self.served.fault(asked) or self.served.right(asked))

    do_HEAD = do_POST = do_PUT = do_PATCH = do_DELETE = do_GET  # noqa: N815

    def _send(self, answer: Answer) -> None:
        self.send_response(answer.status)
        length = len(answer.body) if answer.length == -1 else answer.length
        headers = dict(answer.headers)
        if length is not None:
            headers.setdefault("Content-Length", str(length))
        else:
            headers["Connection"] = "close"
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()
        if self.command == "HEAD":
            return
        try:
            self._body(answer)
        except OSError:
            self.close_connection = True
        if length is None:
            self.close_connection = True

    def _body(self, answer: Answer) -> None:
        while answer.endless:
            self.wfile.write(answer.body)
        if answer.hold is not None:
            self.wfile.write(answer.body[: answer.hold_after])
            self.wfile.flush()
            answer.hold.wait(60)
            self.wfile.write(answer.body[answer.hold_after :])
            return
        self.wfile.write(answer.body if answer.cut_after is None else answer.body[: answer.cut_after])
        if answer.cut_after is not None:
            self.wfile.flush()
            self.connection.shutdown(2)
            self.close_connection = True

    def log_message(self, *_: object) -> None:
        pass
