"""`start`: from a created or exited container to a running one.

    network      sandbox, address, ports; written into the record, so that a restarted daemon keeps them
    bundle       hosts, hostname, resolv.conf, config.json
    supervisor   forks the shim, which mounts the root, makes the container and executes its program
    record       running, pid

A failure at any step takes the earlier ones back; the container keeps the reason and an exit code of 126, 127 or 128.
A SIGKILL between the steps leaves either no shim (`restore` takes the network back) or a living one (`restore` adopts
it: the container runs, so it is shown as running).
"""

import asyncio
from collections.abc import Mapping
from typing import Any

import msgspec

from dockyard.engine.config import BUILT_IN_RUNTIME
from dockyard.engine.containers.collection import Entry
from dockyard.engine.containers.health import Health, is_checked
from dockyard.engine.containers.lifecycle.bundle import network_owner, root_mounts, write_bundle
from dockyard.engine.containers.lifecycle.exit import handle_exit, tear_down, without_network
from dockyard.engine.containers.lifecycle.health_monitor import monitor
from dockyard.engine.containers.lifecycle.log_settings import begin_log, log_settings
from dockyard.engine.containers.lifecycle.remove import remove_locked
from dockyard.engine.containers.lifecycle.start_failure import runtime_failure, start_exit_code
from dockyard.engine.containers.lifecycle.volume_mounts import hold_volumes
from dockyard.engine.containers.links import is_linked
from dockyard.engine.containers.record import Container
from dockyard.engine.containers.services import Services
from dockyard.engine.containers.state import Status, check_move
from dockyard.engine.containers.user_namespace import sandbox_maker
from dockyard.errors import Conflict, DockyardError, InvalidParameter, NotFound, NotModified, SystemFailure
from dockyard.supervisor.client import CreateRequest, ExternalRuntime, ShimConnection
from dockyard.supervisor.sandbox_client import release


async def start(services: Services, entry: Entry) -> None:
    """Starts a container; NotModified when it runs already, Conflict when its state forbids it."""
    async with entry.lock:
        record = entry.record
        if record.state.status == Status.RUNNING:
            raise NotModified(f"container {record.id} is already running")
        if record.state.status == Status.PAUSED:
            raise Conflict("cannot start a paused container, try unpause instead")
        if entry.removed.done() or record.state.status in (Status.REMOVING, Status.DEAD):
            raise Conflict("container is marked for removal and cannot be started")
        if entry.restart_timer is not None:
            entry.restart_timer.cancel()
            entry.restart_timer = None
        entry.restart_wait_seconds = 0.0
        await start_locked(services, entry, restart_count=0)


async def start_locked(services: Services, entry: Entry, *, restart_count: int) -> None:
    """Starts a container that doesn't run; the caller holds its lock."""
    teardown, entry.teardown = entry.teardown, None
    if teardown is not None:
        await asyncio.shield(teardown)  # one that failed is reported once and doesn't keep the next start from trying
    before = entry.record
    check_move(before.id, before.state.status, Status.RUNNING)
    theirs: tuple[type[DockyardError], ...] = (InvalidParameter, Conflict, NotFound)
    """Errors that the user made; in what follows the network, something that isn't found is the engine's matter."""
    try:
        await _connect(services, entry)
        await hold_volumes(services, entry)
        theirs = (InvalidParameter, Conflict)
        await begin_log(services, entry.record)
        write_bundle(services, entry)
        shim = await _create(services, entry)
        release(services.paths.user_namespace(before.id))
    except asyncio.CancelledError:
        raise  # the daemon ends: as after a SIGKILL, the next one adopts what has been made, or takes it back
    except BaseException as error:
        await _take_back(services, entry, error)
        if isinstance(error, DockyardError) and not isinstance(error, theirs):
            raise SystemFailure(str(entry.record.state.error)) from error
        if isinstance(error, InvalidParameter) and entry.record.state.error:
            raise InvalidParameter(entry.record.state.error) from error
        raise
    entry.pending_attachments.clear()
    running(services, entry, shim, restart_count=restart_count)
    services.announce_mounts(entry.record)
    services.announce(entry.record, "start")


def running(services: Services, entry: Entry, shim: ShimConnection, *, restart_count: int) -> None:
    """Records that the container runs under `shim`, and watches for its end."""
    record = entry.record
    state = msgspec.structs.replace(
        record.state,
        status=Status.RUNNING,
        pid=shim.pid,
        exit_code=0,
        error="",
        oom_killed=False,
        health=Health() if is_checked(record.config.healthcheck) else None,
        started_at_ns=shim.started_at_ns,
    )
    entry.shim = shim
    entry.stop_requested = entry.oom_told = False
    fresh = msgspec.structs.replace(record, state=state, manually_stopped=False, signals=())
    services.collection.observe(entry, msgspec.structs.replace(fresh, restart_count=restart_count))
    attend(services, entry, shim)


