"""`docker images`: which images a list request means (Engine API: GET /images/json, filters)."""

import fnmatch
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from dockyard.engine.filter_values import Filters, truth
from dockyard.errors import InvalidParameter
from dockyard.store.images import ImageStore, StoredImage

KNOWN = frozenset(("dangling", "label", "before", "since", "reference", "until"))


@dataclass(frozen=True, slots=True)
class ListedImage:
    """One row of `docker images`: tags and digests as `repo:tag` and `repo@digest`; sizes in bytes."""

    stored: StoredImage
    tags: tuple[str, ...]
    digests: tuple[str, ...]
    size_bytes: int
    containers: int
    labels: Mapping[str, str]


def list_images(
    store: ImageStore, *, everything: bool, filters: Filters, containers: Mapping[str, int]
) -> list[ListedImage]:
    """The images asked for, newest first; `containers` counts them by image id.

    Without `everything`, images that are only a step of another one (untagged, with children) are left out.
    """
    unknown = set(filters) - KNOWN
    if unknown:
        raise InvalidParameter(f"invalid filter '{unknown.pop()}'")
    dangling = truth(filters, "dangling") if "dangling" in filters else None
    before, since = (_anchor(store, filters, key) for key in ("before", "since"))
    found = []
    for stored in store.images():
        listed = _listed(store, stored, containers)
        untagged = not listed.tags and not listed.digests
        if untagged and not everything and store.children(stored.id):
            continue
        if dangling is not None and dangling != (not listed.tags):
            continue
        if before is not None and stored.image.created >= before.image.created:
            continue
        if since is not None and stored.image.created <= since.image.created:
            continue
        if filters.get("label") and not _has_labels(listed.labels, filters["label"]):
            continue
        if filters.get("reference"):
            tags = tuple(tag for tag in listed.tags if _matches_reference(tag, filters["reference"]))
            digests = tuple(one for one in listed.digests if _matches_reference(one, filters["reference"]))
            if not tags and not digests:
                continue
            listed = ListedImage(stored, tags, digests, listed.size_bytes, listed.containers, listed.labels)
        found.append(listed)
    found.sort(key=lambda listed: listed.stored.image.created, reverse=True)
    return found


def _listed(store: ImageStore, stored: StoredImage, containers: Mapping[str, int]) -> ListedImage:
    references = store.references.of_image(stored.id)
    return ListedImage(
        stored,
        tuple(reference.familiar for reference in references if not reference.digest),
        tuple(reference.familiar for reference in references if reference.digest),
        store.size_bytes(stored),
        containers.get(stored.id, 0),
        stored.image.config.labels,
    )


def _anchor(store: ImageStore, filters: Filters, key: str) -> StoredImage | None:
    values = filters.get(key)
    return store.get(values[0]) if values else None


def _has_labels(labels: Mapping[str, str], wanted: Iterable[str]) -> bool:
    for one in wanted:
        name, equals, value = one.partition("=")
        if name not in labels or (equals and labels[name] != value):
            return False
    return True


def _matches_reference(tag: str, patterns: Iterable[str]) -> bool:
    name = tag.partition("@")[0] if "@" in tag else tag.rpartition(":")[0]
    return any(fnmatch.fnmatchcase(tag, pattern) or fnmatch.fnmatchcase(name, pattern) for pattern in patterns)
