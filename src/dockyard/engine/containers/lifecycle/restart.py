"""`restart`: stop, if it runs, then start."""

import contextlib

from dockyard.engine.containers.collection import Entry
from dockyard.engine.containers.ending import Sender
from dockyard.engine.containers.lifecycle.kill import BY_ENGINE, stop
from dockyard.engine.containers.lifecycle.start import start
from dockyard.engine.containers.services import Services
from dockyard.errors import NotModified


async def restart(
    services: Services,
    entry: Entry,
    timeout_seconds: int | None,
    signal_text: str | None,
    by: Sender = BY_ENGINE,
) -> None:
    """Stops and starts a container; one that doesn't run is only started. A `--rm` container is not removed by it."""
    with contextlib.suppress(NotModified):
        entry.restarting_on_request = True
        try:
            await stop(services, entry, timeout_seconds, signal_text, by)
        finally:
            entry.restarting_on_request = False
    with contextlib.suppress(NotModified):
        await start(services, entry)
    services.announce(entry.record, "restart")
