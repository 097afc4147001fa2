"""`restore`: the truth after a start of the daemon, from records, living shims, and exit records. Crash-only.

For each container on disk: a shim that answers means that it runs; an exit record means how it ended while nobody
looked; neither, for one that should run, means that its shim died (it is buried). A container that should not run but
has a living shim was being started when the daemon died: it runs, so it is shown as running. What belongs to no
container (half-made layers, directories, sandboxes, shims) is removed.
"""

import asyncio
import os

import msgspec

from dockyard.engine.containers import restart_policy
from dockyard.engine.containers.collection import Entry
from dockyard.engine.containers.lifecycle.exit import ended_record, without_network
from dockyard.engine.containers.lifecycle.remove import remove
from dockyard.engine.containers.lifecycle.start import attend, running, start_locked
from dockyard.engine.containers.record import Container
from dockyard.engine.containers.services import Services
from dockyard.engine.containers.state import Status
from dockyard.engine.containers.storage import ContainerStorage
from dockyard.fs.rooted import remove_tree
from dockyard.supervisor.client import ShimConnection


async def load(services: Services, storage: ContainerStorage) -> None:
    """Reads all records, adopts what lives, records what ended, and removes what belongs to nobody."""
    loaded = await asyncio.to_thread(storage.load_all)
    for container_id in loaded.broken:
        await asyncio.to_thread(remove_tree, services.paths.container(container_id))
    for record in loaded.containers:
        services.collection.reserve_name(record.name, record.id)
        entry = services.collection.add(record)
        ended = services.supervisor.exit_record(record.id)
        if ended is not None and not record.state.running and ended.finished_at_ns == record.state.finished_at_ns:
            ended = shim = None  # worked off by the earlier daemon, though its shim may still be tidying up
        else:
            shim = await services.supervisor.adopt(record.id)
        if shim is not None:
            _adopt(services, entry, shim)
        elif record.state.running or ended is not None:  # or killed between shim and record, and it has ended since
            await _ended_unseen(services, entry)
        elif record.attachment is not None or record.sandbox_id:
            services.collection.replace(entry, without_network(record))  # killed between network and shim
    known = {entry.record.id for entry in services.collection}
    await services.supervisor.sweep(known)
    _sweep_layers(services, known)
    services.deletion.add(_waiting(services.paths.removed_bundles))
    services.deletion.add(_waiting(services.paths.removed_containers))


def living(services: Services) -> list[Container]:
    """The running containers whose network connection must be kept."""
    return [entry.record for entry in services.collection if entry.record.attachment is not None]


async def start_by_policy(services: Services) -> None:
    """Starts the containers whose restart policy says so; several at once, errors are reported."""
    waiting = []
    for entry in services.collection:
        record = entry.record
        if record.state.running:
            continue
        was_running = record.state.status == Status.RESTARTING or record.state.finished_at_ns > 0
        wanted = restart_policy.after_daemon_start(
            record.host_config.restart_policy,
            was_running=was_running and record.state.exit_code != 0,
            manually_stopped=record.manually_stopped,
        )
        if wanted and record.state.started_at_ns:
            waiting.append(services.background.start(f"start {record.id[:12]}", _start(services, entry)))
        elif record.host_config.auto_remove and record.state.status == Status.EXITED:
            waiting.append(
                services.background.start(
                    f"remove {record.id[:12]}", remove(services, entry, force=False, volumes=True)
                )
            )
    if waiting:
        await asyncio.wait(waiting)


async def _start(services: Services, entry: Entry) -> None:
    async with entry.lock:
        if not entry.record.state.running:
            await start_locked(services, entry, restart_count=entry.record.restart_count)


def _adopt(services: Services, entry: Entry, shim: ShimConnection) -> None:
    record = entry.record
    if not record.state.running:
        running(services, entry, shim, restart_count=record.restart_count)
        return
    entry.shim = shim
    state = msgspec.structs.replace(record.state, pid=shim.pid)
    status = Status.PAUSED if shim.paused else Status.RUNNING
    state = msgspec.structs.replace(state, status=status)
    if state != record.state:
        services.collection.replace(entry, msgspec.structs.replace(record, state=state))
    attend(services, entry, shim)


async def _ended_unseen(services: Services, entry: Entry) -> None:
    """The container ended while no daemon looked: its exit is on disk, or its shim died and it is buried now."""
    record = entry.record
    ended = await services.supervisor.find_end(record.id)
    after = services.collection.replace(entry, ended_record(record, ended, Status.EXITED))
    # Only now: killed before it, the next daemon finds the exit record again.
    await services.supervisor.forget(record.id)
    if ended.oom_killed:
        services.announce(after, "oom")
    services.announce(after, "die", exitCode=str(ended.exit_code))


def _sweep_layers(services: Services, known: set[str]) -> None:
    """Layers of containers whose record is gone: their removal was killed after the record went."""
    for container_id in services.layers.containers() - known:
        services.deletion.add(services.layers.forget_rw(container_id))


def _waiting(directory: str) -> list[str]:
    """What an earlier daemon had moved there and was killed before it was deleted."""
    return [f"{directory}/{name}" for name in os.listdir(directory)]