def attend(services: Services, entry: Entry, shim: ShimConnection) -> None:
    """Follows a run that has begun: its end, what its shim tells, and its health if the container has a check."""
    shim.add_listener(lambda event: _tell(services, entry, event))
    short = entry.record.id[:12]
    services.background.start(f"watch {short}", watch(services, entry, shim))
    if is_checked(entry.record.config.healthcheck):
        services.background.start(f"check health of {short}", monitor(services, entry, shim))


def _tell(services: Services, entry: Entry, event: Mapping[str, Any]) -> None:
    """Publishes what clients and the kernel do to a running container."""
    exec_id = event.get("exec_id")
    if event["event"] == "oom":
        entry.oom_told = True
        services.announce(entry.record, "oom")
    elif event["event"] == "detach" and exec_id is None:
        services.announce(entry.record, "detach")
    elif event["event"] == "detach":
        services.announce(entry.record, "exec_detach", execID=str(exec_id))


async def watch(services: Services, entry: Entry, shim: ShimConnection) -> None:
    """Waits for the end of a run; starts the next one when the restart policy wants it."""
    ended = await shim.on_exit
    restart = await handle_exit(services, entry, shim, ended)
    if restart is not None:
        entry.restart_timer = services.background.start(
            f"restart {entry.record.id[:12]}", restart_after(services, entry, restart.wait_seconds)
        )


async def restart_after(services: Services, entry: Entry, wait_seconds: float) -> None:
    """Starts a restarting container after its wait; a start that fails ends the restarting."""
    await asyncio.sleep(wait_seconds)
    async with entry.lock:
        entry.restart_timer = None
        if entry.record.state.status != Status.RESTARTING:
            return
        try:
            await start_locked(services, entry, restart_count=entry.record.restart_count + 1)
        except DockyardError as error:
            services.background.on_error(f"restart {entry.record.id[:12]}", error)


async def _connect(services: Services, entry: Entry) -> None:
    record = entry.record
    if record.host_config.network_mode.startswith("container:"):
        owner = network_owner(services, record.host_config.network_mode).config
        config = msgspec.structs.replace(record.config, hostname=owner.hostname, domainname=owner.domainname)
        if config != record.config:  # names belong to addresses: each has the name of whose network it shares
            services.collection.replace(entry, msgspec.structs.replace(record, config=config))
        return
    try:
        connected = await services.networks.connect(record, sandbox_maker(services, record))
    except DockyardError as error:
        raise type(error)(f"failed to set up container networking: {error}") from error
    if connected is not record:
        # On disk before anything runs: a restarted daemon must know which addresses are in use.
        try:
            services.collection.replace(entry, connected)
        except SystemFailure:
            await services.networks.disconnect(connected)
            raise
        services.announce_networks(connected, "connect")
        _tell_linked(services, connected)


async def _create(services: Services, entry: Entry) -> ShimConnection:
    """The running container's shim. What the runtime has against it is told in Docker's words."""
    request = _request(services, entry.record)
    try:
        return await services.supervisor.create(request, entry.pending_attachments)
    except (InvalidParameter, NotFound, SystemFailure) as error:
        raise runtime_failure(str(error), external=request.runtime is not None) from error


def _tell_linked(services: Services, record: Container) -> None:
    """Those that run and are linked to this container learn its new address."""
    for other in services.collection.snapshot():
        if other.state.running and is_linked(other, record.name):
            services.networks.files.relink(other)


def _request(services: Services, record: Container) -> CreateRequest:
    runtime = record.host_config.runtime
    command = services.daemon.runtimes.get(runtime)
    if command is None and runtime not in ("", BUILT_IN_RUNTIME):  # the daemon had it when the container was made
        raise InvalidParameter(f"unknown or invalid runtime name: {runtime}")
    return CreateRequest(
        container_id=record.id,
        bundle=services.paths.bundle(record.id),
        mounts=root_mounts(services, record),
        log=log_settings(record, services.paths),
        tty=record.config.tty,
        open_stdin=record.config.open_stdin,
        stdin_once=record.config.stdin_once,
        runtime=ExternalRuntime(command.path, command.args) if command is not None else None,
        start=True,
    )


async def _take_back(services: Services, entry: Entry, error: BaseException) -> None:
    """Leaves the container as it was before the start, with the reason why it didn't begin."""
    entry.close_pending_attachments()
    record = entry.record
    await tear_down(services, record, None)
    await services.supervisor.forget(record.id)
    release(services.paths.user_namespace(record.id))
    message = str(error) or type(error).__name__
    exit_code = start_exit_code(message)
    status = Status.EXITED if record.state.started_at_ns or record.state.status == Status.RESTARTING else Status.CREATED
    state = msgspec.structs.replace(record.state, status=status, exit_code=exit_code, error=message, pid=0)
    services.collection.observe(entry, without_network(msgspec.structs.replace(record, state=state)))
    entry.finish_run()
    if record.host_config.auto_remove:
        await remove_locked(services, entry, volumes=True)
