"""What a spooled archive contains: manifest.json of Docker, or an OCI image layout.

oci image-spec v1.1, image-layout.md; Docker image specification v1.2. manifest.json wins when both are there, as in
Docker.
"""

import json
from dataclasses import dataclass
from typing import Any

from dockyard.errors import InvalidParameter
from dockyard.spec.image.archive import items_from_json
from dockyard.spec.image.descriptor import (
    CONFIG_TYPES,
    CONTAINERD_NAME,
    INDEX_TYPES,
    REF_NAME,
    Descriptor,
    Platform,
)
from dockyard.spec.image.manifest import index_from_json, manifest_from_json
from dockyard.store.archive.spool import Spool
from dockyard.store.content.digest import digest_of, hex_of

_NESTING = 4


@dataclass(frozen=True, slots=True)
class PackedImage:
    """One image of an archive: its configuration's bytes, paths of its layers lowest first, and its names."""

    config: bytes
    layers: tuple[str, ...]
    names: tuple[str, ...]
    parent: str = ""
    layer_digests: tuple[str, ...] = ()
    """Where the format tells them: digests that the layers' files must have."""


def images_in(spool: Spool, platform: Platform) -> list[PackedImage]:
    """All images of the archive; of a multi-platform one that for `platform`. Raises InvalidParameter."""
    if spool.has("manifest.json"):
        items = items_from_json(_json(spool, "manifest.json"))
        return [PackedImage(spool.read(item.config), item.layers, item.repo_tags, item.parent) for item in items]
    if spool.has("oci-layout") and spool.has("index.json"):
        index = index_from_json(_json(spool, "index.json"))
        images = [image for entry in index.manifests for image in _from_descriptor(spool, entry, platform, _NESTING)]
        return _joined(images)
    raise InvalidParameter("invalid archive: does not contain a manifest.json")


def _from_descriptor(spool: Spool, entry: Descriptor, platform: Platform, depth: int) -> list[PackedImage]:
    name = _name_of(entry)
    if entry.media_type in INDEX_TYPES:
        if depth == 0:
            raise InvalidParameter("invalid archive: indexes are nested too deeply")
        inner = index_from_json(_blob_json(spool, entry))
        fitting = [child for child in inner.manifests if _fits(child.platform, platform)]
        if not fitting:
            raise InvalidParameter(f"no match for platform {platform.os}/{platform.architecture} in archive")
        found = _from_descriptor(spool, fitting[0], platform, depth - 1)
        return [
            PackedImage(i.config, i.layers, i.names + ((name,) if name else ()), "", i.layer_digests) for i in found
        ]
    manifest = manifest_from_json(_blob_json(spool, entry))
    if manifest.config.media_type not in CONFIG_TYPES:
        return []  # an artifact that is no image: a signature, a bill of materials
    return [
        PackedImage(
            _blob(spool, manifest.config),
            tuple(_path(layer) for layer in manifest.layers),
            (name,) if name else (),
            "",
            tuple(layer.digest for layer in manifest.layers),
        )
    ]


def _joined(images: list[PackedImage]) -> list[PackedImage]:
    """An image with several names stands several times in an index; it is one image."""
    by_config: dict[bytes, PackedImage] = {}
    for image in images:
        known = by_config.get(image.config)
        names = tuple(dict.fromkeys((*(known.names if known else ()), *image.names)))
        by_config[image.config] = PackedImage(image.config, image.layers, names, "", image.layer_digests)
    return list(by_config.values())


def _name_of(entry: Descriptor) -> str:
    """The name that the writer gave: Docker and containerd annotate the whole, others a reference or only a tag."""
    name = entry.annotations.get(CONTAINERD_NAME, "")
    if not name:
        reference = entry.annotations.get(REF_NAME, "")
        name = reference if ":" in reference or "/" in reference else ""
    return name


def _fits(offered: Platform | None, wanted: Platform) -> bool:
    if offered is None:
        return True
    return (offered.os, offered.architecture) == (wanted.os, wanted.architecture)


def _path(entry: Descriptor) -> str:
    return f"blobs/sha256/{hex_of(entry.digest)}"


def _blob(spool: Spool, entry: Descriptor) -> bytes:
    data = spool.read(_path(entry))
    if digest_of(data) != entry.digest:
        raise InvalidParameter(f"invalid archive: {_path(entry)}: its digest is {digest_of(data)}")
    return data


def _blob_json(spool: Spool, entry: Descriptor) -> Any:
    return _decoded(_blob(spool, entry), _path(entry))


def _json(spool: Spool, path: str) -> Any:
    return _decoded(spool.read(path), path)


def _decoded(data: bytes, path: str) -> Any:
    try:
        return json.loads(data)
    except (ValueError, RecursionError) as error:
        raise InvalidParameter(f"invalid archive: failed to decode {path}: {error}") from None
