"""Tells daemons when the kernel kills a process of the container for lack of memory."""

from dockyard.errors import DockyardError
from dockyard.shim.container import Container
from dockyard.shim.status import Status
from dockyard.shim.surroundings import Surroundings


def watch_oom(container: Container, around: Surroundings) -> None:
    """Announce `{"event": "oom"}` at each such kill, for as long as the cgroup is there."""
    if container.status is Status.STOPPED:
        return
    try:
        watch = container.driver.watch_oom()
    except DockyardError as error:
        around.place.report(error)
        return
    if watch is None:
        return

    def on_event(_events: int) -> None:
        if watch.happened():
            around.channels.announce({"event": "oom"})
        elif container.status is Status.STOPPED:
            around.loop.remove(watch.fileno())
            watch.close()

    around.loop.add(watch.fileno(), watch.poll_events, on_event)
