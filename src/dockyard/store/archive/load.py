"""`docker load`: an archive's images become images here.

Spool, understand, register layers side by side, create the image, give it its names. Of an image for several platforms
all are taken that the archive has, or those asked for: the one that fits this machine best gets the names, the others
stay beside it, as after a pull. What is there already isn't unpacked again.

Until an image exists its layers are held by a lease; a load that fails or is killed leaves none of them behind.
"""

import queue
import threading
from collections.abc import Generator, Iterable, Iterator, Sequence
from functools import partial

from dockyard.errors import InvalidParameter
from dockyard.spec.image.descriptor import Platform
from dockyard.store.archive.contents import PackedImage
from dockyard.store.archive.events import ImageLoaded, LayerProgress, LoadEvent, Message
from dockyard.store.archive.families import PackedFamily, PackedMember, choose, families_in
from dockyard.store.archive.spool import Spool
from dockyard.store.content import ContentStore
from dockyard.store.content.digest import digest_of
from dockyard.store.distribution.reference import Reference, parse_reference
from dockyard.store.images.platforms import keep_beside
from dockyard.store.images.store import ImageStore, StoredImage, parse_config
from dockyard.store.layers.chain import chain_ids
from dockyard.store.layers.register import Wanted
from dockyard.store.layers.spooled import SpooledBlob

_STEP_BYTES = 1 << 19
"""How often a layer's progress is told: Docker's reader does so every 512 KiB."""


def load(
    images: ImageStore,
    content: ContentStore,
    chunks: Iterable[bytes],
    *,
    platform: Platform,
    wanted: Sequence[Platform] = (),
    now: str = "",
) -> Iterator[LoadEvent]:
    """Load all images of the archive in `chunks`, of `wanted` platforms or of all; `platform` is this machine's.

    `now` (RFC 3339) becomes the names' time. Raises InvalidParameter for an archive that can't be understood, NotFound
    when it hasn't a wanted platform, SystemFailure when the disk refuses. Images that were complete before stay; of the
    one that failed nothing does.
    """
    with Spool(content) as spool:
        spool.fill(chunks)
        packed: list[PackedImage] = []
        loaded: list[StoredImage] = []
        named = False
        for family in choose(families_in(spool), platform, wanted):
            for member in family.members:
                item = member.image
                stored = yield from _one(images, spool, item)
                packed.append(item)
                loaded.append(stored)
                _keep_documents(images, family, member, stored)
                for line in _names(images, item, stored, now):
                    named = True
                    yield line
                _name_beside(images, family, member, stored)
                yield ImageLoaded(stored.id, item.names)
        _parents(images, packed, loaded)
        if not named:
            for stored in loaded:
                yield Message(f"Loaded image ID: {stored.id}")


def _one(images: ImageStore, spool: Spool, item: PackedImage) -> Generator[LoadEvent, None, StoredImage]:
    for name in item.names:
        _reference(name)
    image = parse_config(item.config)
    diff_ids = image.rootfs.diff_ids
    if image.os not in ("", "linux"):
        raise InvalidParameter(f"cannot load {image.os} image on linux")
    if len(item.layers) != len(diff_ids):
        raise InvalidParameter(
            f"invalid manifest, layers length mismatch: expected {len(item.layers)}, got {len(diff_ids)}"
        )
    with images.layers.lease() as lease:
        for chain in chain_ids(diff_ids):
            lease.add(chain)
        wanted = [Wanted(diff_id, partial(_blob, spool, item, index)) for index, diff_id in enumerate(diff_ids)]
        try:
            yield from _registering(images, wanted)
            return images.create(item.config)
        except BaseException:
            lease.release()
            images.collect_layers()
            raise


def _keep_documents(images: ImageStore, family: PackedFamily, member: PackedMember, stored: StoredImage) -> None:
    """What the image is named by in an index: its manifest, the index, and what else is below that."""
    if member.manifest is None or family.index is None:
        return
    with images.lease_content() as lease:
        for _, data in (member.manifest, family.index, *family.companions):
            lease.add(digest_of(data))
        images.manifests.put(member.manifest, stored.id, family.index)
        images.manifests.put_companions(stored.id, family.companions)


def _name_beside(images: ImageStore, family: PackedFamily, member: PackedMember, stored: StoredImage) -> None:
    """An image of another platform than the one with the names has a name by digest: else it would have none."""
    if member is family.members[0] or member.manifest is None:
        return
    for name in family.members[0].image.names:
        reference = _reference(name)
        beside = Reference(reference.domain, reference.path, "", digest_of(member.manifest[1]))
        if images.references.find(beside) is None:
            images.references.put(beside, stored.id)


def _blob(spool: Spool, item: PackedImage, index: int) -> SpooledBlob:
    blob = spool.blob(item.layers[index])
    if item.layer_digests and blob.digest != item.layer_digests[index]:
        raise InvalidParameter(f"invalid archive: {item.layers[index]}: its digest is {blob.digest}")
    return blob


def _registering(images: ImageStore, wanted: list[Wanted]) -> Iterator[LoadEvent]:
    """Register the layers in a thread of their own and tell of their progress meanwhile."""
    told: queue.SimpleQueue[LayerProgress | None] = queue.SimpleQueue()
    last: dict[str, int] = {}
    failures: list[BaseException] = []

    def progress(diff_id: str, current: int, total: int) -> None:
        if current >= total or current - last.get(diff_id, 0) >= _STEP_BYTES:
            if last.get(diff_id) == total:
                return
            last[diff_id] = min(current, total)
            told.put(LayerProgress(diff_id[7:19], min(current, total), total))

    def work() -> None:
        try:
            images.layers.register_stack(wanted, progress)
        except BaseException as error:  # carried to the caller's thread
            failures.append(error)
        finally:
            told.put(None)

    thread = threading.Thread(target=work, name="load-layers")
    thread.start()
    try:
        while (event := told.get()) is not None:
            yield event
    finally:
        thread.join()  # also when the client went away: nothing may be written after the spool is gone
    if failures:
        raise failures[0]


def _names(images: ImageStore, item: PackedImage, stored: StoredImage, now: str) -> Iterator[Message]:
    for name in item.names:
        reference = _reference(name)
        previous = images.references.find(reference)
        if previous is not None and previous != stored.id:
            yield Message(
                f"The image {reference.familiar} already exists, "
                f"renaming the old one with ID {previous} to empty string"
            )
        if previous is not None and previous != stored.id:
            keep_beside(images, reference, previous, stored.id)
        images.tag(reference, stored.id, now=now)
        yield Message(f"Loaded image: {reference.familiar}")


def _reference(name: str) -> Reference:
    reference = parse_reference(name)
    if not reference.tag or reference.digest:
        raise InvalidParameter(f'invalid tag "{name}"')
    return reference


def _parents(images: ImageStore, packed: list[PackedImage], loaded: list[StoredImage]) -> None:
    """Docker's archives of images built by the classic builder name parents; a link counts when it is in the
    archive."""
    here = {stored.id for stored in loaded}
    for item, stored in zip(packed, loaded, strict=True):
        if item.parent in here and item.parent != stored.id:
            parent = images.by_id(item.parent)
            if len(stored.image.history) - len(parent.image.history) in (0, 1):
                images.set_parent(stored.id, parent.id)
