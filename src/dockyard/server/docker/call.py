"""One request as an endpoint sees it: which version, which name, which query, and the ways to read its body."""

import asyncio
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from aiohttp.web_request import BaseRequest

from dockyard.api.versions import Version
from dockyard.engine.engine import Engine
from dockyard.server.docker.http.body import iterate_blocking, read_whole
from dockyard.server.docker.http.query import Query
from dockyard.server.docker.request_json import Shape, check_content_type, decode


@dataclass(frozen=True, slots=True)
class Call:
    """A request that has been routed. `name` is what the path named (`/containers/{name}/json`), "" for none.

    `confined`: it came on a socket for one label's containers, so nothing in it may reach beyond them.
    """

    engine: Engine
    version: Version
    name: str
    query: Query
    request: BaseRequest
    clock_ns: Callable[[], int]
    buildkit: bool = True
    """Which builder clients are told to ask for."""
    confined: bool = False

    def header(self, name: str) -> str:
        """A header's value, empty when it wasn't sent; bytes that aren't UTF-8 are replaced."""
        return self.request.headers.get(name, "").encode("utf-8", "surrogateescape").decode("utf-8", "replace")

    async def json(self, shape: Shape) -> dict[str, Any]:
        """The body as JSON of `shape`, keys spelled as the API spells them, nulls left out; `{}` for an empty body.

        Raises InvalidParameter, in Docker's words, for a wrong content type, bad JSON, or a value of a wrong type.
        """
        has_body = self.request.can_read_body
        check_content_type(self.header("Content-Type"), has_body)
        return decode(await read_whole(self.request), shape) if has_body else {}

    def body_pieces(self) -> Iterator[bytes]:
        """The body piece by piece, of any size, for code that runs in a thread."""
        return iterate_blocking(self.request, asyncio.get_running_loop())
