"""All that can be done with images: the engine's part that the doors call."""

import asyncio
import builtins
import contextlib
from collections import Counter
from collections.abc import AsyncGenerator, Callable, Iterable, Iterator, Sequence
from contextlib import aclosing

import msgspec

from dockyard.engine.containers.collection import Collection
from dockyard.engine.disk import DiskShare, disk_shares
from dockyard.engine.events import Events
from dockyard.engine.filter_values import Filters
from dockyard.engine.images.attestations import Attestation, attestations
from dockyard.engine.images.chosen import EngineImage, choose_image
from dockyard.engine.images.commitment import Commitment
from dockyard.engine.images.config import image_config
from dockyard.engine.images.details import ImageDetails, image_details
from dockyard.engine.images.listing import ListedImage, list_images
from dockyard.engine.images.manifests import Target, target
from dockyard.engine.images.names import new_name
from dockyard.engine.images.prune import dangling_only, names_to_prune
from dockyard.engine.images.usage import DiskUsage, disk_usage
from dockyard.engine.in_thread import iterate_in_thread, run_in_own_thread
from dockyard.engine.open_store import Store
from dockyard.engine.prune import Pruning
from dockyard.engine.timestamps import rfc3339
from dockyard.errors import Conflict, InvalidParameter, NotFound
from dockyard.spec.image.config import ImageConfig
from dockyard.spec.image.descriptor import Platform
from dockyard.store.archive.events import ImageLoaded, LayerProgress, LoadEvent, Message
from dockyard.store.archive.export import export
from dockyard.store.archive.import_ import import_image
from dockyard.store.archive.load import load
from dockyard.store.archive.save import save, saved_images
from dockyard.store.distribution.reference import Reference
from dockyard.store.images import ContainerUse, Removed, RemovedKind, StoredImage
from dockyard.store.images.changes import apply_changes
from dockyard.store.images.commit import CommitRequest, commit
from dockyard.store.images.history import HistoryRow, history
from dockyard.store.images.platforms import pass_names_on, sibling
from dockyard.store.images.remove import remove_image
from dockyard.store.layers import RwLayer


