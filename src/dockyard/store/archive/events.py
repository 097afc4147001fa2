"""What a load tells while it works. The door turns these into the lines that clients show."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class LayerProgress:
    """A layer's unpacking: bytes of its blob read so far, of `total`. `id` are the twelve digits that users see."""

    id: str
    current: int
    total: int
    status: str = "Loading layer"


@dataclass(frozen=True, slots=True)
class Message:
    """A line for the user, without its line feed: `Loaded image: busybox:latest`."""

    text: str


@dataclass(frozen=True, slots=True)
class ImageLoaded:
    """An image is here now, complete: for the engine's events. Comes once for each image."""

    image_id: str
    names: tuple[str, ...]


LoadEvent = LayerProgress | Message | ImageLoaded
