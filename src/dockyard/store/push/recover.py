"""Blobs that a manifest names and that weren't kept: made again, or fetched from where the image came from.

    made again    its first bytes tell who may have made it (content/remake.py); the digest of the whole decides
    fetched       from the repositories that the image has digests of, one after another

What is recovered lies in the content store, leased, until the push is over.
"""

import asyncio
from collections.abc import Awaitable, Callable

from dockyard.errors import DockyardError, InvalidParameter
from dockyard.spec.image.descriptor import Descriptor
from dockyard.store.content import ContentStore
from dockyard.store.content.remake import makers
from dockyard.store.distribution.reference import Reference
from dockyard.store.distribution.registry.client import RegistryClient
from dockyard.store.distribution.registry.credentials import ANONYMOUS, Credentials
from dockyard.store.distribution.registry.fallback import from_hosts
from dockyard.store.distribution.registry.hosts import Host
from dockyard.store.distribution.registry.repository import Repository
from dockyard.store.images.store import ImageStore, StoredImage
from dockyard.store.layers.layer import Layer
from dockyard.store.layers.leases import Lease
from dockyard.store.threads import RunInThread


class Recovery:
    """Recovers blobs for a push to `target`, whose user's `credentials` count for its registry alone."""

    def __init__(
        self,
        images: ImageStore,
        content: ContentStore,
        client: RegistryClient,
        run: RunInThread,
        target: Reference,
        credentials: Credentials,
    ) -> None:
        self._images = images
        self._content = content
        self._client = client
        self._run = run
        self._target = target
        self._credentials = credentials
        self._over = False
        self.recovered: set[str] = set()

    async def have(self, stored: StoredImage, layer: Layer, blob: Descriptor, lease: Lease) -> bool:
        """Whether the blob of the image's layer is in the content store now; `lease` (of content) holds it."""
        lease.add(blob.digest)
        if self._content.info(blob.digest) is not None:
            return True
        if not await self._run(self._make, layer, blob) and not await self._fetch(stored, blob):
            return False
        self.recovered.add(blob.digest)
        return True

    def _make(self, layer: Layer, blob: Descriptor) -> bool:
        dropped = next(
            (one for one in self._images.layers.dropping.of(layer.diff_id) if one.digest == blob.digest), None
        )
        if dropped is None:
            return False
        try:
            archive = lambda: self._images.layers.tar_stream(layer.chain_id)  # noqa: E731
            for maker in makers(dropped.beginning, dropped.compression, archive):
                with self._content.writer() as writer:
                    maker.write(archive, writer)
                    if writer.digest == blob.digest and not self._over:
                        writer.commit(blob.digest, blob.size)
                        return True
        except DockyardError:
            return False  # an archive that can't be put together any more: the registry may still have the blob
        return False

    async def _fetch(self, stored: StoredImage, blob: Descriptor) -> bool:
        names = {one.name: one for one in self._images.references.of_image(stored.id) if one.digest}
        for reference in names.values():
            who = self._credentials if reference.domain == self._target.domain else ANONYMOUS
            try:
                hosts = [one for one in await self._client.hosts(reference.domain) if "pull" in one.verbs]
                if hosts:
                    await from_hosts(self._client, hosts, self._copy(reference, who, blob))
                    return True
            except DockyardError:
                continue
        return False

    def close(self) -> None:
        """The push is over: a thread that still compresses for it keeps nothing."""
        self._over = True

    def _copy(self, reference: Reference, who: Credentials, blob: Descriptor) -> Callable[[Host], Awaitable[None]]:
        async def copy(host: Host) -> None:
            repository = Repository(self._client, host, reference, who)
            with self._content.writer() as writer:
                async with repository.blob(blob.digest, tries=3) as body:
                    async for piece in body.pieces:
                        writer.write(piece)
                        if writer.size > blob.size:
                            raise InvalidParameter(f"blob {blob.digest}: longer than {blob.size} bytes")
                await _finished(self._run(writer.commit, blob.digest, blob.size))

        return copy


async def _finished(work: Awaitable[object]) -> None:
    """Waits for a thread also when the push is cancelled: it works on a file that the caller closes."""
    task = asyncio.ensure_future(work)
    try:
        await asyncio.shield(task)
    except asyncio.CancelledError:
        await asyncio.wait([task])
        raise
