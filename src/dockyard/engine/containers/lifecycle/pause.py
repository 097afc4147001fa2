"""`pause` and `unpause`: the freezer of the container's control group (freezer cgroup, cgroups(7))."""

import msgspec

from dockyard.engine.containers.collection import Entry
from dockyard.engine.containers.services import Services
from dockyard.engine.containers.state import Status
from dockyard.errors import Conflict


async def pause(services: Services, entry: Entry) -> None:
    """Freezes all processes of the container; Conflict when it doesn't run or is frozen already."""
    async with entry.lock:
        record = entry.record
        if record.state.status == Status.PAUSED:
            raise Conflict(f"Container {record.id} is already paused")
        if record.state.status != Status.RUNNING or entry.shim is None:
            raise Conflict(f"container {record.id} is not running")
        await entry.shim.pause()
        become(services, entry, Status.PAUSED)
        services.announce(record, "pause")


async def unpause(services: Services, entry: Entry) -> None:
    """Thaws the container; Conflict when it isn't frozen."""
    async with entry.lock:
        record = entry.record
        if record.state.status != Status.PAUSED or entry.shim is None:
            raise Conflict(f"Container {record.id} is not paused")
        await entry.shim.resume()
        become(services, entry, Status.RUNNING)
        services.announce(record, "unpause")


def become(services: Services, entry: Entry, status: Status) -> None:
    """Records that the container was frozen or thawed; the caller holds its lock."""
    state = msgspec.structs.replace(entry.record.state, status=status)
    services.collection.observe(entry, msgspec.structs.replace(entry.record, state=state))
