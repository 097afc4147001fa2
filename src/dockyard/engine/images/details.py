"""What the engine tells of one image."""

from dataclasses import dataclass

from dockyard.engine.containers.config import Config
from dockyard.engine.images.config import container_config
from dockyard.engine.open_store import Store
from dockyard.store.images import StoredImage


@dataclass(frozen=True, slots=True)
class ImageDetails:
    """One image as `inspect` shows it."""

    stored: StoredImage
    config: Config
    tags: tuple[str, ...]
    digests: tuple[str, ...]
    size_bytes: int
    graph_driver: str
    graph_data: dict[str, str]


def image_details(store: Store, stored: StoredImage) -> ImageDetails:
    """What `inspect` shows of an image that is here."""
    references = store.images.references.of_image(stored.id)
    layers = store.images.layers_of(stored)
    return ImageDetails(
        stored,
        container_config(stored.image.config),
        tuple(reference.familiar for reference in references if not reference.digest),
        tuple(reference.familiar for reference in references if reference.digest),
        sum(layer.size_bytes for layer in layers),
        store.layers.driver.name,
        store.layers.driver.graph_data(layers[-1].driver_id) if layers else {},
    )
