"""How a container comes to life: each step undone if a later one fails, so that an error leaves nothing behind.

    shim      log ► stdio ► shim.sock ┐                  ┌ clients ► pid ► answers
    worker                            └ shim.json ► root filesystem ► runtime: create, start

The worker does what touches much memory; see `dockyard.shim.worker`.
"""

import os
import socket
from collections.abc import Sequence
from contextlib import ExitStack, suppress

from dockyard.cgroups.contract import Hierarchy
from dockyard.errors import DockyardError, InvalidParameter, SystemFailure
from dockyard.fs.atomic import write_atomic
from dockyard.shim.container import Container, Surroundings
from dockyard.shim.directory import ShimDirectory
from dockyard.shim.driver import Driver
from dockyard.shim.execs import Execs
from dockyard.shim.external_runtime import ExternalDriver
from dockyard.shim.json_log import JsonLog
from dockyard.shim.log_rotation import RotatingFile
from dockyard.shim.messages import ClientSettings, CreateRequest, LogSettings, create_to_json
from dockyard.shim.own_runtime import OwnDriver
from dockyard.shim.rootfs import mount_all, unmount_all
from dockyard.shim.sockets import listen_at
from dockyard.shim.stdio import Ends, named_pipes
from dockyard.shim.streams import Streams
from dockyard.shim.worker import Outcome, Worker


def bring_up(
    request: CreateRequest, clients: Sequence[tuple[socket.socket, ClientSettings]], around: Surroundings
) -> Container:
    """Create the container, attach `clients`, and start it if the request says so.

    Raises:
        DockyardError: what failed; nothing is left but what the engine put into the bundle, and the clients are closed.
    """
    directory = ShimDirectory(request.bundle)
    with ExitStack() as undo:
        for client, _ in clients:
            undo.callback(client.close)
        try:
            container = _prepare(request, directory, around, undo)
            stdio = None if request.tty else named_pipes(directory.path, open_stdin=request.open_stdin)
            if stdio is not None:
                undo.callback(stdio.theirs.close)
            worker = Worker(lambda: _make(container, None if stdio is None else stdio.theirs), around.report)
        except OSError as error:
            raise SystemFailure(f"preparing container {request.container_id}: {error}") from error
        undo.callback(_unmake, container, around)
        undo.callback(container.streams.close)
        if stdio is not None:
            stdio.connect(container.streams)
        outcome = worker.join()
        if outcome.descriptors:
            container.streams.set_terminal(outcome.descriptors[0])
        _born(container, int(outcome.answer["pid"]), around)
        for client, settings in clients:
            container.streams.attach(client, settings)
        undo.pop_all()
    if stdio is not None:
        stdio.theirs.close()
    return container


def _prepare(request: CreateRequest, directory: ShimDirectory, around: Surroundings, undo: ExitStack) -> Container:
    directory.clear()
    undo.callback(_disappear, directory)
    log = _open_log(request.log, around)
    if log is not None:
        undo.callback(log.close)
    path = f"{directory.path}/shim.sock"
    around.channels.listen(listen_at(path), path)
    undo.callback(around.channels.stop_listening)
    return _container(request, directory, _driver(request, directory, around.hierarchy), log, around)


def _make(container: Container, stdio: Ends | None) -> Outcome:
    """In the worker: everything that is outside of the shim's own process."""
    request = container.request
    try:
        # Before anything is made: from here on whoever comes finds what there may be.
        container.directory.write_keeper(os.getppid(), create_to_json(request))
    except OSError as error:
        raise SystemFailure(f"writing to {container.directory.path}: {error.strerror}") from error
    mount_all(request.mounts)
    started = container.driver.create(stdio, start=request.start)
    return Outcome({"pid": started.pid}, () if started.master < 0 else (started.master,))


def _unmake(container: Container, around: Surroundings) -> None:
    """Undo what the worker did, as far as it came; a failure of that must not hide the first one."""
    try:
        container.driver.delete()
    except DockyardError as error:
        around.report(error)
    for failure in unmount_all(container.request.mounts):
        around.report(failure)


def _born(container: Container, pid: int, around: Surroundings) -> None:
    container.pid = pid
    if container.request.start:
        container.started(around.clock())
    try:
        write_atomic(container.directory.pid, str(pid).encode())
    except OSError as error:
        raise SystemFailure(f"writing {container.directory.pid}: {error.strerror}") from error


def _disappear(directory: ShimDirectory) -> None:
    with suppress(OSError):
        directory.clear()
        os.unlink(f"{directory.path}/shim.json")


def _open_log(settings: LogSettings, around: Surroundings) -> JsonLog | None:
    if settings.driver == "none":
        return None
    if settings.driver != "json-file":
        raise InvalidParameter(f"logger: no log driver named '{settings.driver}' is registered")
    file = RotatingFile(settings.path, settings.max_size_bytes, settings.max_files, around.report)
    return JsonLog(file, settings.attributes, around.clock)


def _driver(request: CreateRequest, directory: ShimDirectory, hierarchy: Hierarchy) -> Driver:
    if request.runtime is not None:
        return ExternalDriver(request.runtime, directory, request.container_id, hierarchy)
    return OwnDriver(directory, request.container_id, hierarchy, f"{directory.exec_root}/seccomp")


def _container(
    request: CreateRequest, directory: ShimDirectory, driver: Driver, log: JsonLog | None, around: Surroundings
) -> Container:
    announce = around.channels.announce
    streams = Streams(
        around.loop,
        log,
        close_stdin=request.stdin_once and not request.tty,
        on_detach=lambda: announce({"event": "detach", "exec_id": None}),
        on_burst=around.tidy.later,
    )
    execs = Execs(around.loop, around.reaper, driver, directory, announce, around.clock, around.tidy, around.report)
    return Container(request, directory, driver, log, streams, execs, around.report)
