"""What images take on disk, and how much of it several of them share (Engine API: GET /system/df)."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from dockyard.engine.images.listing import ListedImage
from dockyard.engine.open_store import Store


@dataclass(frozen=True, slots=True)
class ImageUsage:
    """One image, and bytes of its layers that other images use too."""

    image: ListedImage
    shared_bytes: int


@dataclass(frozen=True, slots=True)
class DiskUsage:
    """All images, and bytes of all layers, each counted once."""

    images: tuple[ImageUsage, ...]
    layers_bytes: int

    @property
    def reclaimable_bytes(self) -> int:
        """What unused images have for themselves alone."""
        return sum(one.image.size_bytes - one.shared_bytes for one in self.images if not one.image.containers)


def disk_usage(store: Store, listed: Sequence[ListedImage]) -> DiskUsage:
    """The usage of the images `listed`. A layer is shared that any two images have, be they steps of one build."""
    users: Counter[str] = Counter()
    sizes: dict[str, int] = {}
    for stored in store.images.images():
        for layer in store.images.layers_of(stored):
            users[layer.chain_id] += 1
            sizes[layer.chain_id] = layer.size_bytes
    return DiskUsage(
        tuple(
            ImageUsage(
                one,
                sum(layer.size_bytes for layer in store.images.layers_of(one.stored) if users[layer.chain_id] > 1),
            )
            for one in listed
        ),
        sum(sizes.values()),
    )
