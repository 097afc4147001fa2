"""`docker save`: images as one archive that docker, podman, skopeo and every OCI tool can load.

What Docker 25 and later write: an OCI image layout (image-spec v1.1, image-layout.md), beside it manifest.json and
repositories for older ones. Layers are the very archives that the diff ids are digests of. Nothing is written to
disk: all sizes are known beforehand, so that the archive can be produced as it is read.
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
from dockyard.spec.image.descriptor import CONTAINERD_NAME, OCI_CONFIG, OCI_LAYER, OCI_MANIFEST, REF_NAME, Descriptor
from dockyard.spec.image.manifest import Index, Manifest
from dockyard.store.content.digest import digest_of
from dockyard.store.distribution.reference import Reference, is_identifier, parse_reference
from dockyard.store.images.store import ImageStore, StoredImage

_LAYOUT = b'{"imageLayoutVersion": "1.0.0"}'


@dataclass(slots=True)
class _Saved:
    """One image to be saved, with the names that go with it."""

    stored: StoredImage
    references: list[Reference] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class _File:
    """A member of the archive: its size in bytes and where they come from."""

    size: int
    content: Callable[[], Iterator[bytes]]


def save(images: ImageStore, names: Sequence[str]) -> Iterator[bytes]:
    """The archive of what `names` mean: an image by name or id, or all tags of a repository given without a tag.

    Raises NotFound and InvalidParameter before the first byte; DataLoss in the middle when a layer is damaged.
    """
    saved = _resolve(images, names)
    for image in saved:
        if not image.stored.image.rootfs.diff_ids:
            raise InvalidParameter("empty export - not implemented")
    return rechunk(_members(_files(images, saved)))


def saved_images(images: ImageStore, names: Sequence[str]) -> list[StoredImage]:
    """The images that `save` would put into the archive: for events."""
    return [image.stored for image in _resolve(images, names)]


def _resolve(images: ImageStore, names: Sequence[str]) -> list[_Saved]:
    found: dict[str, _Saved] = {}

    def add(stored: StoredImage, reference: Reference | None) -> None:
        image = found.setdefault(stored.id, _Saved(stored))
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


def _files(images: ImageStore, saved: Sequence[_Saved]) -> dict[str, _File]:
    files: dict[str, _File] = {}
    items: list[ArchiveItem] = []
    entries: list[Descriptor] = []
    repositories: dict[str, dict[str, str]] = {}
    ids = {image.stored.id for image in saved}
    for image in saved:
        stored = image.stored
        layers = images.layers_of(stored)
        for layer in layers:
            files.setdefault(_blob(layer.diff_id), _File(layer.archive_bytes, _archive_of(images, layer.chain_id)))
        config = images.config_bytes(stored.id)
        files[_blob(stored.id)] = _small(config)
        manifest = Manifest(
            Descriptor(OCI_CONFIG, stored.id, len(config)),
            tuple(Descriptor(OCI_LAYER, layer.diff_id, layer.archive_bytes) for layer in layers),
        )
        data = _json(manifest.to_json())
        files[_blob(digest_of(data))] = _small(data)
        entry = Descriptor(OCI_MANIFEST, digest_of(data), len(data))
        for reference in image.references:
            annotations = {CONTAINERD_NAME: str(reference), REF_NAME: reference.tag}
            entries.append(entry._replace(annotations=annotations))
            repositories.setdefault(reference.familiar_name, {})[reference.tag] = layers[-1].diff_id[7:]
        if not image.references:
            entries.append(entry)
        parent = stored.parent if stored.parent in ids else ""
        items.append(
            ArchiveItem(
                _blob(stored.id),
                tuple(reference.familiar for reference in image.references),
                tuple(_blob(layer.diff_id) for layer in layers),
                parent or "",
            )
        )
    files["index.json"] = _small(_json(Index(tuple(entries)).to_json()))
    files["manifest.json"] = _small(_json(items_to_json(tuple(items))) + b"\n")
    files["oci-layout"] = _small(_LAYOUT)
    if repositories:
        files["repositories"] = _small(_json(repositories) + b"\n")
    return files


def _members(files: dict[str, _File]) -> Iterator[bytes]:
    yield header(Entry(b"blobs/", DIRECTORY, 0o755))
    yield header(Entry(b"blobs/sha256/", DIRECTORY, 0o755))
    for name in sorted(files):
        file = files[name]
        yield header(Entry(name.encode(), size=file.size))
        yield from file.content()
        yield padding(file.size)
    yield END


def _archive_of(images: ImageStore, chain_id: str) -> Callable[[], Iterator[bytes]]:
    return lambda: images.layers.tar_stream(chain_id)


def _small(data: bytes) -> _File:
    return _File(len(data), lambda: iter((data,)))


def _blob(digest: str) -> str:
    return f"blobs/sha256/{digest[7:]}"


def _json(value: Any) -> bytes:
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False).encode()
