"""`docker save`: images as one archive that docker, podman, skopeo and every OCI tool can load.

What Docker 25 and later write: an OCI image layout (image-spec v1.1, image-layout.md), beside it manifest.json and
repositories for older ones. Layers are the very archives that the diff ids are digests of. Nothing is written to
disk: all sizes are known beforehand, so that the archive can be produced as it is read. An image that is here for
several platforms is saved with its index, as it came if all that it names is here.
"""

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from dockyard.errors import InvalidParameter
from dockyard.fs.archive.header import DIRECTORY
from dockyard.fs.archive.pack import rechunk
from dockyard.fs.archive.writer import END, Entry, header, padding
from dockyard.spec.image.archive import ArchiveItem, items_to_json
from dockyard.spec.image.descriptor import (
    CONTAINERD_NAME,
    OCI_CONFIG,
    OCI_INDEX,
    OCI_LAYER,
    OCI_MANIFEST,
    REF_NAME,
    Descriptor,
    Platform,
)
from dockyard.spec.image.manifest import Index, Manifest
from dockyard.store.archive.selected import Member, Selection, select
from dockyard.store.content import ContentStore
from dockyard.store.content.digest import digest_of
from dockyard.store.distribution.reference import Reference, is_identifier, parse_reference
from dockyard.store.images.platforms import platform_of
from dockyard.store.images.store import ImageStore, StoredImage
from dockyard.store.layers.layer import Layer
from dockyard.store.push.candidates import WholeIndex

_PIECE = 1 << 18
_LAYOUT = b'{"imageLayoutVersion": "1.0.0"}'


@dataclass(slots=True)
class _Saved:
    """One image to be saved, with the names that go with it; `asked` is what the user called it."""

    stored: StoredImage
    asked: str
    references: list[Reference] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class _File:
    """A member of the archive: its size in bytes and where they come from."""

    size: int
    content: Callable[[], Iterator[bytes]]


def save(
    images: ImageStore, content: ContentStore, names: Sequence[str], platforms: Sequence[Platform] = ()
) -> Iterator[bytes]:
    """The archive of what `names` mean: an image by name or id, or all tags of a repository given without a tag; of
    `platforms`, or of all that are here.

    Raises NotFound and InvalidParameter before the first byte; DataLoss in the middle when a layer is damaged.
    """
    saved = _selected(images, content, names, platforms)
    for _, selection in saved:
        if not all(member.stored.image.rootfs.diff_ids for member in selection.members):
            raise InvalidParameter("empty export - not implemented")
    return rechunk(_members(_Writing(images, content, bool(platforms)).files(saved)))


def saved_images(
    images: ImageStore, content: ContentStore, names: Sequence[str], platforms: Sequence[Platform] = ()
) -> list[StoredImage]:
    """The images that `save` would put into the archive: for events."""
    return [one.stored for _, found in _selected(images, content, names, platforms) for one in found.members]


def _selected(
    images: ImageStore, content: ContentStore, names: Sequence[str], platforms: Sequence[Platform]
) -> list[tuple[_Saved, Selection]]:
    return [(one, select(images, content, one.asked, one.stored, platforms)) for one in _resolve(images, names)]


def _resolve(images: ImageStore, names: Sequence[str]) -> list[_Saved]:
    found: dict[str, _Saved] = {}

    def add(stored: StoredImage, reference: Reference | None) -> None:
        image = found.setdefault(stored.id, _Saved(stored, reference.familiar if reference else name))
        if reference is not None and not reference.digest and reference not in image.references:
            image.references.append(reference)

    for name in names:
        if is_identifier(name):
            add(images.get(name), None)
            continue
        reference = parse_reference(name) if not name.startswith("sha256:") else None
        if reference is not None and not reference.tag and not reference.digest:
            tags = images.references.of_name(reference)
            for tagged, image_id in tags:
                add(images.by_id(image_id), tagged)
            if tags:
                continue
        stored = images.get(name)
        by_name = reference is not None and images.references.find(reference) == stored.id
        add(stored, reference.with_default_tag() if by_name and reference else None)
    return list(found.values())


