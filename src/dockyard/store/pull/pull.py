"""`docker pull`: resolve the name at a registry, choose the platform, have config and layers, and only then name it.

What is here already isn't fetched: an image whose manifest is known costs one HEAD. A host that fails is followed by
the next (mirrors, then the registry itself, with TLS and, where that is allowed, without). Until the image exists,
leases hold everything; a pull that fails or is killed leaves nothing but the beginnings of blobs (content/partial.py).
"""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, replace

from dockyard.errors import DockyardError, Forbidden, InvalidParameter, NotFound, SystemFailure
from dockyard.spec.image.descriptor import Descriptor, Platform
from dockyard.spec.image.manifest import Index, Manifest, index_from_json
from dockyard.spec.image.platform import platform_text
from dockyard.store.content.digest import digest_of
from dockyard.store.distribution.events import Status, Tell
from dockyard.store.distribution.reference import Reference
from dockyard.store.distribution.registry.client import RegistryClient
from dockyard.store.distribution.registry.credentials import ANONYMOUS, Credentials
from dockyard.store.distribution.registry.failures import RegistryFailure, Untrustworthy
from dockyard.store.distribution.registry.fallback import from_hosts
from dockyard.store.distribution.registry.hosts import Host
from dockyard.store.distribution.registry.repository import FetchedManifest, Repository
from dockyard.store.images.platforms import keep_beside
from dockyard.store.images.store import ImageStore, StoredImage, parse_config
from dockyard.store.layers.chain import chain_ids
from dockyard.store.layers.leases import Lease
from dockyard.store.pull.companions import Document, all_referrers, attestations
from dockyard.store.pull.download import Source
from dockyard.store.pull.downloads import Downloads
from dockyard.store.pull.foreign import ForeignLayer
from dockyard.store.pull.layers import have_layers
from dockyard.store.pull.plan import (
    LayerStep,
    check_image,
    choose,
    fits_without_index,
    layer_steps,
    understand,
    with_defaults,
)
from dockyard.store.pull.small import fetch_small
from dockyard.store.pull.translate import translate
from dockyard.store.threads import RunInThread

BESIDE_SECONDS = 10.0
"""How long an image that is here already waits for what its index attests of it, and then goes without."""


@dataclass(frozen=True, slots=True)
class PullRequest:
    """What to pull: one name, or, without tag and digest, all tags of a repository."""

    reference: Reference
    platform: Platform | None = None
    credentials: Credentials = ANONYMOUS
    referrers: bool = False
    """Also what refers to the image: signatures, SBOMs."""


@dataclass(frozen=True, slots=True)
class _Found:
    """What a name means at a registry: an image that is here, or a manifest to work through."""

    digest: str
    image_id: str | None = None
    manifest: FetchedManifest | None = None
    index: FetchedManifest | None = None


