"""Runs a container's health check while it runs, and keeps the verdict in its record.

One task for each running container that has a check; it ends with the run. What a probe means is decided by `health`.
"""

import asyncio

import msgspec

from dockyard.engine.containers import health
from dockyard.engine.containers.collection import Entry
from dockyard.engine.containers.config import HealthConfig
from dockyard.engine.containers.health import Health, Probe
from dockyard.engine.containers.lifecycle.exec_process import exec_action, exec_process
from dockyard.engine.containers.lifecycle.kill import end_unhealthy
from dockyard.engine.containers.services import Services
from dockyard.engine.containers.state import Status
from dockyard.engine.containers.streams.capture import capture
from dockyard.engine.containers.unhealthy import is_wanted, must_end
from dockyard.engine.identifiers import new_id
from dockyard.errors import DockyardError
from dockyard.spec.runtime import to_json
from dockyard.supervisor.client import ExecRequest, ShimConnection


async def monitor(services: Services, entry: Entry, shim: ShimConnection) -> None:
    """Probes until the run under `shim` ends."""
    config = entry.record.config.healthcheck
    assert config is not None
    while True:
        verdict = entry.record.state.health or Health()
        pause = health.pause_seconds(config, verdict, _running_ns(services, entry))
        await asyncio.wait((shim.on_exit,), timeout=pause)
        if entry.shim is not shim:
            return
        if entry.record.state.status == Status.PAUSED:
            continue
        probe = await _probe(services, entry, shim, config)
        if entry.shim is not shim:
            return
        await _keep(services, entry, shim, health.after_probe(config, verdict, probe, _running_ns(services, entry)))


async def _probe(services: Services, entry: Entry, shim: ShimConnection, config: HealthConfig) -> Probe:
    started = services.clock_ns()
    seconds = health.timeout_seconds(config)
    exec_id = new_id()

    def ended(code: int) -> None:
        services.announce(entry.record, "exec_die", execID=exec_id, exitCode=str(code))

    try:
        words = health.command(config, entry.record.config.shell or ())
        services.announce(entry.record, exec_action("exec_create", words), execID=exec_id)
        request = ExecRequest(exec_id=exec_id, process=to_json(exec_process(services, entry.record, args=words)))
        services.announce(entry.record, exec_action("exec_start", words), execID=exec_id)
        limit_bytes = health.LARGEST_OUTPUT_BYTES
        captured = await capture(shim, request, seconds=seconds, limit_bytes=limit_bytes, on_end=ended)
    except DockyardError as error:
        return Probe(started, services.clock_ns(), health.TIMED_OUT, str(error))
    if captured.exit_code is None:
        text = f"Health check exceeded timeout ({seconds:g}s)"
        said = captured.output.decode(errors="replace")
        return Probe(started, services.clock_ns(), health.TIMED_OUT, f"{text}: {said}" if said else text)
    return Probe(started, services.clock_ns(), captured.exit_code, captured.output.decode(errors="replace"))


async def _keep(services: Services, entry: Entry, shim: ShimConnection, verdict: Health) -> None:
    async with entry.lock:
        record = entry.record
        if entry.shim is not shim:
            return
        before = record.state.health
        state = msgspec.structs.replace(record.state, health=verdict)
        after = services.collection.replace(entry, msgspec.structs.replace(record, state=state))
        if before is not None and before.status != verdict.status:
            services.announce(after, f"health_status: {verdict.status}")
    wanted = is_wanted(after.config.labels, by_default=services.daemon.restart_unhealthy)
    status = before.status if before is not None else None
    if must_end(wanted=wanted, before=status, after=verdict.status, stop_requested=entry.stop_requested):
        services.background.start(f"end unhealthy {after.id[:12]}", end_unhealthy(services, entry, shim))


def _running_ns(services: Services, entry: Entry) -> int:
    return services.clock_ns() - entry.record.state.started_at_ns
