"""`kill` and `stop`: ending a container's process, at once or politely first."""

import asyncio
import signal

import msgspec

from dockyard.engine.containers.collection import Entry
from dockyard.engine.containers.ending import Sender, with_signal
from dockyard.engine.containers.lifecycle.signals import parse_signal
from dockyard.engine.containers.services import Services
from dockyard.engine.containers.state import Status
from dockyard.engine.containers.unhealthy import UNHEALTHY
from dockyard.errors import Conflict, DockyardError, NotFound, NotModified, SystemFailure, Unavailable
from dockyard.supervisor.client import ShimConnection

BY_ENGINE = Sender("engine", "stop")
DEFAULT_STOP_SECONDS = 10
NO_EXIT = "tried to kill container, but did not receive an exit event"

LOST_PATIENCE_SECONDS = 5
"""How long the end of a run is waited for whose shim doesn't answer any more."""

KILL_PATIENCE_SECONDS = 10
"""How long a SIGKILL may take to show: a process in uninterruptible sleep dies only when the kernel lets go of it."""


async def kill(services: Services, entry: Entry, signal_text: str, by: Sender = BY_ENGINE) -> None:
    """Sends a signal to PID 1; with SIGKILL also waits for the end. Conflict when the container doesn't run."""
    number = parse_signal(signal_text) if signal_text else int(signal.SIGKILL)
    record = entry.record
    if not record.state.running:
        raise Conflict(f"container {record.id} is not running")
    ends = number in (signal.SIGKILL, _stop_signal(entry))
    await remember_signal(services, entry, number, by, stops=ends)
    if ends:
        await request_end(services, entry, number)
    else:
        await send(services, entry, number)
    services.announce(record, "kill", signal=str(number))
    if number == signal.SIGKILL and not await ended_within(entry, KILL_PATIENCE_SECONDS):
        raise SystemFailure(NO_EXIT)


async def stop(
    services: Services,
    entry: Entry,
    timeout_seconds: int | None,
    signal_text: str | None,
    by: Sender = BY_ENGINE,
) -> None:
    """The stop signal, then SIGKILL after the timeout (-1 waits for ever). NotModified when it doesn't run."""
    if entry.record.state.status == Status.RESTARTING and await cancel_restart(services, entry):
        return
    record = entry.record
    if not record.state.running:
        raise NotModified(f"container {record.id} is already stopped")
    number = parse_signal(signal_text) if signal_text else _stop_signal(entry)
    if timeout_seconds is None:
        configured = record.config.stop_timeout
        timeout_seconds = DEFAULT_STOP_SECONDS if configured is None else configured
    await remember_signal(services, entry, number, by, stops=True)
    if entry.record.state.status == Status.RESTARTING and await cancel_restart(services, entry):
        return  # it ended by itself in the same moment
    await request_end(services, entry, number)
    services.announce(record, "kill", signal=str(number))
    if not await ended_within(entry, None if timeout_seconds < 0 else timeout_seconds):
        await remember_signal(services, entry, int(signal.SIGKILL), by, stops=True)
        await send(services, entry, int(signal.SIGKILL))
        services.announce(record, "kill", signal=str(int(signal.SIGKILL)))
        if not await ended_within(entry, KILL_PATIENCE_SECONDS):
            raise SystemFailure(f"cannot stop container: {record.id}: {NO_EXIT}")
    services.announce(record, "stop")


async def end_unhealthy(services: Services, entry: Entry, shim: ShimConnection) -> None:
    """Ends the run under `shim` as `stop` would, but so that it starts again (`restart_policy`)."""
    by = Sender("engine", UNHEALTHY)
    timeout_seconds = entry.record.config.stop_timeout
    patience = DEFAULT_STOP_SECONDS if timeout_seconds is None else timeout_seconds
    for number, seconds in ((_stop_signal(entry), patience), (int(signal.SIGKILL), KILL_PATIENCE_SECONDS)):
        if entry.shim is not shim or entry.stop_requested:
            return
        await remember_signal(services, entry, number, by, stops=False)
        await send(services, entry, number)
        services.announce(entry.record, "kill", signal=str(number))
        if await ended_within(entry, None if seconds < 0 else seconds):
            return


async def request_end(services: Services, entry: Entry, number: int) -> None:
    """Sends a signal that is meant to end the run, so that no restart policy applies to that end."""
    entry.stop_requested = True
    try:
        await send(services, entry, number)
    except BaseException:
        entry.stop_requested = False
        raise


async def send(services: Services, entry: Entry, number: int) -> None:
    """Sends a signal to PID 1; a frozen container is thawed afterwards, or the signal would wait for ever."""
    shim = entry.shim
    if shim is None:
        return  # it ended in this moment
    try:
        await shim.kill(number)
        if entry.record.state.status == Status.PAUSED:
            await shim.resume()
            async with entry.lock:
                if entry.shim is shim and entry.record.state.status == Status.PAUSED:
                    state = msgspec.structs.replace(entry.record.state, status=Status.RUNNING)
                    services.collection.replace(entry, msgspec.structs.replace(entry.record, state=state))
    except (Conflict, NotFound):
        return
    except DockyardError as error:
        if entry.shim is not shim or shim.on_exit.done():
            return
        # a shim that goes in this moment closes its connections; how the run ended is told by the record that it left
        if not isinstance(error, Unavailable) or not await ended_within(entry, LOST_PATIENCE_SECONDS):
            raise


async def ended_within(entry: Entry, timeout_seconds: float | None) -> bool:
    """Waits until the present run has ended and been worked off; False when the time is up before."""
    if not entry.record.state.running:
        return True
    try:
        await asyncio.wait_for(asyncio.shield(entry.next_exit), timeout_seconds)
    except TimeoutError:
        return not entry.record.state.running
    return True


async def cancel_restart(services: Services, entry: Entry) -> bool:
    """Ends the wait for an automatic restart: the container stays exited.

    False when the restart was under way already; it is over when this returns, and the container runs or has failed.
    """
    if entry.restart_timer is not None:
        entry.restart_timer.cancel()
        entry.restart_timer = None
    async with entry.lock:
        record = entry.record
        if record.state.status != Status.RESTARTING:
            return False
        state = msgspec.structs.replace(record.state, status=Status.EXITED)
        services.collection.replace(entry, msgspec.structs.replace(record, state=state, manually_stopped=True))
        services.announce(record, "stop")
        entry.finish_run()
        return True


def _stop_signal(entry: Entry) -> int:
    configured = entry.record.config.stop_signal
    return parse_signal(configured) if configured else int(signal.SIGTERM)


async def remember_signal(services: Services, entry: Entry, number: int, by: Sender, *, stops: bool) -> None:
    """On disk before the signal: a daemon that is killed now must not start the container again afterwards.

    `stops`: it is meant to end the container for good, whatever the restart policy says. That counts from now on, also
    for an end that comes before the signal.
    """
    if stops:
        entry.stop_requested = True
    try:
        async with entry.lock:
            record = entry.record
            if record.state.running:
                sent = with_signal(record.signals, number, services.clock_ns(), by)
                stopped = record.manually_stopped or stops
                services.collection.replace(
                    entry, msgspec.structs.replace(record, signals=sent, manually_stopped=stopped)
                )
    except BaseException:
        if stops:
            entry.stop_requested = False
        raise
