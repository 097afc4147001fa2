"""`rm`: the container, its layer, its files, and with `volumes` its anonymous volumes, are gone.

The record goes first, by one rename: what a SIGKILL leaves after it is a layer without a container and a directory in
`tmp`, both swept at the next start. Deleting files is another process's work, and waited for by nobody.
"""

import asyncio
import contextlib
import signal

from dockyard.engine.containers.collection import Entry
from dockyard.engine.containers.lifecycle.kill import (
    KILL_PATIENCE_SECONDS,
    NO_EXIT,
    cancel_restart,
    ended_within,
    request_end,
)
from dockyard.engine.containers.record import Container
from dockyard.engine.containers.services import Services
from dockyard.engine.containers.state import Status
from dockyard.errors import Conflict, DockyardError, NotFound, SystemFailure


async def remove(services: Services, entry: Entry, *, force: bool, volumes: bool) -> None:
    """Removes a container; Conflict when it runs and `force` isn't given."""
    while True:
        await _end(services, entry, force=force)
        async with entry.lock:
            record = entry.record
            if entry.removed.done():
                if record.host_config.auto_remove:
                    return  # its own --rm was faster: what was asked for has been done
                raise NotFound(f"No such container: {record.id}")
            if not _has_run_ahead(record):
                await remove_locked(services, entry, volumes=volumes)
                return
            # A start was under way when this was asked for: what it started is ended, too.


async def _end(services: Services, entry: Entry, *, force: bool) -> None:
    """Ends the present run and the wait for the next one; Conflict when there is one and `force` isn't given."""
    if force and entry.record.state.status == Status.RESTARTING:
        await cancel_restart(services, entry)
    record = entry.record
    if _has_run_ahead(record):
        if not force:
            raise Conflict(_still_running(record))
        await request_end(services, entry, int(signal.SIGKILL))
        services.announce(record, "kill", signal=str(int(signal.SIGKILL)))
        if not await ended_within(entry, KILL_PATIENCE_SECONDS):
            raise SystemFailure(f'cannot remove container "{record.name}": could not kill container: {NO_EXIT}')


def _has_run_ahead(record: Container) -> bool:
    return record.state.running or record.state.status == Status.RESTARTING


async def remove_locked(services: Services, entry: Entry, *, volumes: bool) -> None:
    """Removes a container that doesn't run; the caller holds its lock."""
    record = entry.record
    services.deletion.move(services.paths.container(record.id), services.paths.removed_containers)
    entry.close_pending_attachments()
    services.collection.discard(record.id)
    services.log_forwarder.forget(record.id)
    services.announce(record, "destroy")
    entry.finish_removal()
    entry.finish_run()  # there will be none any more
    services.background.start(f"remove {record.id[:12]}", _clear(services, entry, record))
    if volumes:
        await _remove_anonymous_volumes(services, record)


async def _clear(services: Services, entry: Entry, record: Container) -> None:
    """Deletes the layer, once nothing is mounted on it any more."""
    if entry.teardown is not None:
        with contextlib.suppress(Exception):  # reported by the background already
            await asyncio.shield(entry.teardown)
    with contextlib.suppress(DockyardError):
        services.deletion.move(services.paths.bundle(record.id), services.paths.removed_bundles)
    services.deletion.add(services.layers.forget_rw(record.id))
    await services.images.released(record.image_id)


async def _remove_anonymous_volumes(services: Services, record: Container) -> None:
    for mount in record.mounts:
        if mount.type == "volume" and mount.anonymous and not services.collection.uses_volume(mount.name):
            with contextlib.suppress(NotFound, Conflict):
                await services.volumes.remove(mount.name)


def _still_running(record: Container) -> str:
    state = "paused" if record.state.status == Status.PAUSED else str(record.state.status)
    if record.state.status == Status.RESTARTING:
        return (
            f'cannot remove container "{record.name}": container is restarting: '
            "stop the container before removing or force remove"
        )
    what = "is paused and must be unpaused first"
    if state != "paused":
        what = f"is {state}: stop the container before removing or force remove"
    return f'cannot remove container "{record.name}": container {what}'
