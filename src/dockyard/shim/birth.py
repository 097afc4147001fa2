"""How a container comes to life: in the maker, a process that the shim forks for it and that is gone afterwards.

    shim.json ► log ► root filesystem ► stdio ► runtime: create, start ► handed over to the shim ► pid

Each step is undone if a later one fails, so that an error leaves nothing behind. What the maker forks becomes the
shim's child when it ends, because the shim is a child subreaper.
"""

import gc
import os
import socket
from contextlib import ExitStack, suppress
from typing import Any, NamedTuple, NoReturn

from dockyard.errors import DockyardError, InvalidParameter, SystemFailure, to_wire
from dockyard.fs.atomic import write_once
from dockyard.shim.directory import ShimDirectory
from dockyard.shim.driver import Driver, Started
from dockyard.shim.drivers import driver_of
from dockyard.shim.log_of import open_log
from dockyard.shim.messages import CreateRequest, client_from_json, create_from_json
from dockyard.shim.oom_protection import set_score
from dockyard.shim.packets import RawPacket, parse_packet, send_packet
from dockyard.shim.place import Place
from dockyard.shim.rootfs import mount_all, unmount_all
from dockyard.shim.status import Status
from dockyard.shim.stdio import open_pipes

NAMES = ("stdin", "stdout", "stderr", "terminal", "oom")
"""What may be among the descriptors that are handed over; the message says which are, in their order."""


class Born(NamedTuple):
    """What was made: the first process, when its program was executed (0 if it wasn't), descriptors by `NAMES`."""

    pid: int
    started_at_ns: int
    descriptors: dict[str, int]


def run_maker(
    connection: socket.socket, shim: socket.socket, shim_pid: int, raw: RawPacket, container_id: str, place: Place
) -> NoReturn:
    """Bring the container up that `raw` asks for, and hand it over; the process ends in here.

    Args:
        connection: of the daemon, for the reply if it fails.
        shim_pid: of the shim, which may be killed at any time, so that its number isn't that of our parent any more.
        shim: gets the reply, and then the handover: the request, pid, start time, names of the descriptors.
        raw: the request.
        container_id: which the shim took out of it.
        place: of the supervisor.
    """
    try:
        gc.disable()
        set_score(place.oom_score)  # which the container inherits, unless it has one of its own
        seq: object = None
        try:
            packet = parse_packet(raw)
            seq = packet.message.get("seq")
            request = _parse(packet.message, container_id, place, len(raw.descriptors))
            with ExitStack() as undo:
                born = _bring_up(request, shim_pid, place, undo)
                _hand_over(shim, shim_pid, packet.message, born)
                undo.pop_all()
            # For people and scripts; nobody waits for it.
            write_once(ShimDirectory(request.bundle).pid, str(born.pid).encode())
        except Exception as error:
            if container_id:
                ShimDirectory(f"{place.shims}/{container_id}").write_errors_to_log()
            place.report(error)
            send_packet(connection, {"seq": seq, "error": to_wire(error)})
    except BaseException as error:
        place.report(error)
    finally:
        os._exit(0)


def _parse(message: dict[str, Any], container_id: str, place: Place, descriptors: int) -> CreateRequest:
    try:
        request = create_from_json(message)
        clients = [client_from_json(client) for client in message.get("clients", ())]
    except (KeyError, TypeError, IndexError, ValueError) as error:
        raise InvalidParameter(f"invalid message: {error!r}") from error
    if len(clients) != descriptors:
        raise InvalidParameter(f"invalid message: {len(clients)} clients, {descriptors} descriptors")
    if not container_id or request.container_id != container_id:
        raise InvalidParameter(f"invalid container id {request.container_id!r}")
    if request.bundle != f"{place.shims}/{container_id}":
        raise InvalidParameter(f"invalid bundle {request.bundle}: it must be {place.shims}/{container_id}")
    return request


def _bring_up(request: CreateRequest, shim_pid: int, place: Place, undo: ExitStack) -> Born:
    """Make everything; `undo` gets what takes it back. DockyardError."""
    directory = ShimDirectory(request.bundle)
    try:
        directory.clear()
        undo.callback(_disappear, directory)
        # Before anything is made: from here on whoever comes finds what there may be.
        directory.write_keeper(shim_pid, request)
        descriptors: dict[str, int] = {}
        log = open_log(request.log, place)
        if log is not None:
            log.close()
        mount_all(request.mounts)
        undo.callback(_unmount, request, place)
        driver = driver_of(request, directory, place)
        undo.callback(_delete, driver, place)
        started = _create(request, driver, descriptors)
        started_at_ns = place.clock() if request.start else 0
    except OSError as error:
        raise SystemFailure(f"preparing container {request.container_id}: {error}") from error
    _watch_oom(driver, place, descriptors)
    return Born(started.pid, started_at_ns, descriptors)


def _create(request: CreateRequest, driver: Driver, descriptors: dict[str, int]) -> Started:
    if request.tty:
        started = driver.create(None, start=request.start)
        descriptors["terminal"] = started.master
        return started
    stdio = open_pipes(open_stdin=request.open_stdin)
    started = driver.create(stdio.theirs, start=request.start)
    descriptors.update((name, ours) for name, ours in stdio.ours._asdict().items() if ours >= 0)
    return started


def _watch_oom(driver: Driver, place: Place, descriptors: dict[str, int]) -> None:
    """Only the descriptor goes to the shim: it tells when to look."""
    try:
        watch = driver.watch_oom()
    except DockyardError as error:
        place.report(error)
        return
    if watch is not None:
        descriptors["oom"] = os.dup(watch.fileno())


def _hand_over(shim: socket.socket, shim_pid: int, message: dict[str, Any], born: Born) -> None:
    status = Status.RUNNING if born.started_at_ns else Status.CREATED
    state = {"status": status.value, "pid": born.pid, "started_at_ns": born.started_at_ns}
    send_packet(shim, {"seq": message["seq"], "ok": {**state, "execs": [], "shim_pid": shim_pid}})
    names = [name for name in NAMES if name in born.descriptors]
    handover = {**state, "request": message, "descriptors": names}
    send_packet(shim, handover, [born.descriptors[name] for name in names])


def _disappear(directory: ShimDirectory) -> None:
    with suppress(OSError):
        directory.clear()
        os.unlink(f"{directory.path}/shim.json")


def _unmount(request: CreateRequest, place: Place) -> None:
    for failure in unmount_all(request.mounts):
        place.report(failure)


def _delete(driver: Driver, place: Place) -> None:
    """Undo what the runtime did; a failure of that must not hide the first one."""
    try:
        driver.delete()
    except DockyardError as error:
        place.report(error)
