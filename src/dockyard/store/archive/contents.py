"""What a spooled archive contains: manifest.json of Docker, or an OCI image layout.

oci image-spec v1.1, image-layout.md; Docker image specification v1.2. manifest.json wins when both are there, as in
Docker.
"""

import json
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

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
from dockyard.store.archive.files import PackedFiles
from dockyard.store.archive.remembered import Remembered
from dockyard.store.content.digest import digest_of, hex_of
from dockyard.store.distribution.reference import parse_reference

NESTING = 4


@dataclass(frozen=True, slots=True)
class PackedImage:
    """One image of an archive: its configuration's bytes, paths of its layers lowest first, and its names."""

    config: bytes
    layers: tuple[str, ...]
    names: tuple[str, ...]
    parent: str = ""
    layer_digests: tuple[str, ...] = ()
    """Where the format tells them: digests that the layers' files must have."""
    tags: tuple[str, ...] = ()
    """What a layout calls it without that being a whole name: `latest`."""

    def called(self, names: Iterable[str], tags: Iterable[str]) -> "PackedImage":
        """The image with these names, too."""
        names, tags = dict.fromkeys((*self.names, *names)), dict.fromkeys((*self.tags, *tags))
        return replace(self, names=tuple(names), tags=tuple(tags))


class Named(NamedTuple):
    """An entry of a layout's index, and all names that it has there."""

    entry: Descriptor
    names: dict[str, None]
    tags: dict[str, None]


def once(entries: Iterable[Descriptor]) -> list[Named]:
    """Each entry once: what has several names stands several times in a layout."""
    found: dict[tuple[str, str], Named] = {}
    for entry in entries:
        known = found.setdefault((entry.media_type, entry.digest), Named(entry, {}, {}))
        names, tags = names_of(entry)
        known.names.update(dict.fromkeys(names))
        known.tags.update(dict.fromkeys(tags))
    return list(found.values())


def images_in(files: PackedFiles, platform: Platform) -> list[PackedImage]:
    """All images of the archive; of a multi-platform one that for `platform`. Raises InvalidParameter."""
    if files.has("manifest.json"):
        return items_in(files)
    if files.has("oci-layout") and files.has("index.json"):
        files = Remembered(files)
        entries = once(index_from_json(json_in(files, "index.json")).manifests)
        return joined(
            [
                image.called(one.names, one.tags)
                for one in entries
                for image in _from_descriptor(files, one.entry, platform, NESTING)
            ]
        )
    raise InvalidParameter("invalid archive: does not contain a manifest.json")


def _from_descriptor(files: PackedFiles, entry: Descriptor, platform: Platform, depth: int) -> list[PackedImage]:
    names, tags = names_of(entry)
    if entry.media_type in INDEX_TYPES:
        if depth == 0:
            raise InvalidParameter("invalid archive: indexes are nested too deeply")
        inner = index_from_json(blob_json(files, entry))
        fitting = [child for child in inner.manifests if _fits(child.platform, platform)]
        if not fitting:
            raise InvalidParameter(f"no match for platform {platform.os}/{platform.architecture} in archive")
        found = _from_descriptor(files, fitting[0], platform, depth - 1)
        return [replace(image, names=image.names + names, tags=image.tags + tags) for image in found]
    return packed_image(files, entry)


def items_in(files: PackedFiles) -> list[PackedImage]:
    """The images that manifest.json tells of, each once. Raises InvalidParameter."""
    files = Remembered(files)
    found: dict[tuple[str, tuple[str, ...], str], dict[str, None]] = {}
    for item in items_from_json(json_in(files, "manifest.json")):
        found.setdefault((item.config, item.layers, item.parent), {}).update(dict.fromkeys(item.repo_tags))
    return [
        PackedImage(files.read(config), layers, tuple(names), parent)
        for (config, layers, parent), names in found.items()
    ]


def packed_image(files: PackedFiles, entry: Descriptor) -> list[PackedImage]:
    """The image whose manifest `entry` is; none for an artifact of another kind. Raises InvalidParameter."""
    names, tags = names_of(entry)
    manifest = manifest_from_json(blob_json(files, entry))
    if manifest.config.media_type not in CONFIG_TYPES:
        return []  # an artifact that is no image: a signature, a bill of materials
    return [
        PackedImage(
            blob(files, manifest.config),
            tuple(path_of(layer) for layer in manifest.layers),
            names,
            layer_digests=tuple(layer.digest for layer in manifest.layers),
            tags=tags,
        )
    ]


def joined(images: list[PackedImage]) -> list[PackedImage]:
    """An image with several manifests is one image."""
    by_config: dict[bytes, list[PackedImage]] = {}
    for image in images:
        by_config.setdefault(image.config, []).append(image)
    return [
        same[0].called((name for one in same for name in one.names), (tag for one in same for tag in one.tags))
        for same in by_config.values()
    ]


def names_of(entry: Descriptor) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The names and tags that the writer gave: Docker and containerd annotate the whole name, podman and skopeo put it
    where the specification has the reference's name, umoci only a tag there."""
    given = entry.annotations.get(REF_NAME, "")
    name = entry.annotations.get(CONTAINERD_NAME, "") or given
    try:
        whole = bool(parse_reference(name).tag) and (":" in name or "/" in name)
    except InvalidParameter:
        whole = False
    return (name,) if whole else (), (given,) if given else ()


def _fits(offered: Platform | None, wanted: Platform) -> bool:
    if offered is None:
        return True
    return (offered.os, offered.architecture) == (wanted.os, wanted.architecture)


def path_of(entry: Descriptor) -> str:
    """Where the layout has it."""
    return f"blobs/sha256/{hex_of(entry.digest)}"


def blob(files: PackedFiles, entry: Descriptor) -> bytes:
    """A small blob's bytes. Raises InvalidParameter when they aren't what the descriptor says."""
    data = files.read(path_of(entry))
    if digest_of(data) != entry.digest:
        raise InvalidParameter(f"invalid archive: {path_of(entry)}: its digest is {digest_of(data)}")
    return data


def blob_json(files: PackedFiles, entry: Descriptor) -> Any:
    """A blob that is JSON."""
    return _decoded(blob(files, entry), path_of(entry))


def json_in(files: PackedFiles, path: str) -> Any:
    """A file that is JSON. Raises InvalidParameter."""
    return _decoded(files.read(path), path)


def _decoded(data: bytes, path: str) -> Any:
    try:
        return json.loads(data)
    except (ValueError, RecursionError) as error:
        raise InvalidParameter(f"invalid archive: failed to decode {path}: {error}") from None
