"""`restore`: the truth after a start of the daemon, from records, living shims, and exit records. Crash-only.

For each container on disk: a shim that answers means that it runs; an exit record means how it ended while nobody
looked; neither, for one that should run, means that its shim died (it is buried). A container that should not run but
has a living shim was being started when the daemon died: it runs, so it is shown as running. What belongs to no
container (half-made layers, directories, sandboxes, shims) is removed.
"""

import asyncio
import logging
import os

import msgspec

from dockyard.engine.containers import restart_policy
from dockyard.engine.containers.collection import Entry
from dockyard.engine.containers.lifecycle.exit import ended_record, without_network
from dockyard.engine.containers.lifecycle.kill import cancel_restart
from dockyard.engine.containers.lifecycle.remove import remove
from dockyard.engine.containers.lifecycle.start import attend, running, start_locked
from dockyard.engine.containers.lifecycle.volume_mounts import let_go_volumes
from dockyard.engine.containers.record import Container
from dockyard.engine.containers.services import Services
from dockyard.engine.containers.state import Status
from dockyard.engine.containers.storage import ContainerStorage
from dockyard.engine.containers.unhealthy import ended_so
from dockyard.engine.private_memory import let_go
from dockyard.errors import AlreadyExists, DockyardError
from dockyard.fs.rooted import remove_tree
from dockyard.supervisor.client import ShimConnection

LOG = logging.getLogger(__name__)

PATIENCE_SECONDS = 5.0
"""How long the start of the daemon waits for one container's shim, and the pause between later attempts."""


async def load(services: Services, storage: ContainerStorage) -> None:
    """Reads all records, adopts what lives, records what ended, and removes what belongs to nobody.

    What goes wrong with one container is logged and tried again later; it never keeps the daemon from starting.
    """
    loaded = await asyncio.to_thread(storage.load_all)
    for container_id in loaded.half_made:
        await asyncio.to_thread(remove_tree, services.paths.container(container_id))
    for container_id, reason in loaded.unreadable.items():
        LOG.error("the record of container %s can't be read, it is left as it is: %s", container_id, reason)
    entries = [_add(services, record) for record in loaded.containers]
    for entry in entries:
        if entry.record.state.running:
            services.volumes.uses.adopt(entry.record)
    await asyncio.gather(*(_settle(services, entry) for entry in entries))
    _end_builds(services)
    known = {entry.record.id for entry in services.collection} | set(loaded.unreadable)
    try:
        await services.supervisor.sweep(known)
    except DockyardError as error:
        LOG.error("sweeping what earlier daemons left: %s", error)
    secrets = _waiting(services.paths.build_secrets)  # only now: configurations of bundles are there, too
    let_go(secrets)
    services.deletion.add(secrets)
    _sweep_layers(services, known)
    try:
        await services.volumes.uses.let_go_of_unused()
    except DockyardError as error:
        LOG.error("letting go of volumes that earlier daemons mounted: %s", error)
    services.deletion.add(_waiting(services.paths.removed_bundles))
    services.deletion.add(_waiting(services.paths.removed_containers))


def _add(services: Services, record: Container) -> Entry:
    try:
        services.collection.reserve_name(record.name, record.id)
    except AlreadyExists:  # two records of one name: neither is lost
        record = msgspec.structs.replace(record, name=f"{record.name}_{record.id[:12]}")
        services.collection.reserve_name(record.name, record.id)
    return services.collection.add(record)


async def _settle(services: Services, entry: Entry) -> None:
    """Finds out how it stands with one container; when nobody can tell, it is asked again in the background."""
    try:
        async with asyncio.timeout(PATIENCE_SECONDS):
            await _find_out(services, entry)
    except (DockyardError, TimeoutError) as error:
        short = entry.record.id[:12]
        LOG.error("container %s: %s; trying again", short, error or "its shim doesn't answer")
        services.background.start(f"find out about {short}", _find_out_later(services, entry))


async def _find_out_later(services: Services, entry: Entry) -> None:
    while True:
        await asyncio.sleep(PATIENCE_SECONDS)
        async with entry.lock:
            if entry.shim is not None or entry.removed.done():
                return
            try:
                await _find_out(services, entry)
            except DockyardError:
                continue
            return


async def _find_out(services: Services, entry: Entry) -> None:
    record = entry.record
    ended = services.supervisor.exit_record(record.id)
    if ended is not None and not record.state.running and ended.finished_at_ns == record.state.finished_at_ns:
        ended = shim = None  # worked off by the earlier daemon, though its shim may still be tidying up
    else:
        shim = await services.supervisor.adopt(record.id)
    if shim is not None:
        _adopt(services, entry, shim)
    elif record.state.running or ended is not None:  # or killed between shim and record, and it has ended since
        await _ended_unseen(services, entry)
    elif record.attachments or record.sandbox_id:
        services.collection.observe(entry, without_network(record))  # killed between network and shim


def living(services: Services) -> list[Container]:
    """The running containers whose network connection must be kept."""
    return [entry.record for entry in services.collection if entry.record.attachments]


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
            unhealthy=ended_so(record.signals),
        )
        if wanted and record.state.started_at_ns:
            waiting.append(services.background.start(f"start {record.id[:12]}", _start(services, entry)))
        elif record.host_config.auto_remove and record.state.status == Status.EXITED:
            waiting.append(
                services.background.start(
                    f"remove {record.id[:12]}", remove(services, entry, force=False, volumes=True)
                )
            )
        elif record.state.status == Status.RESTARTING:
            await cancel_restart(services, entry)  # its policy has been changed while it waited
    if waiting:
        await asyncio.wait(waiting)


async def _start(services: Services, entry: Entry) -> None:
    async with entry.lock:
        if not entry.record.state.running and not entry.removed.done():
            await start_locked(services, entry, restart_count=0)


def _adopt(services: Services, entry: Entry, shim: ShimConnection) -> None:
    record = entry.record
    if not record.state.running:
        services.volumes.uses.adopt(record)
        running(services, entry, shim, restart_count=record.restart_count)
        return
    entry.shim = shim
    state = msgspec.structs.replace(record.state, pid=shim.pid)
    status = Status.PAUSED if shim.paused else Status.RUNNING
    state = msgspec.structs.replace(state, status=status)
    if state != record.state:
        services.collection.observe(entry, msgspec.structs.replace(record, state=state))
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
    if any(point.type == "volume" for point in record.mounts):  # a plugin may take its time
        services.background.start(f"let go of volumes of {record.id[:12]}", let_go_volumes(services, record))


def _end_builds(services: Services) -> None:
    """Commands of builds that died with the earlier daemon, also those that had ended: their files may be a layer."""
    for entry in services.collection:
        if entry.record.build_step:
            ending = remove(services, entry, force=True, volumes=True)
            services.background.start(f"end the build of {entry.record.id[:12]}", ending)


def _sweep_layers(services: Services, known: set[str]) -> None:
    """Layers of containers whose record is gone: their removal was killed after the record went."""
    for container_id in services.layers.containers() - known:
        services.deletion.add(services.layers.forget_rw(container_id))


def _waiting(directory: str) -> list[str]:
    """What an earlier daemon had put there and was killed before it was deleted."""
    try:
        return [f"{directory}/{name}" for name in os.listdir(directory)]
    except FileNotFoundError:  # made when it is needed first
        return []
