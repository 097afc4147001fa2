"""One tag's image, or all images of its index, on their way to a registry.

Layers are sent side by side, as many at once as `max-concurrent-uploads` says. What the registry has isn't sent, what
another repository of the same registry has is mounted from there. Leases hold what is being sent.
"""

import asyncio
import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager

from dockyard.spec.image.descriptor import DOCKER_MANIFEST, Descriptor
from dockyard.store.content.digest import digest_of
from dockyard.store.distribution.events import LayerProgress, LayerStatus, Status, Tell
from dockyard.store.distribution.reference import Reference
from dockyard.store.distribution.registry.credentials import Credentials
from dockyard.store.distribution.registry.hosts import Host
from dockyard.store.distribution.registry.repository import Repository
from dockyard.store.distribution.registry.uploads import UploadFile, Uploads
from dockyard.store.images.store import ImageStore, StoredImage
from dockyard.store.layers.chain import chain_ids
from dockyard.store.layers.layer import Layer
from dockyard.store.layers.leases import Lease
from dockyard.store.push.blobs import is_here, make_gzip, opened
from dockyard.store.push.candidates import WholeIndex, read_candidate
from dockyard.store.push.documents import Documents
from dockyard.store.push.mounts import mount_sources
from dockyard.store.push.plan import Candidate, LayerToPush, PushPlan, is_foreign, new_manifest, plan_push
from dockyard.store.push.recover import Recovery
from dockyard.store.push.tools import PushTools
from dockyard.store.push.upload import Upload

TOLD_SECONDS = 0.1
NEW_DIGEST = "the image gets a new digest: blobs that it came as are neither here nor to be had from where it came"


