"""The driver of our own: directories below the data root, or file systems mounted there (`create -o device=`)."""

from collections.abc import Mapping, Sequence

from dockyard.engine.in_thread import run_in_own_thread
from dockyard.engine.volumes.driver import Found
from dockyard.store.volumes import VolumeStore
from dockyard.store.volumes.device import mount_device, unmount_device
from dockyard.store.volumes.volume import LOCAL, Volume, check_options


class LocalDriver:
    """See VolumeDriver. The store makes and removes the directories together with the rows."""

    name = LOCAL

    def __init__(self, store: VolumeStore) -> None:
        self._store = store

    async def scope(self) -> str:
        """See VolumeDriver."""
        return "local"

    async def create(self, name: str, options: Mapping[str, str]) -> None:  # noqa: ARG002
        """See VolumeDriver."""
        check_options(options)

    async def remove(self, name: str) -> None:
        """See VolumeDriver: nothing may be mounted when the store removes the directory."""
        volume = self._store.find(name)
        if volume is not None:
            await run_in_own_thread(unmount_device, volume)

    async def find(self, name: str) -> Found | None:
        """See VolumeDriver."""
        volume = self._store.find(name)
        return None if volume is None or volume.driver != LOCAL else Found(name, volume.mountpoint)

    async def list(self) -> Sequence[Found]:
        """See VolumeDriver: the rows tell."""
        return ()

    async def mount(self, volume: Volume, user: str) -> str:  # noqa: ARG002
        """See VolumeDriver."""
        if volume.mount() is not None:
            await run_in_own_thread(mount_device, volume)  # a dead server of NFS keeps it for minutes
        return volume.mountpoint

    async def unmount(self, volume: Volume, user: str, *, last: bool) -> None:  # noqa: ARG002
        """See VolumeDriver."""
        if last and volume.mount() is not None:
            await run_in_own_thread(unmount_device, volume)
