"""What images take on disk, and how much of it several of them share (Engine API: GET /system/df).

A layer's share is its files and, where they are kept for pushes, its compressed blobs.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from dockyard.engine.images.listing import ListedImage
from dockyard.engine.open_store import Store


@dataclass(frozen=True, slots=True)
class ImageUsage:
    """One image: bytes of its layers, and how many of them other images use too; `shared_files_bytes`: of these,
    without blobs, as `docker images` counts."""

    image: ListedImage
    size_bytes: int
    shared_bytes: int
    shared_files_bytes: int


@dataclass(frozen=True, slots=True)
class DiskUsage:
    """All images, and bytes of all layers, each counted once."""

    images: tuple[ImageUsage, ...]
    layers_bytes: int

    @property
    def reclaimable_bytes(self) -> int:
        """What unused images have for themselves alone."""
        return sum(one.size_bytes - one.shared_bytes for one in self.images if not one.image.containers)


def disk_usage(store: Store, listed: Sequence[ListedImage]) -> DiskUsage:
    """The usage of the images `listed`. A layer is shared that any two images have, be they steps of one build."""
    users: Counter[str] = Counter()
    files: dict[str, int] = {}
    blobs: dict[str, int] = {}
    blob_users: Counter[str] = Counter()
    for stored in store.images.images():
        for layer in store.images.layers_of(stored):
            users[layer.chain_id] += 1
            files[layer.chain_id] = layer.size_bytes
        for diff_id in set(stored.image.rootfs.diff_ids):
            blob_users[diff_id] += 1
            blobs[diff_id] = blobs.get(diff_id) or sum(row.size_bytes for row in store.layers.blobs(diff_id))
    usages = []
    for one in listed:
        layers = store.images.layers_of(one.stored)
        of_blobs = {layer.diff_id: blobs[layer.diff_id] for layer in layers}
        shared_files = sum(layer.size_bytes for layer in layers if users[layer.chain_id] > 1)
        shared_blobs = sum(size for diff_id, size in of_blobs.items() if blob_users[diff_id] > 1)
        size = sum(layer.size_bytes for layer in layers) + sum(of_blobs.values())
        usages.append(ImageUsage(one, size, shared_files + shared_blobs, shared_files))
    return DiskUsage(tuple(usages), sum(files.values()) + sum(blobs.values()))
