"""`docker push`: find what the name means here, have all blobs at the registry, then the manifest, under each tag.

Layers are sent side by side, as many at once as `max-concurrent-uploads` says. What the registry has isn't sent, what
another repository of the same registry has is mounted from there. Leases hold what is being sent.
"""

import asyncio
import json
import os
from collections.abc import Awaitable, Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import datetime

from dockyard.errors import DockyardError, InvalidParameter, NotFound, SystemFailure
from dockyard.spec.image.descriptor import DOCKER_MANIFEST, MANIFEST_TYPES, Descriptor, Platform
from dockyard.spec.image.manifest import manifest_from_json
from dockyard.store.content import ContentStore
from dockyard.store.content.digest import digest_of
from dockyard.store.distribution.events import LayerProgress, LayerStatus, Pushed, Status, Tell
from dockyard.store.distribution.reference import Reference
from dockyard.store.distribution.registry.client import RegistryClient
from dockyard.store.distribution.registry.credentials import ANONYMOUS, Credentials
from dockyard.store.distribution.registry.failures import RegistryFailure
from dockyard.store.distribution.registry.fallback import from_hosts
from dockyard.store.distribution.registry.hosts import Host
from dockyard.store.distribution.registry.repository import Repository
from dockyard.store.distribution.registry.uploads import UploadFile, Uploads
from dockyard.store.images.platforms import of_platform
from dockyard.store.images.store import ImageStore, StoredImage
from dockyard.store.layers.chain import chain_ids
from dockyard.store.push.blobs import is_here, make_gzip, opened, small_file
from dockyard.store.push.mounts import mount_sources
from dockyard.store.push.plan import Candidate, LayerToPush, PushPlan, is_foreign, new_manifest, plan_push
from dockyard.store.push.upload import Upload
from dockyard.store.threads import RunInThread

TOLD_SECONDS = 0.1


@dataclass(frozen=True, slots=True)
class PushRequest:
    """What to push: one tag, or, without one, all tags of the repository that are here."""

    reference: Reference
    platform: Platform | None = None
    credentials: Credentials = ANONYMOUS


@dataclass(frozen=True, slots=True)
class UploadLimits:
    """How many layers at once (0 is without limit), and how often each is tried."""

    at_once: int = 5
    attempts: int = 5


