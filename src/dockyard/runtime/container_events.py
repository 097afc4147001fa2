"""events: what a container uses, and kills for lack of memory, as runc does it (not in the runtime-spec)."""

from dockyard.cgroups import OomWatch, Stats
from dockyard.errors import Conflict
from dockyard.runtime.container_state import ContainerState


def stats(container: ContainerState) -> Stats:
    """What `container` uses now. Conflict when it has stopped, SystemFailure."""
    if not container.alive():
        raise Conflict("container not running")
    return container.cgroup().stats()


def watch_oom(container: ContainerState) -> OomWatch:
    """A watch for kills for lack of memory; the caller closes it. Conflict when it has stopped, SystemFailure."""
    if not container.alive():
        raise Conflict("container not running")
    return container.cgroup().watch_oom()
