"""Where caches of builds lie, given an engine: at registries, with the client's credentials; in its own folders."""

from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from dockyard.builder.export.contract import ClientContent, Moved, Receiver, Report
from dockyard.builder.remotecache.contract import CachePlace
from dockyard.engine.builds.exports import CredentialsFor
from dockyard.errors import InvalidParameter, NotFound
from dockyard.spec.image.descriptor import INDEX_TYPES, MANIFEST_TYPES, Descriptor
from dockyard.store.content.digest import digest_of
from dockyard.store.distribution.events import LayerProgress, Tell, TransferEvent
from dockyard.store.distribution.reference import Reference, parse_reference
from dockyard.store.pull.plan import LayerStep
from dockyard.store.push.parcel import Parcel

if TYPE_CHECKING:
    from dockyard.engine.registries.for_builds import BuildTransfers
    from dockyard.store.distribution.registry.repository import BlobBody, Repository

_SMALL_BYTES = 16 << 20
Transfers = Callable[[], "BuildTransfers"]


@dataclass(frozen=True, slots=True)
class EngineCachePlaces:
    """See CachePlaces. `transfers`: asked for when there is something to transfer."""

    transfers: "Transfers"
    receiver: Receiver
    credentials: CredentialsFor

    def registry(self, reference: str, *, insecure: bool) -> CachePlace:
        """See CachePlaces."""
        return _AtRegistry(self.transfers, parse_reference(reference), self.credentials, insecure)

    def client(self, name: str, digest: str) -> CachePlace:
        """See CachePlaces."""
        return _AtClient(self.transfers, self.receiver.content(name), digest)

    async def send(self, reference: str, parcel: Parcel, *, insecure: bool, report: Report) -> None:
        """See CachePlaces."""
        name = parse_reference(reference)
        with report.step(f"writing layers to {reference}") as moved:
            await self.transfers().send(
                name,
                parcel,
                await self.credentials(name),
                lambda digest, current, total: moved(current, total),  # noqa: ARG005
                insecure=insecure,
            )


@dataclass(slots=True)
class _AtRegistry:
    transfers: "Transfers"
    reference: Reference
    credentials: CredentialsFor
    insecure: bool
    repository: "Repository | None" = field(default=None)

    async def root(self) -> bytes:
        """See CachePlace."""
        credentials = await self.credentials(self.reference)
        self.repository, found = await self.transfers().read(self.reference, credentials, insecure=self.insecure)
        return found.data

    async def read(self, blob: Descriptor) -> bytes:
        """See CachePlace."""
        from dockyard.store.pull.small import fetch_small

        assert self.repository is not None
        if blob.media_type in MANIFEST_TYPES or blob.media_type in INDEX_TYPES:
            return (await self.repository.manifest(blob.digest)).data
        return await fetch_small(self.repository, blob)

    async def fetch(self, steps: Sequence[LayerStep], moved: Moved) -> str:
        """See CachePlace."""
        assert self.repository is not None
        return await self.transfers().have_layers(steps, self.repository, _teller(moved))


@dataclass(frozen=True, slots=True)
class _AtClient:
    """Also a Source of blobs for downloads."""

    transfers: "Transfers"
    store: ClientContent
    digest: str

    async def root(self) -> bytes:
        """See CachePlace."""
        size = await self.store.size(self.digest)
        if size is None:
            raise NotFound(f"{self.digest}: not found in the client's cache")
        return await self.read(Descriptor("", self.digest, size))

    async def read(self, blob: Descriptor) -> bytes:
        """See CachePlace."""
        data = b""
        async for piece in self.store.read(blob.digest):
            data += piece
            if len(data) > min(blob.size, _SMALL_BYTES):
                break
        if len(data) != blob.size or digest_of(data) != blob.digest:
            raise InvalidParameter(f"{blob.digest}: the client's cache has other bytes")
        return data

    async def fetch(self, steps: Sequence[LayerStep], moved: Moved) -> str:
        """See CachePlace."""
        return await self.transfers().have_layers(steps, self, _teller(moved))

    @asynccontextmanager
    async def blob(self, digest: str, start: int = 0) -> "AsyncIterator[BlobBody]":
        """See Source."""
        from dockyard.store.distribution.registry.repository import BlobBody

        yield BlobBody(start, await self.store.size(digest), self.store.read(digest, start))


def _teller(moved: Moved) -> Tell:
    def tell(event: TransferEvent) -> None:
        if isinstance(event, LayerProgress):
            moved(event.current, event.total)

    return tell
