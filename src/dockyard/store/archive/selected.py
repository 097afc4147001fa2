"""Which images go into an archive for a name: the one that it means, its siblings for other platforms, or those asked
for.

A tag means one image here (`images/platforms.py`); in an archive it means all that came from the same index. Whoever
names an image by its id means that one alone.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from dockyard.errors import NotFound
from dockyard.spec.image.descriptor import Platform
from dockyard.spec.image.platform import platform_text
from dockyard.store.content import ContentStore
from dockyard.store.images.platforms import of_platform
from dockyard.store.images.store import ImageStore, StoredImage
from dockyard.store.push.blobs import is_here
from dockyard.store.push.candidates import WholeIndex, whole_index
from dockyard.store.push.plan import Candidate


@dataclass(frozen=True, slots=True)
class Member:
    """An image to be saved; `manifest` as it came with it, None for one that is to be made."""

    stored: StoredImage
    manifest: Candidate | None = None


@dataclass(frozen=True, slots=True)
class Selection:
    """What a name stands for in an archive: the first member is the one that old readers take.

    `index`: the index to be written as it came, with all below it; None for one that is to be made, if there are
    several members.
    """

    members: tuple[Member, ...]
    index: WholeIndex | None = None


def select(
    images: ImageStore, content: ContentStore, name: str, stored: StoredImage, platforms: Sequence[Platform]
) -> Selection:
    """The selection for `name`, which means `stored`. Raises NotFound when it hasn't one of the `platforms`."""
    if platforms:
        found = {one.id: one for one in (_of_platform(images, name, platform) for platform in platforms)}
        return Selection(tuple(Member(one) for one in found.values()))
    siblings = images.manifests.siblings(stored.id)
    if not siblings or stored.id.startswith((name, f"sha256:{name}")):
        return Selection((Member(stored),))
    index = whole_index(images, stored)
    if index is not None and all(_has_blobs(images, content, *one) for one in index.images):
        members = [Member(images.by_id(image_id), manifest) for image_id, manifest in index.images]
        members.sort(key=lambda member: member.stored.id != stored.id)
        return Selection(tuple(members), index)
    return Selection((Member(stored), *(Member(images.by_id(one)) for one in siblings)))


def _of_platform(images: ImageStore, name: str, platform: Platform) -> StoredImage:
    try:
        return of_platform(images, name, platform)
    except NotFound as error:
        raise NotFound(
            f"no suitable export target found: image with reference {name} was found but does not provide the "
            f"specified platform ({platform_text(platform)})"
        ) from error


def _has_blobs(images: ImageStore, content: ContentStore, image_id: str, candidate: Candidate) -> bool:
    layers = images.layers_of(images.by_id(image_id))
    blobs = candidate.manifest.layers
    return len(layers) == len(blobs) and all(
        is_here(content, layer, blob) for layer, blob in zip(layers, blobs, strict=True)
    )
