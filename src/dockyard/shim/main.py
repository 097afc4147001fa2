"""The shim from its first instruction, as a fresh fork of the supervisor, to its last.

It lives as long as its container, there may be hundreds, and every page that it touches is its own from then on. So it
does next to nothing by itself: it forks a maker (`birth`), which brings the container up and hands over descriptors;
leaves the supervisor's session; and sleeps (`dormant`) until something happens. Only then does it parse what was handed
over and become the keeper of its container (`keeper`).
"""

import os
import select
import signal
import socket
import sys
from contextlib import suppress
from typing import NoReturn

from dockyard.errors import DeadlineExceeded, to_wire
from dockyard.linux.descriptors import close_all_but
from dockyard.linux.process import set_child_subreaper
from dockyard.linux.signal_handlers import handle
from dockyard.shim.birth import run_maker
from dockyard.shim.directory import ShimDirectory
from dockyard.shim.dormant import sleep_until_needed
from dockyard.shim.keeper import keep
from dockyard.shim.oom_protection import SHIM_SCORE, set_score
from dockyard.shim.packets import RawPacket, receive_raw, send_packet
from dockyard.shim.place import Place
from dockyard.shim.sockets import listen_at, packet_pair
from dockyard.shim.title import shim_arguments

MAKER_SECONDS = 100.0
"""What the maker may take, less than a daemon waits: another container in its pid namespace may have stopped it."""

_OP = b'"op":"create"'
_ID = b'"container_id":"'
_HEAD_BYTES = 256
_PEEK = int(socket.MSG_PEEK | socket.MSG_DONTWAIT)
_STRAY_SIGNALS = (int(signal.SIGTERM), int(signal.SIGINT), int(signal.SIGHUP))


def asks_for_shim(data: bytes) -> bool:
    """Whether an unparsed request is a `create`: its client writes the op first."""
    return _OP in data[:_HEAD_BYTES]


def find_container_id(data: bytes) -> str:
    """The container's id in an unparsed `create`; empty when it isn't at the head, or no name of a directory.

    Whether it is the right one is checked by the maker, who parses.
    """
    _, known, rest = data[:_HEAD_BYTES].partition(_ID)
    found, ended, _ = rest.partition(b'"')
    return found.decode("ascii") if known and ended and found.isalnum() else ""


def run_shim(connection: socket.socket, raw: RawPacket, place: Place) -> NoReturn:
    """Be the shim that `raw` (op `create`) asks for; the process ends in here.

    Preconditions: the process has just been forked and has one thread.

    Args:
        connection: where the request came from, blocking.
        raw: the request, and the sockets of clients.
        place: of the supervisor.
    """
    status = 1
    try:
        status = _run(connection, raw, place)
    except BaseException as error:
        place.report(error)
    finally:
        sys.stderr.flush()
        os._exit(status)


def _run(connection: socket.socket, raw: RawPacket, place: Place) -> int:
    if _has_gone(connection):
        return 1  # it waited in vain for a supervisor that stood still: nobody would know of the container
    ours, theirs = packet_pair()
    container_id = find_container_id(raw.data)
    shim_pid = os.getpid()
    maker = os.fork()
    if maker == 0:
        run_maker(connection, theirs, shim_pid, raw, container_id, place)
    theirs.close()
    if not container_id:
        os.waitpid(maker, 0)  # it says that the request is invalid
        return 1
    # While the maker makes:
    _leave_supervisor(container_id, place, {connection.fileno(), ours.fileno(), *raw.descriptors})
    path = f"{place.shims}/{container_id}/shim.sock"
    listener = listen_at(path)
    if not _comes(ours):
        os.kill(maker, signal.SIGKILL)
        os.waitpid(maker, 0)
        os.unlink(path)
        with suppress(OSError):  # nobody has parsed the request, and so knows its number
            late = DeadlineExceeded(f"the container was not made within {MAKER_SECONDS:.0f} seconds")
            send_packet(connection, {"seq": None, "error": to_wire(late)})
        return 1  # who asked buries what there is
    reply = receive_raw(ours)
    handover = receive_raw(ours)
    if reply is None or handover is None:
        os.waitpid(maker, 0)  # it has said why; or was killed, which the client sees by the end of the connection
        os.unlink(path)
        return 1
    with suppress(OSError):  # a daemon that was killed meanwhile: the next one comes by shim.sock
        connection.send(reply.data)
    os.waitpid(maker, 0)
    ours.close()
    if not raw.descriptors:  # a client is there to be served; without one there may be nothing to do for long
        sleep_until_needed([connection.fileno(), listener.fileno(), *handover.descriptors])
    return keep(connection, listener, handover, raw.descriptors, place)


def _has_gone(connection: socket.socket) -> bool:
    try:
        return not connection.recv(1, _PEEK)
    except OSError as error:
        return not isinstance(error, BlockingIOError)


def _comes(connection: socket.socket) -> bool:
    """Whether the maker says something in time, or ends."""
    poll = select.poll()
    poll.register(connection.fileno(), select.POLLIN)
    return bool(poll.poll(MAKER_SECONDS * 1000))


def _leave_supervisor(container_id: str, place: Place, keep_open: set[int]) -> None:
    """Become independent of the supervisor."""
    directory = ShimDirectory(f"{place.shims}/{container_id}")
    os.setsid()
    set_score(SHIM_SCORE)
    set_child_subreaper(True)
    for number in _STRAY_SIGNALS:
        # The container is stopped through its own signals; one that strays to the shim must not take it along.
        # A handler and not SIG_IGN, which the container would inherit.
        handle(number, _do_nothing)
    directory.write_errors_to_log()
    os.dup2(2, 1)
    null = os.open("/dev/null", os.O_RDWR)
    os.dup2(null, 0)
    close_all_but({0, 1, 2, *keep_open})
    place.title.show(shim_arguments(container_id, directory.path, place.address))


def _do_nothing(_number: int, _frame: object) -> None:
    """A handler for signals that shall have no effect."""