class Puller:
    """Pulls images into `images`. `machine`: the platform to choose when nobody says. `run` starts threads."""

    def __init__(
        self,
        images: ImageStore,
        client: RegistryClient,
        downloads: Downloads,
        *,
        machine: Platform,
        run: RunInThread,
        now: Callable[[], str],
    ) -> None:
        self._images = images
        self._client = client
        self._downloads = downloads
        self._machine = machine
        self._run = run
        self._now = now

    async def pull(self, request: PullRequest, tell: Tell) -> bool:
        """Pulls; True when something is newer than before. Errors are in Docker's words: NotFound, InvalidParameter,
        SystemFailure."""
        reference = request.reference
        if reference.familiar_name == "scratch":
            raise Forbidden("'scratch' is a reserved name")
        try:
            hosts = [host for host in await self._client.hosts(reference.domain) if {"pull", "resolve"} & host.verbs]
            if not hosts:
                raise SystemFailure(f"no endpoints found for {reference.familiar}")
            newer = await from_hosts(self._client, hosts, lambda host: self._from_host(host, request, tell))
        except DockyardError as error:
            raise translate(error, reference) from error
        verdict = "Downloaded newer image for" if newer else "Image is up to date for"
        tell(Status(f"Status: {verdict} {reference.familiar}"))
        if request.platform is not None and (reference.tag or reference.digest):
            self._warn(request, request.platform, tell)
        return newer

    async def _from_host(self, host: Host, request: PullRequest, tell: Tell) -> bool:
        repository = Repository(self._client, host, request.reference, request.credentials)
        if request.reference.tag or request.reference.digest:
            return await self._one(repository, request, tell)
        newer = False
        for tag in await repository.tags():
            tagged = replace(request, reference=request.reference.with_tag(tag))
            newer = await self._one(repository, tagged, tell) or newer
        return newer

    async def _one(self, repository: Repository, request: PullRequest, tell: Tell) -> bool:
        reference = request.reference
        name = reference.digest or reference.tag
        before = self._images.references.find(reference)
        found = await self._find(repository, request, name)
        tell(Status(f"Pulling from {reference.path}", str(reference) if reference.digest else name))
        with self._images.lease_content() as lease:
            if found.image_id is not None:
                lease.add(found.image_id)
                stored = self._images.find(found.image_id) or await self._fetch(
                    repository, request, await self._get(repository, request, name), lease, tell
                )
            else:
                stored = await self._fetch(repository, request, found, lease, tell)
            if request.referrers:
                await self._have_referrers(repository, stored, found.digest, lease)
            tell(Status(f"Digest: {found.digest}"))
            self._name(reference, found.digest, stored)
            return before != stored.id

    async def _find(self, repository: Repository, request: PullRequest, name: str) -> _Found:
        """What `name` means; without fetching anything when the image is here."""
        described = Descriptor("", name, 0) if ":" in name else await repository.resolve(name)
        if described is not None:
            image_id = self._known(described.digest, request.platform)
            if image_id is not None:
                return _Found(described.digest, image_id)
        return await self._get(repository, request, name)

    def _known(self, digest: str, platform: Platform | None) -> str | None:
        """The image here that this manifest or index means, for `platform`."""
        manifests = self._images.manifests
        whole = manifests.find(digest)
        if whole is not None:
            return whole.image_id
        below = {one.digest: one.image_id for one in manifests.below(digest)}
        if not below:
            return None
        try:
            index = index_from_json(FetchedManifest(Descriptor("", digest, 0), self._images.blob(digest)).document())
            return below.get(choose(index, self._machine, platform).digest)
        except NotFound:
            return None

    async def _get(self, repository: Repository, request: PullRequest, name: str) -> _Found:
        fetched = await repository.manifest(name)
        digest = name if ":" in name else fetched.descriptor.digest
        understood = understand(fetched.descriptor, fetched.document(), request.reference)
        if isinstance(understood, Index):
            return _Found(digest, index=fetched)
        return _Found(digest, manifest=fetched)

    async def _chosen(
        self, repository: Repository, request: PullRequest, found: _Found
    ) -> tuple[FetchedManifest, Manifest]:
        fetched, reference = found.manifest, request.reference
        if fetched is None:
            assert found.index is not None
            index = understand(found.index.descriptor, found.index.document(), reference)
            assert isinstance(index, Index)
            fetched = await repository.manifest(choose(index, self._machine, request.platform).digest)
        understood = understand(fetched.descriptor, fetched.document(), reference)
        if isinstance(understood, Index):
            raise InvalidParameter("unsupported manifest format: an index in an index")
        check_image(understood)
        return fetched, understood

    async def _fetch(
        self, repository: Repository, request: PullRequest, found: _Found, lease: Lease, tell: Tell
    ) -> StoredImage:
        """Have the image of `found`, with its manifest; `lease` is of the content."""
        fetched, manifest = await self._chosen(repository, request, found)
        image_id = manifest.config.digest
        index = found.index
        lease.add(image_id)
        lease.add(fetched.descriptor.digest)
        if index is not None:
            lease.add(index.descriptor.digest)
        stored = self._images.find(image_id)
        beside = asyncio.ensure_future(self._attestations(repository, request, found, fetched.descriptor.digest))
        try:
            if stored is None:
                stored = await self._build(repository, manifest, tell)
            await asyncio.wait((beside,), timeout=BESIDE_SECONDS)
            documents = beside.result() if beside.done() else []
        finally:
            beside.cancel()
            await asyncio.gather(beside, return_exceptions=True)
        for _, data in documents:
            lease.add(digest_of(data))
        if documents:
            await self._run(self._images.manifests.put_companions, stored.id, documents)
        await self._run(
            self._images.manifests.put,
            (fetched.descriptor.media_type, fetched.data),
            stored.id,
            None if index is None else (index.descriptor.media_type, index.data),
        )
        return stored

    async def _attestations(
        self, repository: Repository, request: PullRequest, found: _Found, digest: str
    ) -> list[Document]:
        """What the index attests of the chosen manifest."""
        if found.index is None:
            return []
        index = understand(found.index.descriptor, found.index.document(), request.reference)
        assert isinstance(index, Index)
        return await attestations(repository, index, digest)

    async def _have_referrers(self, repository: Repository, stored: StoredImage, digest: str, lease: Lease) -> None:
        """Keep what refers to the image as it was named, and to the manifests that it came with."""
        manifests = self._images.manifests
        found = await all_referrers(repository, [digest, *(one.digest for one in manifests.of_image(stored.id))])
        for one in found:
            for _, data in one.documents:
                lease.add(digest_of(data))
        await self._run(manifests.put_companions, stored.id, [item for one in found for item in one.documents])
        await self._run(manifests.put_referrers, stored.id, [(one.digest, one.subject, one.tag) for one in found])

    async def _build(self, repository: Repository, manifest: Manifest, tell: Tell) -> StoredImage:
        try:
            config = await fetch_small(repository, manifest.config)
        except (RegistryFailure, InvalidParameter) as error:
            raise Untrustworthy(f"error pulling image configuration: {error}") from error
        steps = layer_steps(manifest, parse_config(config))
        layers = self._images.layers
        with layers.lease() as lease:
            try:
                chains = chain_ids(step.diff_id for step in steps)
                for chain in chains:
                    lease.add(chain)
                there = next((n for n, one in enumerate(chains) if layers.find(one) is None), len(chains))

                def sources(step: LayerStep) -> list[Source]:
                    urls = [ForeignLayer(self._client, url) for url in step.blob.urls]
                    return [repository, *urls]

                await have_layers(layers, self._downloads, steps, there, sources, tell, self._run)
                return await self._run(self._images.create, config)
            except BaseException:
                lease.release()
                await self._run(self._images.collect_layers)
                raise

    def _name(self, reference: Reference, digest: str, stored: StoredImage) -> None:
        """Gives the image its names: that of the digest, and the tag."""
        references = self._images.references
        canonical = Reference(reference.domain, reference.path, "", digest)
        if references.find(canonical) is None:
            references.put(canonical, stored.id)
        before = references.find(reference)
        if not reference.digest and before != stored.id:
            if before is not None:
                keep_beside(self._images, reference, before, stored.id)
            self._images.tag(reference, stored.id, now=self._now())

    def _warn(self, request: PullRequest, wanted: Platform, tell: Tell) -> None:
        """An image that came without an index is taken as it is, whatever its platform."""
        stored = self._images.find(str(request.reference))
        if stored is not None and not fits_without_index(image := stored.image, self._machine, wanted):
            asked = platform_text(with_defaults(wanted, self._machine))
            actual = platform_text(Platform(image.architecture, image.os, image.variant))
            tell(
                Status(
                    f"WARNING: image with reference {request.reference.familiar} was found but its platform ({actual}) "
                    f"does not match the specified platform ({asked})"
                )
            )
