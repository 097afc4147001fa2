"""How a container comes to life: each step undone if a later one fails, so that an error leaves nothing behind.

shim.json ► shim.sock ► root filesystem ► log ► stdio ► runtime: create ► pid ► clients ► runtime: start
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
from dockyard.shim.driver import Driver, Started
from dockyard.shim.execs import Execs
from dockyard.shim.external_runtime import ExternalDriver
from dockyard.shim.json_log import JsonLog
from dockyard.shim.log_rotation import RotatingFile
from dockyard.shim.messages import ClientSettings, CreateRequest, LogSettings, create_to_json
from dockyard.shim.own_runtime import OwnDriver
from dockyard.shim.rootfs import mount_all, unmount_all
from dockyard.shim.sockets import listen_at
from dockyard.shim.stdio import Stdio, named_pipes
from dockyard.shim.streams import Streams


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
            _appear(request, directory, around, undo)
            mount_all(request.mounts)
            undo.callback(unmount_all, request.mounts)
            log = _open_log(request.log, around)
            if log is not None:
                undo.callback(log.close)
            container = _create(request, directory, log, around, undo)
        except OSError as error:
            raise SystemFailure(f"preparing container {request.container_id}: {error}") from error
        for client, settings in clients:
            container.streams.attach(client, settings)
        if request.start:
            container.start(around.clock())
        undo.pop_all()
    return container


def _appear(request: CreateRequest, directory: ShimDirectory, around: Surroundings, undo: ExitStack) -> None:
    """From here on a daemon finds us, and what we make, by what is on disk."""
    directory.clear()
    directory.write_keeper(os.getpid(), create_to_json(request))
    undo.callback(_disappear, directory)
    path = f"{directory.path}/shim.sock"
    around.channels.listen(listen_at(path), path)
    undo.callback(around.channels.stop_listening)


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


def _create(
    request: CreateRequest, directory: ShimDirectory, log: JsonLog | None, around: Surroundings, undo: ExitStack
) -> Container:
    stdio = None if request.tty else named_pipes(directory.path, open_stdin=request.open_stdin)
    driver = _driver(request, directory, around.hierarchy)
    undo.callback(_delete, driver, around)
    try:
        started = driver.create(None if stdio is None else stdio.theirs)
    except BaseException:
        if stdio is not None:
            stdio.ours.close()
        raise
    finally:
        if stdio is not None:
            stdio.theirs.close()
    container = _container(request, directory, driver, log, around)
    undo.callback(container.streams.close)
    _connect(container, started, stdio)
    write_atomic(directory.pid, str(started.pid).encode())
    return container


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
    execs = Execs(around.loop, around.reaper, driver, directory, announce, around.clock, around.tidy)
    return Container(request, directory, driver, log, streams, execs)


def _connect(container: Container, started: Started, stdio: Stdio | None) -> None:
    container.pid = started.pid
    if stdio is None:
        container.streams.set_terminal(started.master)
    else:
        stdio.connect(container.streams)


def _delete(driver: Driver, around: Surroundings) -> None:
    """Undo what the runtime did; a failure of that must not hide the first one."""
    try:
        driver.delete()
    except DockyardError as error:
        around.report(error)
