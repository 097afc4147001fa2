"""The way of one request: target, route, version, endpoint, answer, error.

Headers that every routed answer carries are set here. An endpoint whose work must not be left half done runs shielded:
when its client goes away, it goes on and its answer is dropped; one that only waits or streams is cancelled.

https://docs.docker.com/reference/api/engine/version/v1.55/ ("Versioning")
"""

import asyncio
import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from aiohttp.web_request import BaseRequest
from aiohttp.web_response import StreamResponse

from dockyard.api.media_types import API_VERSION_HEADER, EXPERIMENTAL_HEADER, OS_TYPE_HEADER
from dockyard.api.routes import EXTENSIONS, ROUTES
from dockyard.api.versions import (
    MAXIMUM,
    MAXIMUM_VERSION,
    MINIMUM,
    MINIMUM_VERSION,
    Version,
    parse_version,
)
from dockyard.engine.engine import Engine
from dockyard.errors import InvalidParameter, NotImplementedYet
from dockyard.server.docker.admission import admit
from dockyard.server.docker.call import Call
from dockyard.server.docker.compat.minimum_versions import check_operation
from dockyard.server.docker.endpoints.table import ENDPOINTS, Endpoint
from dockyard.server.docker.errors import PAGE_NOT_FOUND, answer_error
from dockyard.server.docker.http.answers import Answer, EmptyAnswer
from dockyard.server.docker.http.perform import perform
from dockyard.server.docker.http.query import Query
from dockyard.server.docker.routing import Match, Router, split_target
from dockyard.server.docker.scope import Scope

LOG = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class DoorSettings:
    """What the door says of the daemon in headers, and the clock that it reads (nanoseconds since the epoch)."""

    server_version: str
    clock_ns: Callable[[], int]
    experimental: bool = False
    buildkit: bool = True
    """Clients are told to build with BuildKit's API."""


class Door:
    """Answers requests with the engine. `await door(request)` is an aiohttp low-level handler.

    With `scope`, only what that covers; a door for each listening socket may have its own.
    """

    def __init__(
        self,
        engine: Engine,
        settings: DoorSettings,
        endpoints: Mapping[str, Endpoint] = ENDPOINTS,
        scope: Scope | None = None,
    ) -> None:
        self._engine = engine
        self._scope = scope
        self._clock_ns = settings.clock_ns
        self._buildkit = settings.buildkit
        self._router = Router((*EXTENSIONS, *ROUTES))
        self._endpoints = endpoints
        self._shielded: set[asyncio.Task[Answer]] = set()
        self._headers = {
            API_VERSION_HEADER: MAXIMUM_VERSION,
            EXPERIMENTAL_HEADER: "true" if settings.experimental else "false",
            OS_TYPE_HEADER: "linux",
            "Server": f"Docker/{settings.server_version} (linux)",
        }

    async def __call__(self, request: BaseRequest) -> StreamResponse:
        """Answers one request; never raises but for a client that is gone."""
        target = split_target(request.raw_path)
        match = self._router.find(request.method, target.path)
        if match is None:
            answer: Answer = EmptyAnswer(200) if request.method == "OPTIONS" else PAGE_NOT_FOUND
            return await perform(request, answer, self._headers)
        version = parse_version(target.version) if target.version else MAXIMUM
        LOG.debug("handling %s request %s", request.method, request.raw_path)
        try:
            check_version(target.version, version)
            check_operation(match.operation, request.method, match.template, version)
            call = Call(self._engine, version, match.name, Query(target.query), request, self._clock_ns, self._buildkit)
            if self._scope is not None:
                call = await admit(self._scope, match.operation, call)
            answer = await self._run(match, call)
            return await perform(request, answer, self._headers)
        except Exception as error:
            if request.transport is None or isinstance(error, ConnectionResetError):
                raise ConnectionResetError("the client went away") from error
            answer = answer_error(error, version, match.operation)
            return await perform(request, answer, self._headers)

    async def _run(self, match: Match, call: Call) -> Answer:
        endpoint = self._endpoints.get(match.operation)
        if endpoint is None:
            where = f"{call.request.method} {match.template}"
            raise NotImplementedYet(f"{match.operation} ({where}) is not implemented by Dockyard yet")
        if endpoint.waits:
            return await endpoint.handle(call)
        task = asyncio.ensure_future(endpoint.handle(call))
        self._shielded.add(task)
        task.add_done_callback(self._forget)
        return await asyncio.shield(task)

    def _forget(self, task: "asyncio.Task[Answer]") -> None:
        self._shielded.discard(task)
        if not task.cancelled() and task.exception() is not None:
            LOG.debug("a request ended with an error: %s", task.exception())


def check_version(named: str, version: Version) -> None:
    """Raises InvalidParameter, in Docker's words, for a version outside the range that is served."""
    if version < MINIMUM:
        raise InvalidParameter(
            f"client version {named} is too old. Minimum supported API version is {MINIMUM_VERSION}, "
            "please upgrade your client to a newer version"
        )
    if version > MAXIMUM:
        raise InvalidParameter(f"client version {named} is too new. Maximum supported API version is {MAXIMUM_VERSION}")
