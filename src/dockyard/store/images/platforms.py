"""Images of several platforms under one tag.

A tag means one image: the one that was pulled last. Those of other platforms that were pulled from the same index stay
beside it, under the names of their own digests, and are found by way of the index.
"""

from dockyard.errors import NotFound
from dockyard.spec.image.descriptor import Platform
from dockyard.spec.image.platform import fitting, platform_text, rank, satisfies
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


def sibling(images: ImageStore, name: str, wanted: Platform | None) -> StoredImage:
    """Like `of_platform`, in the words that Docker has for looking at images."""
    try:
        return of_platform(images, name, wanted)
    except NotFound as error:
        if wanted is None or images.find(name) is None:
            raise
        raise NotFound(
            f"image with reference {name} was found but does not provide the specified platform "
            f"({platform_text(wanted)})"
        ) from error


def pass_names_on(images: ImageStore, stored: StoredImage, machine: Platform, now: str) -> None:
    """Before `stored` goes: its tags pass on to the sibling that is best for `machine`. Without siblings they stay."""
    others = [images.by_id(one) for one in images.manifests.siblings(stored.id)]
    if not others:
        return
    runs = fitting(machine)
    places = {one.id: rank(platform_of(one), runs) for one in others}
    best = min(others, key=lambda one: len(runs) if (place := places[one.id]) is None else place)
    for reference in images.references.of_image(stored.id):
        if not reference.digest:
            images.tag(reference, best.id, now=now)


def keep_beside(images: ImageStore, reference: Reference, before: str, now: str) -> None:
    """Before the tag `reference` moves from image `before` to its sibling `now`: `before` keeps a name of its own."""
    if before not in images.manifests.siblings(now):
        return
    for manifest in images.manifests.of_image(before):
        if images.manifests.indexes_above(manifest.digest):
            name = Reference(reference.domain, reference.path, "", manifest.digest)
            if images.references.find(name) is None:
                images.references.put(name, before)
