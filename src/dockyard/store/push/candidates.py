"""Manifests and indexes that were kept, read again: what a push may send as it came."""

import json
from dataclasses import dataclass

from dockyard.errors import DockyardError
from dockyard.spec.image.descriptor import INDEX_TYPES, MANIFEST_TYPES
from dockyard.spec.image.manifest import index_from_json, manifest_from_json
from dockyard.store.images.manifests import StoredManifest
from dockyard.store.images.store import ImageStore, StoredImage
from dockyard.store.push.plan import Candidate


@dataclass(frozen=True, slots=True)
class WholeIndex:
    """An index all of whose images are here: its bytes, and each image's id with the manifest that it has there.

    `companions`: what else it names, such as attestations: media types and bytes, those that others refer to first.
    """

    media_type: str
    data: bytes
    images: tuple[tuple[str, Candidate], ...]
    companions: tuple[tuple[str, bytes], ...] = ()


def read_candidate(images: ImageStore, row: StoredManifest) -> Candidate | None:
    """The manifest; None when it is damaged on disk: a new one will do."""
    if row.media_type not in MANIFEST_TYPES:
        return None
    try:
        data = images.blob(row.digest)
        return Candidate(row.media_type, data, manifest_from_json(json.loads(data)))
    except (DockyardError, ValueError):
        return None


def whole_index(images: ImageStore, stored: StoredImage) -> WholeIndex | None:
    """The newest index that the image came from, if no other image of it is missing here."""
    for row in reversed(images.manifests.of_image(stored.id)):
        for digest, media_type in reversed(images.manifests.indexes_above(row.digest)):
            found = _read_index(images, digest, media_type)
            if found is not None:
                return found
    return None


def _read_index(images: ImageStore, digest: str, media_type: str) -> WholeIndex | None:
    if media_type not in INDEX_TYPES:
        return None
    below = {one.digest: one for one in images.manifests.below(digest)}
    try:
        data = images.blob(digest)
        entries = index_from_json(json.loads(data)).manifests
    except (DockyardError, ValueError):
        return None
    found = []
    companions: list[tuple[str, bytes]] = []
    for entry in entries:
        row = below.get(entry.digest)
        if row is None:
            beside = companions_of(images, entry.digest)
            if beside is None:
                return None
            companions += beside
            continue
        candidate = read_candidate(images, row)
        if candidate is None:
            return None
        found.append((row.image_id, candidate))
    return WholeIndex(media_type, data, tuple(found), tuple(companions)) if found else None


def companions_of(images: ImageStore, digest: str) -> list[tuple[str, bytes]] | None:
    """A manifest that is kept beside images, after all that it refers to; None when something of it is missing."""
    media_type = images.manifests.companion(digest)
    if media_type not in MANIFEST_TYPES:
        return None
    try:
        data = images.blob(digest)
        manifest = manifest_from_json(json.loads(data))
        blobs = [(one.media_type, images.blob(one.digest)) for one in (manifest.config, *manifest.layers)]
    except (DockyardError, ValueError):
        return None
    return [*blobs, (media_type, data)]
