"""Contexts that come as the body of a request: of the build itself, or of a second one that names the build."""

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass

from dockyard.errors import AlreadyExists, NotFound

_WAIT_SECONDS = 5.0
BODY_URL = "http://buildkit-session/request-body"
"""What the frontend is told instead of a context's URL."""


@dataclass(frozen=True, slots=True)
class Offered:
    """A body, read in a thread; `taken` is to be set when it has been."""

    chunks: Iterator[bytes]
    taken: asyncio.Event


class Uploads:
    """Bodies by the id of the build that they are for. Used on the event loop's thread."""

    def __init__(self) -> None:
        self._offered: dict[str, Offered] = {}
        self._changed = asyncio.Condition()

    async def offer(self, build_id: str, chunks: Iterator[bytes]) -> None:
        """Wait until the build has taken the body. Raises AlreadyExists, and NotFound when no build wants it."""
        if build_id in self._offered:
            raise AlreadyExists(f"there is an upload for the build {build_id} already")
        offered = self._offered[build_id] = Offered(chunks, asyncio.Event())
        try:
            async with self._changed:
                self._changed.notify_all()
            await offered.taken.wait()
        finally:
            self._offered.pop(build_id, None)

    async def take(self, build_id: str) -> Offered:
        """The body for a build, waited for a while. Raises NotFound."""
        try:
            async with asyncio.timeout(_WAIT_SECONDS), self._changed:
                while (found := self._offered.pop(build_id, None)) is None:
                    await self._changed.wait()
        except TimeoutError:
            raise NotFound(f"no upload for the build {build_id}") from None
        return found
