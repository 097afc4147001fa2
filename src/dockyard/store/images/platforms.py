"""Images of several platforms under one tag.

A tag means one image: the one that was pulled last. Those of other platforms that were pulled from the same index stay
beside it, under the names of their own digests, and are found by way of the index.
"""

from dockyard.errors import NotFound
from dockyard.spec.image.descriptor import Platform
from dockyard.spec.image.platform import platform_text, satisfies
from dockyard.store.distribution.reference import Reference
from dockyard.store.images.store import ImageStore, StoredImage


def platform_of(stored: StoredImage) -> Platform:
    """What the image runs on."""
    return Platform(stored.image.architecture, stored.image.os, stored.image.variant)


def of_platform(images: ImageStore, name: str, wanted: Platform | None) -> StoredImage:
    """The image that `name` means, or its sibling of platform `wanted`. Raises NotFound, with Docker's words."""
    stored = images.get(name)
    if wanted is None or satisfies(platform_of(stored), wanted):
        return stored
    for sibling in images.manifests.siblings(stored.id):
        other = images.by_id(sibling)
        if satisfies(platform_of(other), wanted):
            return other
    raise NotFound(
        f"image with reference {name} was found but does not match the specified platform: wanted "
        f"{platform_text(wanted)}, actual: {platform_text(platform_of(stored))}"
    )


def keep_beside(images: ImageStore, reference: Reference, before: str, now: str) -> None:
    """Before the tag `reference` moves from image `before` to its sibling `now`: `before` keeps a name of its own."""
    if before not in images.manifests.siblings(now):
        return
    for manifest in images.manifests.of_image(before):
        if images.manifests.indexes_above(manifest.digest):
            name = Reference(reference.domain, reference.path, "", manifest.digest)
            if images.references.find(name) is None:
                images.references.put(name, before)