class ImagePush:
    """The images of one tag on their way to `reference` at `host`."""

    def __init__(
        self, tools: PushTools, host: Host, reference: Reference, credentials: Credentials, tell: Tell
    ) -> None:
        self._images = tools.images
        self._content = tools.content
        self._client = tools.client
        self._run = tools.run
        self._now = tools.now
        self._sleep = tools.sleep
        self._limits = tools.limits
        self._host = host
        self._reference = reference
        self._credentials = credentials
        self._tell = tell
        self._slots = asyncio.Semaphore(self._limits.at_once or 1 << 16)
        self._sources: dict[str, list[str]] = {}
        self._mounted: dict[str, str] = {}
        self._repository = self._at_host(())
        self._documents = Documents(tools, lambda: self._repository, tell)
        self._recovery = Recovery(self._images, self._content, self._client, self._run, reference, credentials)

    async def image(self, stored: StoredImage) -> tuple[str, bytes]:
        """Pushes `stored` under the tag; media type and bytes of its manifest."""
        with self._tidied([stored]), self._held(stored) as lease:
            media_type, data = await self._send(stored, _candidates(self._images, stored), lease)
            # before the tag: who verifies what has just got a name finds its signature
            await self._documents.referrers([digest_of(data)])
            await Uploads(self._repository).put_manifest(self._reference.tag, media_type, data)
            lease.add(digest_of(data))
            await self._run(self._images.manifests.put, (media_type, data), stored.id)
            self._name(digest_of(data), stored.id)
        return media_type, data

    async def index(self, index: WholeIndex) -> bool:
        """Pushes all images of an index that came from a registry, and then the index, under the tag.

        False when a blob of one of them can't be had: nothing has been put under the tag then.
        """
        with ExitStack() as held:
            images = [self._images.by_id(image_id) for image_id, _ in index.images]
            held.enter_context(self._tidied(images))
            leases = [held.enter_context(self._held(stored)) for stored in images]
            for stored, lease, (_, candidate) in zip(images, leases, index.images, strict=True):
                _, data = await self._send(stored, [candidate], lease, told=False)
                if data != candidate.data:
                    return False
                await Uploads(self._repository).put_manifest(digest_of(data), candidate.media_type, data)
            for media_type, data in index.companions:
                await self._documents.companion(media_type, data)
            await self._documents.referrers((digest_of(index.data), *(digest_of(one.data) for _, one in index.images)))
            await Uploads(self._repository).put_manifest(self._reference.tag, index.media_type, index.data)
            self._name(digest_of(index.data), index.images[0][0])
        return True

    @contextmanager
    def _held(self, stored: StoredImage) -> Iterator[Lease]:
        """Hold everything of the image; the lease is of content. Raises NotFound when it has just gone."""
        with self._images.layers.lease() as layer_lease, self._images.lease_content() as lease:
            for chain in chain_ids(stored.image.rootfs.diff_ids):
                layer_lease.add(chain)
            for digest in (stored.id, *self._images.manifests.digests_of_image(stored.id)):
                lease.add(digest)
            self._images.config_bytes(stored.id)
            yield lease

    @contextmanager
    def _tidied(self, images: Sequence[StoredImage]) -> Iterator[None]:
        """Afterwards nothing is kept that was only needed on the way."""
        try:
            yield
        finally:
            self._recovery.close()
            diff_ids = frozenset(diff_id for stored in images for diff_id in stored.image.rootfs.diff_ids)
            self._images.drop_blobs(diff_ids, self._recovery.recovered)

    def _name(self, digest: str, image_id: str) -> None:
        canonical = Reference(self._reference.domain, self._reference.path, "", digest)
        if self._images.references.find(canonical) is None:
            self._images.references.put(canonical, image_id)

    def _at_host(self, paths: Iterable[str]) -> Repository:
        """The target, with a token that is good for mounting from the repositories `paths` too."""
        return Repository(
            self._client,
            self._host,
            self._reference,
            self._credentials,
            actions="pull,push",
            more_scopes=sorted(f"repository:{path}:pull" for path in paths),
        )

    async def _send(
        self, stored: StoredImage, candidates: Sequence[Candidate], lease: Lease, *, told: bool = True
    ) -> tuple[str, bytes]:
        """Has everything but the manifest at the registry; the manifest's media type and bytes. `told`: a new digest is
        worth a line."""
        self._sources = mount_sources(self._images, self._reference, _blobs(self._images, stored, candidates))
        self._repository = self._at_host({path for paths in self._sources.values() for path in paths})
        plan = await self._plan(stored, candidates, lease)
        if told and candidates and plan.candidate is None:
            self._tell(Status(f"{self._reference.tag}: {NEW_DIGEST}"))
        once = {_key(step): step for step in plan.layers}
        for step in reversed(plan.layers):
            self._line(step, "Preparing")
        for step in list(reversed(list(once.values())))[self._limits.at_once or len(once) :]:
            self._line(step, "Waiting")
        tasks = {key: asyncio.ensure_future(self._layer(step, lease)) for key, step in reversed(once.items())}
        try:
            await asyncio.gather(*tasks.values())
        finally:
            for task in tasks.values():
                task.cancel()
            await asyncio.gather(*tasks.values(), return_exceptions=True)
        await self._documents.config(stored.id)
        if plan.candidate is not None:
            return plan.candidate.media_type, plan.candidate.data
        blobs = [tasks[_key(step)].result() for step in plan.layers]
        return DOCKER_MANIFEST, new_manifest(stored.id, len(self._images.config_bytes(stored.id)), blobs)

    async def _plan(self, stored: StoredImage, candidates: Sequence[Candidate], lease: Lease) -> PushPlan:
        layers = self._images.layers_of(stored)
        there: dict[str, bool] = {}

        def can_be_had(layer: Layer, blob: Descriptor) -> bool:
            return is_here(self._content, layer, blob) or there.get(blob.digest, False)

        for candidate in candidates:
            for blob in candidate.manifest.layers:
                here = self._content.info(blob.digest) is not None or blob.digest in stored.image.rootfs.diff_ids
                if not here and not is_foreign(blob) and blob.digest not in there:
                    uploads = Uploads(self._repository)
                    there[blob.digest] = await uploads.has(blob.digest) or await self._mount(uploads, blob.digest)
            for layer, blob in zip(layers, candidate.manifest.layers, strict=False):
                missing = not is_foreign(blob) and not can_be_had(layer, blob)
                if missing and not await self._recovery.have(stored, layer, blob, lease):
                    break
            plan = plan_push(layers, [candidate], can_be_had)
            if plan.candidate is not None:
                return plan
        return plan_push(layers, (), can_be_had)

    async def _made(self, layer: Layer, lease: Lease) -> tuple[str, int]:
        """A gzip blob of the layer, kept here as long as `lease` lasts; digest and size."""
        while True:
            threads = os.cpu_count() or 1
            digest, size = await self._run(make_gzip, self._images.layers, self._content, layer, threads)
            lease.add(digest)
            if self._content.info(digest) is not None:  # or another push, that ended just now, has dropped it
                return digest, size

    async def _layer(self, step: LayerToPush, lease: Lease) -> tuple[str, int]:
        """Has one layer at the registry; digest and size of its blob."""
        if step.blob is not None and is_foreign(step.blob):
            self._line(step, "Skipped foreign layer")
            return step.blob.digest, step.blob.size
        async with self._slots:
            if step.blob is not None:
                digest, size = step.blob.digest, step.blob.size
            else:
                digest, size = await self._made(step.layer, lease)
            uploads = Uploads(self._repository)
            if digest not in self._mounted and await uploads.has(digest):
                self._line(step, "Layer already exists")
                return digest, size
            if digest in self._mounted or await self._mount(uploads, digest):
                self._line(step, f"Mounted from {self._mounted[digest]}")
                return digest, size
            upload = Upload(uploads, attempts=self._limits.attempts, now=self._now, sleep=self._sleep)
            with ExitStack() as stack:
                context = opened(self._images.layers, self._content, step.layer, digest)
                file = await self._run(stack.enter_context, context)
                await upload.send(file, self._progress(step, file), lambda seconds: self._retrying(step, seconds))
            self._line(step, "Pushed")
            return digest, size

    async def _mount(self, uploads: Uploads, digest: str) -> bool:
        """Whether another repository of this registry had the blob, and it could be mounted from there."""
        for path in self._sources.get(digest, ()):
            if await uploads.mount(digest, path):
                self._mounted[digest] = path
                return True
        return False

    def _progress(self, step: LayerToPush, file: UploadFile) -> Callable[[int], None]:
        loop = asyncio.get_running_loop()
        due = loop.time()

        def sent(position: int) -> None:
            nonlocal due
            if loop.time() >= due:
                due = loop.time() + TOLD_SECONDS
                self._tell(LayerProgress(_digits(step), "Pushing", position, file.size))

        return sent

    def _line(self, step: LayerToPush, text: str) -> None:
        self._tell(LayerStatus(_digits(step), text))

    def _retrying(self, step: LayerToPush, seconds: int) -> None:
        self._line(step, f"Retrying in {seconds} second{'s' if seconds != 1 else ''}")


def _key(step: LayerToPush) -> tuple[str, str]:
    """What needn't be sent twice. One archive may be in an image as two blobs."""
    return step.layer.diff_id, "" if step.blob is None else step.blob.digest


def _digits(step: LayerToPush) -> str:
    return step.layer.diff_id[7:19]


def _candidates(images: ImageStore, stored: StoredImage) -> list[Candidate]:
    """The manifests that the image came with, newest first."""
    rows = reversed(images.manifests.of_image(stored.id))
    return [found for row in rows if (found := read_candidate(images, row)) is not None]


def _blobs(images: ImageStore, stored: StoredImage, candidates: Sequence[Candidate]) -> set[str]:
    """Digests of all blobs that the image's layers may be sent as."""
    kept = {row.digest for diff_id in stored.image.rootfs.diff_ids for row in images.layers.blobs(diff_id)}
    return kept.union(*({blob.digest for blob in one.manifest.layers} for one in candidates))
