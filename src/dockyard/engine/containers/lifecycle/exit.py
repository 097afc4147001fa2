"""What follows the end of a container's process: its record, events, tearing down, and removal if it was `--rm`.

The shim wrote the exit to disk before it told anybody, so this may run in the daemon that started the container or in
a later one (`restore`); the steps are the same.
"""

import asyncio

import msgspec

from dockyard.engine.containers import restart_policy
from dockyard.engine.containers.collection import Entry
from dockyard.engine.containers.ending import Ending
from dockyard.engine.containers.lifecycle.remove import remove_locked
from dockyard.engine.containers.lifecycle.volume_mounts import let_go_volumes
from dockyard.engine.containers.record import Container
from dockyard.engine.containers.services import Services
from dockyard.engine.containers.state import Status
from dockyard.engine.containers.unhealthy import ended_so
from dockyard.engine.kernel_log import oom_victim
from dockyard.supervisor.client import ExitRecord, ShimConnection


async def handle_exit(
    services: Services, entry: Entry, shim: ShimConnection | None, ended: ExitRecord
) -> restart_policy.Restart | None:
    """Works off the end of the present run and says whether the restart policy wants another one.

    `shim` is None when nobody answers for the container any more. An exit of an earlier run changes nothing.
    """
    async with entry.lock:
        before = entry.record
        if entry.shim is not shim or not before.state.running:
            return None
        restart = _restart(entry, before, ended)
        after = ended_record(before, ended, Status.RESTARTING if restart else Status.EXITED)
        entry.shim = None
        entry.stop_requested = False
        entry.restart_wait_seconds = restart.wait_seconds if restart else 0.0
        entry.teardown = services.background.start(f"tear down {before.id[:12]}", tear_down(services, before, shim))
        goes = before.host_config.auto_remove and restart is None and not entry.restarting_on_request
        if goes:
            entry.record = after  # its files go at once: writing the record would be work for nothing
        else:
            services.collection.observe(entry, after)
        if ended.oom_killed and not entry.oom_told:
            services.announce(after, "oom")
        if ended.oom_killed and after.ending is not None and not goes:
            services.background.start(f"victim in {before.id[:12]}", name_victim(services, entry, after.ending))
        seconds = str(int(_ran_seconds(before, ended)))
        # in the order of Docker 26: whoever hears of the end may take what the container had
        services.announce_networks(before, "disconnect")
        services.announce_unmounts(before)
        services.announce(after, "die", exitCode=str(ended.exit_code), execDuration=seconds)
        entry.finish_run()
        if goes:
            await remove_locked(services, entry, volumes=True)
        return restart


async def tear_down(services: Services, record: Container, shim: ShimConnection | None) -> None:
    """Takes back what the run of `record` used: addresses, ports, sandbox; and lets the shim finish unmounting."""
    try:
        if record.attachments or record.sandbox_id:
            await services.networks.disconnect(record)
    finally:
        if shim is not None:
            await asyncio.shield(shim.closed)
        await let_go_volumes(services, record)
    if shim is not None:
        services.deletion.move(services.paths.bundle(record.id), services.paths.removed_bundles)


def ended_record(record: Container, ended: ExitRecord, status: Status) -> Container:
    """`record` after its run ended; addresses and ports are no longer its own."""
    state = msgspec.structs.replace(
        record.state,
        status=status,
        pid=0,
        exit_code=ended.exit_code,
        error=ended.error,
        oom_killed=ended.oom_killed,
        finished_at_ns=ended.finished_at_ns,
    )
    return without_network(msgspec.structs.replace(record, state=state, ending=_ending(record, ended)))


def _ending(record: Container, ended: ExitRecord) -> Ending:
    host = record.host_config
    return Ending(
        exit_code=ended.exit_code,
        signal=ended.signal,
        oom_killed=ended.oom_killed,
        started_at_ns=record.state.started_at_ns,
        finished_at_ns=ended.finished_at_ns,
        error=ended.error,
        signals=record.signals,
        memory_limit_bytes=max(0, host.memory),
        memory_peak_bytes=ended.memory_peak_bytes,
        nano_cpus=host.nano_cpus,
        pids_limit=max(0, host.pids_limit or 0),
        health=record.state.health,
    )


async def name_victim(services: Services, entry: Entry, ending: Ending) -> None:
    """Adds to the record which process the kernel killed for lack of memory, when its log still tells."""
    victim = await asyncio.to_thread(oom_victim, entry.record.id)
    async with entry.lock:
        record = entry.record
        if victim is not None and record.ending == ending and not entry.removed.done():
            named = msgspec.structs.replace(ending, victim=victim)
            services.collection.observe(entry, msgspec.structs.replace(record, ending=named))


def without_network(record: Container) -> Container:
    """`record` with the networks it belongs to, but no endpoint in them."""
    idle = tuple(
        type(endpoint)(network_name=endpoint.network_name, network_id=endpoint.network_id)
        for endpoint in record.endpoints
    )
    return msgspec.structs.replace(record, sandbox_id="", sandbox_key="", attachments=(), endpoints=idle, ports={})


def _restart(entry: Entry, record: Container, ended: ExitRecord) -> restart_policy.Restart | None:
    return restart_policy.after_exit(
        record.host_config.restart_policy,
        exit_code=ended.exit_code,
        stop_requested=entry.stop_requested,
        restart_count=record.restart_count,
        ran_seconds=_ran_seconds(record, ended),
        last_wait_seconds=entry.restart_wait_seconds,
        unhealthy=ended_so(record.signals),
    )


def _ran_seconds(record: Container, ended: ExitRecord) -> float:
    return max(0.0, (ended.finished_at_ns - record.state.started_at_ns) / 1e9)
