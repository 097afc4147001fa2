"""What is stated about an image beside it: provenance, bills of materials (GET /images/{name}/attestations).

They came with the image's index: a manifest that is about the image's own, whose layers are in-toto statements.

https://docs.docker.com/build/metadata/attestations/attestation-storage/
"""

import json
from collections.abc import Collection, Iterator
from typing import NamedTuple

from dockyard.errors import DockyardError
from dockyard.spec.image.descriptor import REFERENCE_DIGEST, Descriptor
from dockyard.spec.image.manifest import index_from_json, manifest_from_json
from dockyard.store.images import ImageStore, StoredImage

PREDICATE = "in-toto.io/predicate-type"
STATEMENT = "application/vnd.in-toto+json"


class Attestation(NamedTuple):
    """One statement: its blob, what kind it is, and its bytes, which are JSON; None where they weren't asked for."""

    descriptor: Descriptor
    predicate_type: str
    statement: bytes | None


def attestations(
    images: ImageStore, stored: StoredImage, types: Collection[str], *, statements: bool
) -> list[Attestation]:
    """All statements about the image, of `types` only if there are any. DataLoss when one is damaged."""
    found: dict[str, Attestation] = {}
    for layer in _layers(images, stored):
        data = images.blob(layer.digest) if statements or PREDICATE not in layer.annotations else None
        kind = layer.annotations.get(PREDICATE) or _kind(data)
        if data is not None and not _is_object(data):
            continue
        if not types or kind in types:
            found.setdefault(layer.digest, Attestation(layer, kind, data if statements else None))
    return list(found.values())


def _layers(images: ImageStore, stored: StoredImage) -> Iterator[Descriptor]:
    for row in images.manifests.of_image(stored.id):
        for digest, _ in images.manifests.indexes_above(row.digest):
            for entry in index_from_json(_read(images, digest)).manifests:
                if entry.annotations.get(REFERENCE_DIGEST) == row.digest and images.manifests.companion(entry.digest):
                    manifest = manifest_from_json(_read(images, entry.digest))
                    yield from (layer for layer in manifest.layers if layer.media_type == STATEMENT)


def _read(images: ImageStore, digest: str) -> object:
    try:
        return json.loads(images.blob(digest))
    except (DockyardError, ValueError):
        return {"config": {}}


def _is_object(data: bytes) -> bool:
    try:
        return isinstance(json.loads(data), dict)
    except (ValueError, RecursionError):
        return False


def _kind(data: bytes | None) -> str:
    try:
        statement = json.loads(data or b"{}")
    except (ValueError, RecursionError):
        return ""
    return str(statement.get("predicateType", "")) if isinstance(statement, dict) else ""
