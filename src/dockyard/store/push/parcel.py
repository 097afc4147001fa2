"""A parcel: manifests with everything below them, sent to a repository though the store has no image of that name.

What builds export: images, indexes with attestations, build caches. Layers go side by side; what the registry has isn't
sent, what another of its repositories has is mounted from there. The root comes last: until then nothing has a name.
"""

import asyncio
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass

from dockyard.spec.image.descriptor import INDEX_TYPES, MANIFEST_TYPES
from dockyard.store.content.digest import digest_of
from dockyard.store.distribution.reference import Reference
from dockyard.store.distribution.registry.credentials import Credentials
from dockyard.store.distribution.registry.hosts import Host
from dockyard.store.distribution.registry.repository import Repository
from dockyard.store.distribution.registry.uploads import UploadFile, Uploads
from dockyard.store.layers import Layer
from dockyard.store.push.blobs import opened
from dockyard.store.push.mounts import mount_sources
from dockyard.store.push.tools import PushTools
from dockyard.store.push.upload import Upload

Moved = Callable[[str, int, int], None]
"""Told how many bytes of how many of a blob have gone."""


@dataclass(frozen=True, slots=True)
class Parcel:
    """What to send. `layers` by digest of their blobs; `documents` what is small: media type and bytes, those that
    others refer to first, the root last."""

    layers: Mapping[str, Layer]
    documents: Sequence[tuple[str, bytes]]

    @property
    def root(self) -> tuple[str, bytes]:
        """The manifest or index that gets the name."""
        return self.documents[-1]


class ParcelPush:
    """Parcels on their way to the repository of `reference` at `host`."""

    def __init__(
        self, tools: PushTools, host: Host, reference: Reference, credentials: Credentials, moved: Moved
    ) -> None:
        self._tools = tools
        self._host = host
        self._reference = reference
        self._credentials = credentials
        self._moved = moved
        self._slots = asyncio.Semaphore(tools.limits.at_once or 1 << 16)
        self._sources: dict[str, list[str]] = {}

    async def send(self, parcel: Parcel, *, by_digest: bool = False) -> str:
        """Send all; the root's digest. Hold a lease on the layers. Raises RegistryFailure."""
        tools = self._tools
        self._sources = mount_sources(tools.images, self._reference, set(parcel.layers))
        scopes = {f"repository:{path}:pull" for paths in self._sources.values() for path in paths}
        repository = Repository(
            tools.client,
            self._host,
            self._reference,
            self._credentials,
            actions="pull,push",
            more_scopes=sorted(scopes),
        )
        blobs = [(digest, self._layer_file(layer, digest)) for digest, layer in parcel.layers.items()]
        manifests: dict[str, tuple[str, bytes]] = {}
        for media_type, data in parcel.documents:
            if media_type in MANIFEST_TYPES or media_type in INDEX_TYPES:
                manifests[digest_of(data)] = (media_type, data)
            else:
                blobs.append((digest_of(data), _bytes_file(data)))
        tasks = [asyncio.ensure_future(self._blob(repository, digest, file)) for digest, file in dict(blobs).items()]
        try:
            await asyncio.gather(*tasks)
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
        root = digest_of(parcel.root[1])
        for digest, (media_type, data) in manifests.items():
            name = self._reference.tag if digest == root and not by_digest else digest
            await Uploads(repository).put_manifest(name, media_type, data)
        return root

    async def _blob(self, repository: Repository, digest: str, file: AbstractContextManager[UploadFile]) -> None:
        tools = self._tools
        async with self._slots:
            uploads = Uploads(repository)
            if await uploads.has(digest):
                return
            for path in self._sources.get(digest, ()):
                if await uploads.mount(digest, path):
                    return
            upload = Upload(uploads, attempts=tools.limits.attempts, now=tools.now, sleep=tools.sleep)
            with ExitStack() as stack:
                opened_file = await tools.run(stack.enter_context, file)
                size = opened_file.size
                await upload.send(opened_file, lambda sent: self._moved(digest, sent, size), lambda seconds: None)  # noqa: ARG005

    def _layer_file(self, layer: Layer, digest: str) -> AbstractContextManager[UploadFile]:
        return opened(self._tools.images.layers, self._tools.content, layer, digest)


@contextmanager
def _bytes_file(data: bytes) -> Iterator[UploadFile]:
    async def read(descriptor: int, size: int, position: int) -> bytes:
        del descriptor
        return data[position : position + size]

    yield UploadFile(-1, digest_of(data), len(data), read)
