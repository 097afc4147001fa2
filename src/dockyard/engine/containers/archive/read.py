"""A path of a container as an archive."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import dataclass
from typing import Self

from dockyard.engine.containers.archive.look import NamedStatus
from dockyard.engine.containers.archive.paths import base_name, cleaned
from dockyard.engine.containers.archive.place import file_not_found, visiting
from dockyard.engine.containers.collection import Entry
from dockyard.engine.containers.services import Services
from dockyard.errors import NotFound
from dockyard.supervisor.visit_client import read_archive


class HeldPieces:
    """Pieces of an archive; the container is let go with the last one, or with `aclose`."""

    def __init__(self, pieces: AsyncIterator[bytes], held: AsyncExitStack) -> None:
        self._pieces = pieces
        self._held = held

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> bytes:
        try:
            return await anext(self._pieces)
        except BaseException:
            await self.aclose()
            raise

    async def aclose(self) -> None:
        """End the copy; may be called again."""
        await self._held.aclose()


@dataclass(frozen=True, slots=True)
class PathArchive:
    """What is at a path, and it as a tar stream."""

    status: NamedStatus
    pieces: HeldPieces


async def read(services: Services, entry: Entry, ref: str, path: str) -> PathArchive:
    """The archive of `path`. NotFound in Docker's words, SystemFailure, before the first piece."""
    wanted = cleaned(path)
    async with AsyncExitStack() as held:
        request = await held.enter_async_context(visiting(services, entry, "read", wanted))
        try:
            opened = await read_archive(services.supervisor, request)
        except NotFound as error:
            raise NotFound(file_not_found(path, ref)) from error
        held.push_async_callback(opened.close)
        services.announce(entry.record, "archive-path")
        return PathArchive(NamedStatus(base_name(wanted), opened.status), HeldPieces(opened.pieces, held.pop_all()))
    raise AssertionError("unreachable")
