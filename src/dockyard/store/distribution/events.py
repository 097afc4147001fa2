"""What a pull or a push tells while it works. The door turns these into the lines that clients show."""

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Status:
    """A line: what is being done, to which item (`latest: Pulling from library/busybox`)."""

    text: str
    id: str = ""


@dataclass(frozen=True, slots=True)
class LayerStatus:
    """A step of a layer's life: `Pulling fs layer`, `Waiting`, `Download complete`, … `id` are its twelve digits."""

    id: str
    text: str


@dataclass(frozen=True, slots=True)
class LayerProgress:
    """How far a layer has come, in bytes of its blob. `total` is 0 when nobody knows."""

    id: str
    text: str
    current: int
    total: int


@dataclass(frozen=True, slots=True)
class Pushed:
    """A tag is at the registry now; `size` is its manifest's in bytes. For programs rather than people."""

    tag: str
    digest: str
    size: int


TransferEvent = Status | LayerStatus | LayerProgress | Pushed
Tell = Callable[[TransferEvent], None]
