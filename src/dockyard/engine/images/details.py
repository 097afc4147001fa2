"""What the engine tells of one image."""

from dataclasses import dataclass

from dockyard.engine.containers.config import Config
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
