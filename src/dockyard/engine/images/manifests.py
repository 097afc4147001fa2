"""What an image is in registries and archives: an index with a manifest for each platform, some of which are here.

Engine API: ImageManifestSummary. An image that was built by the classic builder, committed or loaded from Docker's own
format came without a manifest, and has none to show.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from dockyard.errors import DockyardError
from dockyard.spec.image.descriptor import INDEX_TYPES, REFERENCE_DIGEST, Descriptor, Platform
from dockyard.spec.image.manifest import Manifest, index_from_json, manifest_from_json
from dockyard.store.images import ImageStore
from dockyard.store.images.platforms import platform_of


@dataclass(frozen=True, slots=True)
class ManifestDetails:
    """A manifest below an index, or the only one. Sizes in bytes: of the blobs as they travel, and unpacked."""

    descriptor: Descriptor
    kind: str
    """`image`, `attestation` or `unknown`"""
    available: bool
    content_bytes: int = 0
    unpacked_bytes: int = 0
    platform: Platform | None = None
    containers: tuple[str, ...] = ()
    about: str = ""


@dataclass(frozen=True, slots=True)
class Target:
    """What a name stands for; `descriptor` None for what never had a manifest."""

    descriptor: Descriptor | None = None
    manifests: tuple[ManifestDetails, ...] = ()


def target(images: ImageStore, image_id: str, containers: Iterable[tuple[str, str]]) -> Target:
    """The newest index that the image came from, else its newest manifest; `containers`: image and own id."""
    users: dict[str, list[str]] = {}
    for used, container_id in containers:
        users.setdefault(used, []).append(container_id)
    for row in reversed(images.manifests.of_image(image_id)):
        for digest, media_type in reversed(images.manifests.indexes_above(row.digest)):
            found = _of_index(images, Descriptor(media_type, digest, 0), users)
            if found is not None:
                return found
        found = _of_manifest(images, Descriptor(row.media_type, row.digest, 0), users)
        if found is not None:
            return found
    return Target()


def _of_index(images: ImageStore, entry: Descriptor, users: Mapping[str, Sequence[str]]) -> Target | None:
    try:
        data = images.blob(entry.digest)
        below = index_from_json(json.loads(data)).manifests
    except (DockyardError, ValueError):
        return None
    children = tuple(_details(images, child, users) for child in below if child.media_type not in INDEX_TYPES)
    return Target(entry._replace(size=len(data)), children)


def _of_manifest(images: ImageStore, entry: Descriptor, users: Mapping[str, Sequence[str]]) -> Target | None:
    try:
        sized = entry._replace(size=len(images.blob(entry.digest)))
    except DockyardError:
        return None
    return Target(sized, (_details(images, sized, users),))


def _details(images: ImageStore, entry: Descriptor, users: Mapping[str, Sequence[str]]) -> ManifestDetails:
    about = entry.annotations.get(REFERENCE_DIGEST, "")
    row = images.manifests.find(entry.digest)
    if row is None:
        kind = "attestation" if about else "image" if entry.platform else "unknown"
        manifest = _read(images, entry.digest) if images.manifests.companion(entry.digest) else None
        content = 0 if manifest is None else entry.size + _blobs_bytes(manifest)
        return ManifestDetails(entry, kind, manifest is not None, content, platform=entry.platform, about=about)
    stored = images.by_id(row.image_id)
    manifest = _read(images, entry.digest)
    return ManifestDetails(
        entry,
        "image",
        True,
        entry.size + (_blobs_bytes(manifest) if manifest else 0),
        images.size_bytes(stored),
        platform_of(stored),
        tuple(users.get(stored.id, ())),
    )


def _read(images: ImageStore, digest: str) -> Manifest | None:
    try:
        return manifest_from_json(json.loads(images.blob(digest)))
    except (DockyardError, ValueError):
        return None


def _blobs_bytes(manifest: Manifest) -> int:
    return manifest.config.size + sum(layer.size for layer in manifest.layers)
