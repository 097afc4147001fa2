"""The shim from its first instruction, as a fresh fork of the supervisor, to its last.

It leaves the supervisor's session, closes what it inherited, brings the container up, answers the request that asked
for it on the very connection on which it came, and serves until the container has ended and its clients have got
everything.
"""

import os
import signal
import socket
import sys
import time
import traceback
from typing import NoReturn

from dockyard.cgroups.contract import Hierarchy
from dockyard.errors import InvalidParameter, to_wire
from dockyard.linux.descriptors import close_all_but
from dockyard.linux.process import set_child_subreaper
from dockyard.linux.signal_handlers import handle
from dockyard.linux.title import Title
from dockyard.shim.birth import bring_up
from dockyard.shim.channels import Channels
from dockyard.shim.container import Container, Surroundings
from dockyard.shim.death import Death
from dockyard.shim.directory import ShimDirectory
from dockyard.shim.json_log import rfc3339_nano
from dockyard.shim.loop import Loop
from dockyard.shim.messages import CreateRequest, create_from_json
from dockyard.shim.oom import watch_oom
from dockyard.shim.packets import Packet, send_packet
from dockyard.shim.requests import Requests, take_clients
from dockyard.shim.title import shim_arguments

_STRAY_SIGNALS = (int(signal.SIGTERM), int(signal.SIGINT), int(signal.SIGHUP))


def run_shim(connection: socket.socket, packet: Packet, address: str, title: Title, hierarchy: Hierarchy) -> NoReturn:
    """Be the shim that `packet` (op `create`) asks for; the process ends in here.

    Preconditions: the process has just been forked, has one thread, and whoever called has given up its loop.

    Args:
        connection: where the request came from.
        packet: the request and its descriptors.
        address: the path of the supervisor's socket, for the title.
        title: of the supervisor.
        hierarchy: the cgroups of this machine.
    """
    status = 1
    try:
        status = _run(connection, packet, address, title, hierarchy)
    except BaseException as error:
        _report(error)
    finally:
        os._exit(status)


def _run(connection: socket.socket, packet: Packet, address: str, title: Title, hierarchy: Hierarchy) -> int:
    seq = packet.message.get("seq")
    try:
        request = _parse(packet)
        _leave_supervisor(request, address, title, {connection.fileno(), *packet.descriptors})
        loop = Loop(_report)
        channels = Channels(loop, lambda channel, later: requests.answer(channel, later))
        around = Surroundings(loop, channels, hierarchy, time.time_ns, _report)
        container = bring_up(request, take_clients(packet), around)
    except Exception as error:
        _report(error)
        send_packet(connection, {"seq": seq, "error": to_wire(error)})
        return 1
    requests = Requests(container, around)
    _watch(container, around)
    channels.add(connection).send({"seq": seq, "ok": {**container.state(), "shim_pid": os.getpid()}})
    loop.run()
    return 0


def _parse(packet: Packet) -> CreateRequest:
    try:
        return create_from_json(packet.message)
    except (KeyError, TypeError, IndexError) as error:
        raise InvalidParameter(f"invalid message: {error!r}") from error


def _leave_supervisor(request: CreateRequest, address: str, title: Title, keep: set[int]) -> None:
    """Become independent of the supervisor."""
    os.setsid()
    set_child_subreaper(True)
    for number in _STRAY_SIGNALS:
        # The container is stopped through its own signals; one that strays to the shim must not take it along.
        # A handler and not SIG_IGN, which the container would inherit.
        handle(number, _do_nothing)
    null = os.open("/dev/null", os.O_RDWR)
    log = os.open(ShimDirectory(request.bundle).log, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    for descriptor, source in ((0, null), (1, log), (2, log)):
        os.dup2(source, descriptor)
    close_all_but({0, 1, 2, *keep})
    title.show(shim_arguments(request.container_id, request.bundle, address))


def _watch(container: Container, around: Surroundings) -> None:
    around.reaper.watch(container.pid, Death(container, around).ended)
    around.loop.call_later(0, around.reaper.reap)  # it may have ended before it was watched
    around.loop.call_later(0, lambda: watch_oom(container, around))
    around.tidy.later()


def _report(error: BaseException) -> None:
    sys.stderr.write(f"{rfc3339_nano(time.time_ns())} {''.join(traceback.format_exception(error))}")
    sys.stderr.flush()


def _do_nothing(_number: int, _frame: object) -> None:
    """A handler for signals that shall have no effect."""