class _Writing:
    """The members of one archive while they are gathered; `told`: the platforms were asked for, so they are told."""

    def __init__(self, images: ImageStore, content: ContentStore, told: bool) -> None:
        self._images = images
        self._content = content
        self._told = told
        self._files: dict[str, _File] = {}

    def files(self, saved: Sequence[tuple[_Saved, Selection]]) -> dict[str, _File]:
        items: list[ArchiveItem] = []
        entries: list[Descriptor] = []
        repositories: dict[str, dict[str, str]] = {}
        ids = {image.stored.id for image, _ in saved}
        for image, selection in saved:
            members = [self._member(member) for member in selection.members]
            entry, layers = members[0]
            if len(members) > 1:
                entry = self._index(selection.index, [descriptor for descriptor, _ in members])
            elif not self._told:
                entry = entry._replace(platform=None)
            for reference in image.references:
                annotations = {CONTAINERD_NAME: str(reference), REF_NAME: reference.tag}
                entries.append(entry._replace(annotations=annotations))
                repositories.setdefault(reference.familiar_name, {})[reference.tag] = layers[-1][7:]
            if not image.references:
                entries.append(entry)
            stored = selection.members[0].stored
            parent = stored.parent if stored.parent in ids else ""
            tags = tuple(reference.familiar for reference in image.references)
            items.append(ArchiveItem(_blob(stored.id), tags, tuple(map(_blob, layers)), parent or ""))
        self._files["index.json"] = _small(_json(Index(tuple(entries)).to_json()))
        self._files["manifest.json"] = _small(_json(items_to_json(tuple(items))) + b"\n")
        self._files["oci-layout"] = _small(_LAYOUT)
        if repositories:
            self._files["repositories"] = _small(_json(repositories) + b"\n")
        return self._files

    def _member(self, member: Member) -> tuple[Descriptor, list[str]]:
        """The descriptor of the image's manifest, and the digests of its layers as they are in the archive."""
        images, stored = self._images, member.stored
        config = images.config_bytes(stored.id)
        self._files[_blob(stored.id)] = _small(config)
        layers = images.layers_of(stored)
        if member.manifest is not None:
            blobs = member.manifest.manifest.layers
            media_type, data = member.manifest.media_type, member.manifest.data
        else:
            blobs = tuple(Descriptor(OCI_LAYER, layer.diff_id, layer.archive_bytes) for layer in layers)
            media_type = OCI_MANIFEST
            data = _json(Manifest(Descriptor(OCI_CONFIG, stored.id, len(config)), blobs).to_json())
        for layer, blob in zip(layers, blobs, strict=True):
            self._files.setdefault(_blob(blob.digest), self._layer(layer, blob))
        self._files[_blob(digest_of(data))] = _small(data)
        entry = Descriptor(media_type, digest_of(data), len(data), platform=platform_of(stored))
        return entry, [blob.digest for blob in blobs]

    def _layer(self, layer: Layer, blob: Descriptor) -> _File:
        if blob.digest == layer.diff_id:
            return _File(layer.archive_bytes, lambda: self._images.layers.tar_stream(layer.chain_id))
        return _File(blob.size, lambda: self._kept(blob.digest))

    def _kept(self, digest: str) -> Iterator[bytes]:
        with self._content.open(digest) as file:
            yield from iter(lambda: file.read(_PIECE), b"")

    def _index(self, whole: WholeIndex | None, manifests: Sequence[Descriptor]) -> Descriptor:
        if whole is None:
            media_type, data = OCI_INDEX, _json(Index(tuple(manifests)).to_json())
        else:
            media_type, data = whole.media_type, whole.data
            for _, document in whole.companions:
                self._files[_blob(digest_of(document))] = _small(document)
        self._files[_blob(digest_of(data))] = _small(data)
        return Descriptor(media_type, digest_of(data), len(data))


def _members(files: dict[str, _File]) -> Iterator[bytes]:
    yield header(Entry(b"blobs/", DIRECTORY, 0o755))
    yield header(Entry(b"blobs/sha256/", DIRECTORY, 0o755))
    for name in sorted(files):
        file = files[name]
        yield header(Entry(name.encode(), size=file.size))
        yield from file.content()
        yield padding(file.size)
    yield END


def _small(data: bytes) -> _File:
    return _File(len(data), lambda: iter((data,)))


def _blob(digest: str) -> str:
    return f"blobs/sha256/{digest[7:]}"


def _json(value: Any) -> bytes:
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False).encode()
