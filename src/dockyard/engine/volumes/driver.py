"""What a volume driver does: the one of our own, `local`, or a plugin's.

The store keeps a row for each volume, whatever its driver; a driver knows where the content is.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from dockyard.store.volumes.volume import Volume


@dataclass(frozen=True, slots=True)
class Found:
    """A volume as its driver sees it. `mountpoint` is "" while nobody has it mounted, for drivers that mount late."""

    name: str
    mountpoint: str = ""
    created_at: str = ""
    status: Mapping[str, Any] = field(default_factory=dict)


class VolumeDriver(Protocol):
    """A driver. Every method raises DockyardError only."""

    @property
    def name(self) -> str:
        """`local`, or the plugin's."""

    async def scope(self) -> str:
        """`local` or `global`: whether a volume is one on this machine only, or the same on several."""

    async def create(self, name: str, options: Mapping[str, str]) -> None:
        """Make the volume; the same again is fine."""

    async def remove(self, name: str) -> None:
        """Remove it with its content."""

    async def find(self, name: str) -> Found | None:
        """The volume, or None when the driver doesn't know it."""

    async def list(self) -> Sequence[Found]:
        """All that the driver knows."""

    async def mount(self, volume: Volume, user: str) -> str:
        """Make the content be there for `user` (an id of the caller's); the directory. Repeating it is fine."""

    async def unmount(self, volume: Volume, user: str, *, last: bool) -> None:
        """`user` needs it no more; `last`: nobody on this machine does. Repeating it is fine."""