class Images:
    """The images of one engine. Names are references, ids, or unique prefixes of ids; NotFound when they are none."""

    def __init__(
        self, store: Store, collection: Collection, events: Events, platform: Platform, clock_ns: Callable[[], int]
    ) -> None:
        self._store = store
        self._images = store.images
        self._collection = collection
        self._events = events
        self.platform = platform
        self._clock_ns = clock_ns
        self._pruning = Pruning(events, "image")

    def for_container(self, name: str, platform: Platform | None = None) -> EngineImage:
        """The image that a container is to be made from; see `choose_image`."""
        return choose_image(self._images, name, platform, self.platform)

    def count(self) -> int:
        """How many images there are."""
        return len(self._images.images())

    def ids_below(self, name: str) -> set[str]:
        """The image's id and those of all images that were made from it; none for an unknown name."""
        stored = self._images.find(name)
        if stored is None:
            return set()
        found, pending = {stored.id}, [stored.id]
        while pending:
            for child in self._images.children(pending.pop()):
                if child not in found:
                    found.add(child)
                    pending.append(child)
        base = stored.image.rootfs.diff_ids
        for other in self._images.images():
            if base and other.image.rootfs.diff_ids[: len(base)] == base:
                found.add(other.id)
        return found

    def chain_of(self, image_id: str) -> str | None:
        """The chain id of the image's uppermost layer, None without layers. NotFound."""
        return self._images.by_id(image_id).chain_id

    def id_of(self, name: str) -> str | None:
        """The id of the image that `name` means, or None."""
        try:
            stored = self._images.find(name)
        except InvalidParameter:
            return None
        return stored.id if stored else None

    def size_bytes(self, image_id: str) -> int:
        """The sum of the sizes of the image's layers; 0 when the image is gone (forced away under a container)."""
        try:
            return self._images.size_bytes(self._images.by_id(image_id))
        except NotFound:
            return 0

    async def list(self, *, everything: bool = False, filters: Filters | None = None) -> Sequence[ListedImage]:
        """The images asked for, newest first; see `listing`."""
        containers = Counter(entry.record.image_id for entry in self._collection)
        return await asyncio.to_thread(
            list_images,
            self._images,
            everything=everything,
            filters=filters or {},
            containers=containers,
            now_ns=self._clock_ns(),
        )

    async def inspect(self, name: str, platform: Platform | None = None) -> ImageDetails:
        """Everything about one image, or its sibling for `platform`."""
        return await asyncio.to_thread(lambda: image_details(self._store, sibling(self._images, name, platform)))

    async def history(self, name: str, platform: Platform | None = None) -> Sequence[HistoryRow]:
        """How the image was made, or its sibling for `platform`: newest step first."""
        return await asyncio.to_thread(lambda: history(self._images, sibling(self._images, name, platform)))

    async def target(self, image_id: str) -> Target:
        """What the image's name stands for in registries: an index or a manifest, and all manifests below it."""
        users = [(entry.record.image_id, entry.record.id) for entry in self._collection]
        return await asyncio.to_thread(target, self._images, image_id, users)

    async def attestations(
        self, name: str, platform: Platform | None, types: Sequence[str], *, statements: bool
    ) -> Sequence[Attestation]:
        """What is stated about the image for `platform` (this machine's, if it has one), of `types` or all."""
        stored = sibling(self._images, name, platform)
        return await asyncio.to_thread(attestations, self._images, stored, types, statements=statements)

    async def remove_platform(self, name: str, platform: Platform, *, force: bool) -> Sequence[Removed]:
        """Removes the image for one platform from among those of a name, which goes on to mean one that is left."""
        stored = sibling(self._images, name, platform)
        if not force:
            raise Conflict(
                "Content will be removed from all images referencing this variant. Use --force to force delete."
            )
        await asyncio.to_thread(pass_names_on, self._images, stored, self.platform, self._now())
        return await self.remove(stored.id, force=True)

    async def tag(self, name: str, repository: str, tag: str = "") -> None:
        """Gives the image another name."""
        reference = new_name(repository, tag)
        stored = self._images.get(name)
        await self._tag(reference, stored)

    async def remove(self, name: str, *, force: bool = False, prune: bool = True) -> Sequence[Removed]:
        """Removes a name or an image; Conflict with Docker's reasons."""
        users = self._users()
        labels = self._images.get(name).image.config.labels
        removed = await asyncio.to_thread(
            remove_image, self._images, name, force=force, prune=prune, users=lambda image_id: users.get(image_id, [])
        )
        for line in removed:
            action = "untag" if line.kind is RemovedKind.UNTAGGED else "delete"
            if action == "untag":
                self._events.publish("image", action, line.image_id, {**labels, "name": line.image_id})
            elif line.name == line.image_id:
                self._events.publish("image", action, line.image_id, {"name": line.image_id})
        return removed

    async def released(self, image_id: str) -> None:
        """A container's layer is gone: layers of an image that was removed while it stood on them can go too."""
        if image_id and self._images.find(image_id) is None:
            await asyncio.to_thread(self._images.collect_layers)

    async def prune(self, filters: Filters | None = None) -> tuple[Sequence[Removed], int]:
        """Removes images that no container uses (see `prune`); what went, and the bytes freed."""
        wanted = filters or {}
        only = {"dangling": ("true",)} if dangling_only(wanted) else None
        used = set(self._users())
        removed: builtins.list[Removed] = []
        with self._pruning.run() as tally:
            before = self._layers_bytes()
            for name in names_to_prune(await self.list(filters=only), used, wanted, self._clock_ns()):
                with contextlib.suppress(Conflict, NotFound):
                    removed.extend(await self.remove(name))
            tally.freed_bytes = max(0, before - self._layers_bytes())
        return removed, tally.freed_bytes

    async def load(
        self, chunks: Iterable[bytes], platforms: Sequence[Platform] = ()
    ) -> AsyncGenerator[LayerProgress | Message, None]:
        """Loads the images of an archive, for `platforms` or for all; yields what the client is to be shown."""
        steps: Iterator[LoadEvent] = load(
            self._images,
            self._store.content,
            chunks,
            platform=self.platform,
            wanted=platforms,
            now=self._now(),
        )
        async with aclosing(iterate_in_thread(steps)) as events:
            async for step in events:
                if isinstance(step, ImageLoaded):
                    self._events.publish("image", "load", step.image_id, {"name": step.image_id})
                else:
                    yield step

    def save(self, names: Sequence[str], platforms: Sequence[Platform] = ()) -> Iterator[bytes]:
        """An archive of images, for `platforms` or for all that are here, to be iterated in a thread; a name without
        tag means all tags of the repository."""
        for stored in saved_images(self._images, self._store.content, names, platforms):
            self._announce("save", stored, stored.id)
        return save(self._images, self._store.content, names, platforms)

    async def import_(
        self,
        chunks: Iterable[bytes],
        repository: str,
        tag: str,
        message: str,
        changes: Sequence[str],
        platform: Platform | None = None,
    ) -> str:
        """An image of one layer from the archive of a root filesystem, for this machine or `platform`; its id."""
        reference = new_name(repository, tag) if repository else None
        config = apply_changes(ImageConfig(), changes)
        stored = await run_in_own_thread(
            import_image,
            self._images,
            self._store.content,
            chunks,
            config=config,
            message=message,
            platform=platform or self.platform,
            now=self._now(),
        )
        if reference is not None:
            await self._tag(reference, stored)
        self._announce("import", stored, stored.id)
        return stored.id

    async def commit(self, layer: RwLayer, parent_id: str, wanted: Commitment) -> str:
        """An image of a container's layer on top of the image `parent_id`; its id."""
        reference = new_name(wanted.repository, wanted.tag) if wanted.repository else None
        request = CommitRequest(
            config=apply_changes(image_config(wanted.config), wanted.changes),
            author=wanted.author,
            comment=wanted.comment,
            created_by=wanted.created_by,
            container_id=layer.container_id,
            platform=self.platform,
            now=self._now(),
            container_config=msgspec.to_builtins(wanted.container_config),
        )
        parent = self._images.find(parent_id)
        stored = await asyncio.to_thread(commit, self._images, self._store.content, layer, parent, request)
        self.announce_made(stored)
        if reference is not None:
            await self._tag(reference, stored)
        return stored.id

    def export_root(self, layer: RwLayer) -> Iterator[bytes]:
        """The whole root of a container as an archive, to be iterated in a thread."""
        return export(layer.view())

    async def disk_usage(self) -> DiskUsage:
        """What images take on disk, and how much of it several of them share."""
        return await asyncio.to_thread(disk_usage, self._store, await self.list())

    async def disk(self, root: str) -> Sequence[DiskShare]:
        """What every byte below the data root `root` is for."""
        return await asyncio.to_thread(disk_shares, root, self._store)

    def _layers_bytes(self) -> int:
        layers = self._store.layers
        blobs = {row.digest: row.size_bytes for one in layers.layers() for row in layers.blobs(one.diff_id)}
        return sum(layer.size_bytes for layer in layers.layers()) + sum(blobs.values())

    def _users(self) -> "dict[str, builtins.list[ContainerUse]]":
        users: dict[str, builtins.list[ContainerUse]] = {}
        for entry in self._collection:
            record = entry.record
            mounted = (point.name for point in record.mounts if point.type == "image")
            for image_id in {record.image_id, *mounted}:
                users.setdefault(image_id, []).append(ContainerUse(record.id, record.state.running))
        return users

    def announce_made(self, stored: StoredImage) -> None:
        """Tell that a container or a step of a build became an image, whatever it will be called."""
        self._announce("create", stored, stored.id)

    async def _tag(self, reference: Reference, stored: StoredImage) -> None:
        await asyncio.to_thread(self._images.tag, reference, stored.id, now=self._now())
        self._announce("tag", stored, reference.familiar)

    def _announce(self, action: str, stored: StoredImage, name: str) -> None:
        self._events.publish("image", action, stored.id, {**stored.image.config.labels, "name": name})

    def _now(self) -> str:
        return rfc3339(self._clock_ns())
