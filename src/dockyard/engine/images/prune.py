"""`docker image prune`: what goes (Engine API: POST /images/prune, filters)."""

from collections.abc import Container, Iterable

from dockyard.engine.filter_values import Filters, check_keys, truth
from dockyard.engine.images.listing import ListedImage
from dockyard.engine.moments import parse_until
from dockyard.engine.prune import passes_labels
from dockyard.engine.timestamps import rfc3339_ns

KNOWN = frozenset({"dangling", "label", "label!", "until"})


def dangling_only(filters: Filters) -> bool:
    """Whether images with a tag stay. InvalidParameter for filters or values that don't exist."""
    check_keys(filters, KNOWN)
    return truth(filters, "dangling") if "dangling" in filters else True


def names_to_prune(images: Iterable[ListedImage], used: Container[str], filters: Filters, now_ns: int) -> list[str]:
    """The names, or ids of nameless ones, of `images` that go; `used` are the ids of those that containers have."""
    until_ns = parse_until(filters, now_ns)
    names: list[str] = []
    for image in images:
        created_ns = rfc3339_ns(image.stored.image.created)
        if image.stored.id in used or (until_ns is not None and not 0 < created_ns <= until_ns):
            continue
        if passes_labels(image.labels, filters):
            names.extend((*image.tags, *image.digests) or (image.stored.id,))
    return names
