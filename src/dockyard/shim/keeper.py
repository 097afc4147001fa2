"""The shim awake: streams, log, clients, requests and the end of one container, in one loop."""

import os
import select
import socket

from dockyard.shim.channels import Channels
from dockyard.shim.container import Container
from dockyard.shim.death import Death
from dockyard.shim.directory import ShimDirectory
from dockyard.shim.drivers import driver_of
from dockyard.shim.errands import Errands
from dockyard.shim.execs import Execs
from dockyard.shim.log_of import open_log
from dockyard.shim.loop import Loop
from dockyard.shim.messages import CreateRequest, client_from_json, create_from_json
from dockyard.shim.oom import watch_oom
from dockyard.shim.packets import RawPacket, parse_packet
from dockyard.shim.place import Place
from dockyard.shim.requests import Requests
from dockyard.shim.status import Status
from dockyard.shim.streams import Streams
from dockyard.shim.surroundings import Surroundings


def keep(
    connection: socket.socket, listener: socket.socket, handover: RawPacket, clients: list[int], place: Place
) -> int:
    """Serve the container that was handed over until it has ended and its clients have got everything.

    Args:
        connection: the first daemon's.
        listener: where other daemons come in.
        handover: what the maker left (`dockyard.shim.birth`).
        clients: sockets of the clients that were there from the beginning.
        place: of the supervisor.

    Returns:
        The exit status of the shim.
    """
    packet = parse_packet(handover)
    message = packet.message
    descriptors = dict(zip(message["descriptors"], packet.descriptors, strict=True))
    request = create_from_json(message["request"])
    loop = Loop(place.report)
    channels = Channels(loop, lambda channel, later: requests.answer(channel, later))
    around = Surroundings(loop, channels, place)
    container = _container(request, around)
    requests = Requests(container, around)
    container.pid = message["pid"]
    container.started_at_ns = message["started_at_ns"]
    container.status = Status(message["status"])
    channels.listen(listener, f"{container.directory.path}/shim.sock")
    channels.add(connection)
    _connect(container.streams, descriptors)
    for settings, descriptor in zip(message["request"]["clients"], clients, strict=True):
        container.streams.attach(socket.socket(fileno=descriptor), client_from_json(settings))
    if "oom" in descriptors:
        _look_at_oom(container, around, descriptors["oom"])
    around.reaper.watch(container.pid, Death(container, around).ended)
    loop.call_later(0, around.reaper.reap)  # it may have ended before it was watched
    around.tidy.later()
    loop.run()
    return 0


def _container(request: CreateRequest, around: Surroundings) -> Container:
    place, announce = around.place, around.channels.announce
    directory = ShimDirectory(request.bundle)
    driver = driver_of(request, directory, place)
    log = open_log(request.log, place)
    streams = Streams(
        around.loop,
        log,
        close_stdin=request.stdin_once and not request.tty,
        on_detach=lambda: announce({"event": "detach", "exec_id": None}),
        on_burst=around.tidy.later,
    )
    execs = Execs(around, driver)
    return Container(request, directory, driver, log, streams, execs, Errands(around.loop, place.report))


def _connect(streams: Streams, descriptors: dict[str, int]) -> None:
    if "terminal" in descriptors:
        streams.set_terminal(descriptors["terminal"])
        return
    if "stdin" in descriptors:
        streams.set_input(descriptors["stdin"])
    streams.add_output("stdout", descriptors["stdout"])
    streams.add_output("stderr", descriptors["stderr"])


def _look_at_oom(container: Container, around: Surroundings, maker_watch: int) -> None:
    """Say what happened during the sleep, and go on with a watch of our own."""
    poll = select.poll()
    poll.register(maker_watch, select.POLLIN | select.POLLPRI)
    if poll.poll(0) and container.driver.oom_killed():
        around.channels.announce({"event": "oom"})
    os.close(maker_watch)
    around.loop.call_later(0, lambda: watch_oom(container, around))
