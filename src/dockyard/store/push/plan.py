"""Which manifest a push sends: pure functions.

An image that came from a registry is sent on with the very manifest that it came with, so that its digest stays, if
every blob of it can be had: it is kept here, or is an archive that can be put together again, or is at the target
already. Otherwise, and for what was built here, a new manifest is made, in the form that Docker gives it.
"""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from dockyard.spec.image.descriptor import DOCKER_CONFIG, DOCKER_LAYER, DOCKER_MANIFEST, Descriptor
from dockyard.spec.image.manifest import Manifest
from dockyard.store.layers.layer import Layer

GZIP_LAYER = f"{DOCKER_LAYER}.gzip"
FOREIGN_MARKS = ("foreign", "nondistributable")


@dataclass(frozen=True, slots=True)
class Candidate:
    """A manifest that the image came with: its bytes and what they say."""

    media_type: str
    data: bytes
    manifest: Manifest


@dataclass(frozen=True, slots=True)
class LayerToPush:
    """A layer, and the blob that it must be; None where any blob of it will do."""

    layer: Layer
    blob: Descriptor | None


@dataclass(frozen=True, slots=True)
class PushPlan:
    """What to send: all layers, lowest first, then the manifest (`candidate`, or a new one where that is None)."""

    layers: tuple[LayerToPush, ...]
    candidate: Candidate | None


def plan_push(
    layers: Sequence[Layer], candidates: Sequence[Candidate], can_be_had: Callable[[Layer, Descriptor], bool]
) -> PushPlan:
    """The plan. `can_be_had`: whether the bytes of a blob of a layer are here, or at the target."""
    for candidate in candidates:
        blobs = candidate.manifest.layers
        if len(blobs) == len(layers) and all(
            is_foreign(blob) or can_be_had(layer, blob) for layer, blob in zip(layers, blobs, strict=True)
        ):
            pairs = zip(layers, blobs, strict=True)
            return PushPlan(tuple(LayerToPush(layer, blob) for layer, blob in pairs), candidate)
    return PushPlan(tuple(LayerToPush(layer, None) for layer in layers), None)


def is_foreign(blob: Descriptor) -> bool:
    """Whether the blob may not be passed on: those who pull it fetch it from its makers."""
    return bool(blob.urls) and any(mark in blob.media_type for mark in FOREIGN_MARKS)


def new_manifest(config_digest: str, config_size: int, blobs: Sequence[tuple[str, int]]) -> bytes:
    """A schema 2 manifest, byte for byte as Docker writes it; `blobs`: digest and size of gzip layers, lowest first."""

    def entry(media_type: str, size: int, digest: str) -> dict[str, object]:
        return {"mediaType": media_type, "size": size, "digest": digest}

    document = {
        "schemaVersion": 2,
        "mediaType": DOCKER_MANIFEST,
        "config": entry(DOCKER_CONFIG, config_size, config_digest),
        "layers": [entry(GZIP_LAYER, size, digest) for digest, size in blobs],
    }
    return json.dumps(document, indent=3).encode()
