"""`docker images`: which images a list request means (Engine API: GET /images/json, filters)."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import NamedTuple

from dockyard.engine.filter_values import Filters, check_keys, has_labels, truth
from dockyard.engine.moments import parse_moment
from dockyard.engine.path_pattern import path_matches
from dockyard.engine.timestamps import rfc3339_ns
from dockyard.errors import InvalidParameter
from dockyard.store.distribution.reference import Reference
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
    store: ImageStore, *, everything: bool, filters: Filters, containers: Mapping[str, int], now_ns: int
) -> list[ListedImage]:
    """The images asked for, newest first; `containers` counts them by image id.

    Without `everything`, images that are only a step of another one (untagged, with children) are left out.
    """
    check_keys(filters, KNOWN)
    dangling = truth(filters, "dangling") if "dangling" in filters else None
    span = _span(store, filters, now_ns)
    found = []
    for stored in store.images():
        listed = _listed(store, stored, containers, filters.get("reference", ()))
        if not span.has(stored) or not has_labels(listed.labels, filters.get("label", ())):
            continue
        nameless = not listed.tags and not listed.digests
        is_step = (nameless or dangling) and bool(store.children(stored.id))
        if nameless and (dangling is False or filters.get("reference") or (is_step and not everything)):
            continue
        if dangling and (listed.tags or is_step):
            continue
        found.append(listed)
    found.sort(key=lambda listed: rfc3339_ns(listed.stored.image.created), reverse=True)
    return found


class _Span(NamedTuple):
    """Times of creation, in nanoseconds since the epoch, both ends not included; None for no end."""

    after_ns: int | None
    before_ns: int | None

    def has(self, stored: StoredImage) -> bool:
        created_ns = rfc3339_ns(stored.image.created)
        if self.before_ns is not None and not 0 < created_ns < self.before_ns:
            return False
        return self.after_ns is None or created_ns > self.after_ns


def _span(store: ImageStore, filters: Filters, now_ns: int) -> _Span:
    """Several values of one filter must all hold."""
    before = [rfc3339_ns(store.get(name).image.created) for name in filters.get("before", ())]
    before += [_until(value, now_ns) for value in filters.get("until", ())]
    after = [rfc3339_ns(store.get(name).image.created) for name in filters.get("since", ())]
    return _Span(max(after) if after else None, min(before) if before else None)


def _until(value: str, now_ns: int) -> int:
    try:
        return parse_moment(value, now_ns)
    except InvalidParameter as error:
        raise InvalidParameter(f"invalid value for 'until' filter: {error}") from error


def _listed(
    store: ImageStore, stored: StoredImage, containers: Mapping[str, int], patterns: Collection[str]
) -> ListedImage:
    references = store.references.of_image(stored.id)
    if patterns:
        references = [reference for reference in references if _matches(reference, patterns)]
    return ListedImage(
        stored,
        tuple(reference.familiar for reference in references if not reference.digest),
        tuple(reference.familiar for reference in references if reference.digest),
        store.size_bytes(stored),
        containers.get(stored.id, 0),
        stored.image.config.labels,
    )


def _matches(reference: Reference, patterns: Iterable[str]) -> bool:
    """Whether a pattern fits the reference as people write it or in full, with or without tag."""
    forms = (reference.familiar, reference.familiar_name, str(reference), reference.name)
    return any(path_matches(pattern, form) for pattern in patterns for form in forms)
