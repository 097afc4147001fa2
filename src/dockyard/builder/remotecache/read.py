"""A cache's documents as what they have for a key.

    an index     the layers' blobs, and the configuration among them
    a manifest   the layers' blobs as layers, the configuration as its configuration
    an image     (or an index of images) with records in its own configuration: inline

Blobs tell by an annotation what they are uncompressed, because a layer's place is known by that.
"""

import base64
import binascii
import json
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from dockyard.builder.export.config import INLINE_CACHE
from dockyard.builder.export.write import UNCOMPRESSED
from dockyard.builder.remotecache.config import (
    CACHE_CONFIG,
    LIMIT_BYTES,
    CacheLayer,
    CacheRecord,
    config_from_json,
    records_from_json,
)
from dockyard.errors import InvalidParameter
from dockyard.spec.image.descriptor import INDEX_TYPES, MANIFEST_TYPES, REFERENCE_TYPE, Descriptor
from dockyard.spec.image.fields import expect_object, strings
from dockyard.spec.image.manifest import Manifest, index_from_json, manifest_from_json
from dockyard.store.content.digest import digest_of, is_digest
from dockyard.store.pull.plan import LayerStep

ReadBlob = Callable[[Descriptor], Awaitable[bytes]]
"""A small blob of the cache, whole."""
_MOST_IMAGES = 32


@dataclass(frozen=True, slots=True)
class RemoteResult:
    """The layers that a key gave, lowest first, and when that was (RFC 3339, may be empty)."""

    layers: tuple[LayerStep, ...]
    created: str = ""


@dataclass(slots=True)
class RecordedCache:
    """What one cache has, by the digest of the key. `kind`: how it was written."""

    kind: str
    results: dict[str, list[RemoteResult]] = field(default_factory=dict)

    def find(self, key: str) -> list[RemoteResult]:
        """The results for a key, best first."""
        return self.results.get(f"sha256:{key}", [])

    def add(self, records: Sequence[CacheRecord], layers: Sequence[CacheLayer], blobs: dict[str, LayerStep]) -> None:
        """Take in records whose layers' blobs are known."""
        for record in records:
            for places, created in record.results:
                steps = [blobs.get(layers[place].blob) for place in places]
                whole = tuple(step for step in steps if step is not None)
                if len(whole) == len(steps):
                    self.results.setdefault(record.digest, []).append(RemoteResult(whole, created))


async def read_cache(root: bytes, read: ReadBlob) -> RecordedCache:
    """The cache whose manifest or index is `root`. Raises InvalidParameter for what is none."""
    document = _decoded(root)
    if _is_index(document):
        index = index_from_json(document)
        for entry in index.manifests:
            if entry.media_type == CACHE_CONFIG:
                blobs = [one for one in index.manifests if one is not entry]
                return await _configured("Manifest List", entry, blobs, read)
        return await _inline_of_index(root, read)
    manifest = manifest_from_json(document)
    if manifest.config.media_type == CACHE_CONFIG:
        return await _configured("Image Manifest", manifest.config, manifest.layers, read)
    return await _inline([manifest], read)


async def _configured(kind: str, config: Descriptor, blobs: Sequence[Descriptor], read: ReadBlob) -> RecordedCache:
    if config.size > LIMIT_BYTES:
        raise InvalidParameter(f"blob {config.digest} is too large ({config.size} > {LIMIT_BYTES})")
    parsed = config_from_json(_decoded(await read(config)))
    cache = RecordedCache(kind)
    cache.add(parsed.records, parsed.layers, {one.digest: step for one in blobs if (step := _step(one)) is not None})
    return cache


async def _inline_of_index(root: bytes, read: ReadBlob) -> RecordedCache:
    entries = [
        one
        for one in index_from_json(_decoded(root)).manifests[:_MOST_IMAGES]
        if one.media_type in MANIFEST_TYPES and not one.annotations.get(REFERENCE_TYPE)
    ]
    return await _inline([manifest_from_json(_decoded(await read(one))) for one in entries], read)


async def _inline(manifests: Sequence[Manifest], read: ReadBlob) -> RecordedCache:
    """Records in images' own configurations; images without any have nothing to say."""
    cache = RecordedCache("Inline")
    for manifest in manifests:
        if not manifest.layers:
            continue
        config = expect_object(_decoded(await read(manifest.config)), "image configuration")
        data = config.get(INLINE_CACHE)
        diff_ids = strings(expect_object(config.get("rootfs") or {}, "rootfs"), "diff_ids")
        if data is None or len(diff_ids) != len(manifest.layers):
            continue
        layers = tuple(CacheLayer(blob.digest, place - 1) for place, blob in enumerate(manifest.layers))
        try:
            records = records_from_json(_decoded(base64.b64decode(data, validate=True)), layers)
        except (TypeError, binascii.Error) as error:
            raise InvalidParameter(f"{INLINE_CACHE}: {error}") from None
        steps = [LayerStep(blob, diff_id) for blob, diff_id in zip(manifest.layers, diff_ids, strict=True)]
        cache.add(records, layers, {step.blob.digest: step for step in steps})
    return cache


def _step(blob: Descriptor) -> LayerStep | None:
    diff_id = blob.annotations.get(UNCOMPRESSED, "")
    return LayerStep(blob, diff_id) if is_digest(diff_id) and is_digest(blob.digest) else None


def _is_index(document: Any) -> bool:
    obj = expect_object(document, "cache manifest")
    if obj.get("mediaType") in (None, ""):
        return "manifests" in obj
    if obj["mediaType"] in INDEX_TYPES:
        return True
    if obj["mediaType"] in MANIFEST_TYPES:
        return False
    raise InvalidParameter("unsupported or uninferrable manifest type")


def _decoded(data: bytes) -> Any:
    try:
        return json.loads(data)
    except (ValueError, RecursionError) as error:
        raise InvalidParameter(f"build cache: invalid JSON in {digest_of(data)}: {error}") from None