class Pusher:
    """Pushes images of `images`. `run` starts threads, `now` is the time of day."""

    def __init__(
        self,
        images: ImageStore,
        content: ContentStore,
        client: RegistryClient,
        limits: Callable[[], UploadLimits],
        *,
        run: RunInThread,
        now: Callable[[], datetime],
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._images = images
        self._content = content
        self._client = client
        self._limits = limits
        self._run = run
        self._now = now
        self._sleep = sleep

    async def push(self, request: PushRequest, tell: Tell) -> None:
        """Pushes. Raises NotFound, InvalidParameter, SystemFailure, in Docker's words, after a first line."""
        reference = request.reference
        tell(Status(f"The push refers to repository [{reference.name}]"))
        if reference.digest:
            raise InvalidParameter("cannot push a digest reference")
        tags = self._tags(reference)
        try:
            host = await self._answering(reference)
            for tagged, image_id in tags:
                await _Push(self, host, tagged, request, tell).tag(self._image(image_id, tagged, request.platform))
        except RegistryFailure as error:
            raise SystemFailure(str(error)) from error

    def _tags(self, reference: Reference) -> list[tuple[Reference, str]]:
        here = [(one, image_id) for one, image_id in self._images.references.of_name(reference) if not one.digest]
        if not here:
            raise NotFound(f"An image does not exist locally with the tag: {reference.familiar_name}")
        wanted = [(one, image_id) for one, image_id in here if reference.tag in ("", one.tag)]
        if not wanted:
            raise NotFound(f"tag does not exist: {reference.familiar}")
        return wanted

    def _image(self, image_id: str, reference: Reference, platform: Platform | None) -> StoredImage:
        """The image, or the one of another platform that came from the same index. Raises NotFound."""
        found = self._images.by_id(image_id)
        return found if platform is None else of_platform(self._images, str(reference), platform)

    async def _answering(self, reference: Reference) -> Host:
        """The registry's own host that answers: with TLS, or without where that is allowed."""

        async def ping(host: Host) -> Host:
            await self._client.ping(host)
            return host

        hosts = [one for one in await self._client.hosts(reference.domain) if one.own and "push" in one.verbs]
        if not hosts:
            raise SystemFailure(f"no endpoints found for {reference.familiar}")
        return await from_hosts(self._client, hosts, ping)


class _Push:
    """One tag on its way."""

    def __init__(self, pusher: Pusher, host: Host, reference: Reference, request: PushRequest, tell: Tell) -> None:
        self._images = pusher._images
        self._content = pusher._content
        self._run = pusher._run
        self._now = pusher._now
        self._sleep = pusher._sleep
        self._limits = pusher._limits()
        self._reference = reference
        self._tell = tell
        self._slots = asyncio.Semaphore(self._limits.at_once or 1 << 16)
        self._sources = mount_sources(self._images, reference)
        self._mounted: dict[str, str] = {}
        others = {path for paths in self._sources.values() for path in paths}
        self._repository = Repository(
            pusher._client,
            host,
            reference,
            request.credentials,
            actions="pull,push",
            more_scopes=sorted(f"repository:{path}:pull" for path in others),
        )

    async def tag(self, stored: StoredImage) -> None:
        """Pushes `stored` under the tag."""
        layers = self._images.layers
        with layers.lease() as layer_lease, self._images.lease_content() as lease:
            for chain in chain_ids(stored.image.rootfs.diff_ids):
                layer_lease.add(chain)
            lease.add(stored.id)
            for digest in self._images.manifests.digests_of_image(stored.id):
                lease.add(digest)
            config = self._images.config_bytes(stored.id)  # NotFound here, if it went before the lease
            media_type, data = await self._send(stored, len(config))
            digest = digest_of(data)
            lease.add(digest)
            await self._run(self._images.manifests.put, (media_type, data), stored.id)
            canonical = Reference(self._reference.domain, self._reference.path, "", digest)
            if self._images.references.find(canonical) is None:
                self._images.references.put(canonical, stored.id)
        self._tell(Status(f"{self._reference.tag}: digest: {digest} size: {len(data)}"))
        self._tell(Pushed(self._reference.tag, digest, len(data)))

    async def _send(self, stored: StoredImage, config_size: int) -> tuple[str, bytes]:
        """Has everything at the registry; media type and bytes of the manifest."""
        plan = await self._plan(stored)
        once = {step.layer.diff_id: step for step in plan.layers}
        for step in reversed(plan.layers):
            self._line(step, "Preparing")
        for step in list(reversed(list(once.values())))[self._limits.at_once or len(once) :]:
            self._line(step, "Waiting")
        tasks = {key: asyncio.ensure_future(self._layer(step)) for key, step in reversed(once.items())}
        try:
            await asyncio.gather(*tasks.values())
        finally:
            for task in tasks.values():
                task.cancel()
            await asyncio.gather(*tasks.values(), return_exceptions=True)
        await self._config(stored.id)
        if plan.candidate is not None:
            media_type, data = plan.candidate.media_type, plan.candidate.data
        else:
            blobs = [tasks[step.layer.diff_id].result() for step in plan.layers]
            media_type, data = DOCKER_MANIFEST, new_manifest(stored.id, config_size, blobs)
        await Uploads(self._repository).put_manifest(self._reference.tag, media_type, data)
        return media_type, data

    async def _plan(self, stored: StoredImage) -> PushPlan:
        layers = self._images.layers_of(stored)
        candidates = _candidates(self._images, stored)
        there: dict[str, bool] = {}
        uploads = Uploads(self._repository)
        for candidate in candidates:
            for blob in candidate.manifest.layers:
                here = self._content.info(blob.digest) is not None or blob.digest in stored.image.rootfs.diff_ids
                if not here and not is_foreign(blob) and blob.digest not in there:
                    there[blob.digest] = await uploads.has(blob.digest) or await self._mount(uploads, blob.digest)
        return plan_push(
            layers, candidates, lambda layer, blob: is_here(self._content, layer, blob) or there.get(blob.digest, False)
        )

    async def _layer(self, step: LayerToPush) -> tuple[str, int]:
        """Has one layer at the registry; digest and size of its blob."""
        if step.blob is not None and is_foreign(step.blob):
            self._line(step, "Skipped foreign layer")
            return step.blob.digest, step.blob.size
        async with self._slots:
            if step.blob is not None:
                digest, size = step.blob.digest, step.blob.size
            else:
                threads = os.cpu_count() or 1
                digest, size = await self._run(make_gzip, self._images.layers, self._content, step.layer, threads)
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

    async def _config(self, image_id: str) -> None:
        uploads = Uploads(self._repository)
        if await uploads.has(image_id):
            return
        with small_file(self._content, image_id) as file:
            upload = Upload(uploads, attempts=self._limits.attempts, now=self._now, sleep=self._sleep)
            await upload.send(file, lambda sent: None, lambda seconds: None)  # noqa: ARG005

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


def _digits(step: LayerToPush) -> str:
    return step.layer.diff_id[7:19]


def _candidates(images: ImageStore, stored: StoredImage) -> Sequence[Candidate]:
    """The manifests that the image came with, newest first."""
    found = []
    for row in reversed(images.manifests.of_image(stored.id)):
        if row.media_type not in MANIFEST_TYPES:
            continue
        try:
            data = images.blob(row.digest)
            manifest = manifest_from_json(json.loads(data))
        except (DockyardError, ValueError):
            continue  # damaged on disk: a new one will do
        found.append(Candidate(row.media_type, data, manifest))
    return found


__all__ = ["Descriptor", "PushRequest", "Pusher", "UploadLimits"]
