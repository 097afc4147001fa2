"""Opens the sockets that the daemon listens on.

A unix socket gets mode 0660 and the group of Docker's users, so that they can use it without being root; one left by a
killed daemon is replaced, one that answers is not.

https://docs.docker.com/reference/cli/dockerd/#daemon-socket-option
"""

import errno
import grp
import os
import socket
import stat
from collections.abc import Sequence

from dockyard.errors import AlreadyExists, InvalidParameter, SystemFailure
from dockyard.server.docker.http.passed import PassedSocket, take_passed

UNIX_MODE = 0o660
BACKLOG = 1024
DEFAULT_GROUP = "docker"
DEFAULT_TCP_PORT = 2375


def open_listeners(
    address: str, group: str = DEFAULT_GROUP, passed: Sequence[PassedSocket] = ()
) -> list[socket.socket]:
    """The listening sockets that one `-H` means: one for `unix://` and `tcp://`, any number for `fd://`.

    `passed` are the sockets that systemd passed in. Errors are those of `open_listener` and `take_passed`.
    """
    scheme, _, rest = address.partition("://")
    return take_passed(rest, passed) if scheme == "fd" else [open_listener(address, group)]


def open_listener(address: str, group: str = DEFAULT_GROUP) -> socket.socket:
    """A listening socket for `unix://<path>` or `tcp://<host>:<port>` (port 0: the kernel chooses).

    `group` owns a unix socket; where the default group doesn't exist, the caller's own group does. Raises
    InvalidParameter for an address that can't be read or a group that doesn't exist, AlreadyExists when another daemon
    answers there, SystemFailure when the kernel refuses.
    """
    scheme, separator, rest = address.partition("://")
    if not separator:
        raise InvalidParameter(f"invalid protocol format: {address!r}")
    match scheme:
        case "unix":
            return _listen_unix(rest, group)
        case "tcp":
            return _listen_tcp(rest)
        case _:
            raise InvalidParameter(f"invalid protocol format: {scheme!r}")


def display(listener: socket.socket) -> str:
    """Where a socket listens, as the log shows it: a path, or `address:port`."""
    name = listener.getsockname()
    if listener.family == socket.AF_UNIX:
        return str(name)
    return f"[{name[0]}]:{name[1]}" if listener.family == socket.AF_INET6 else f"{name[0]}:{name[1]}"


def _listen_unix(path: str, group: str) -> socket.socket:
    group_id = _group_id(group)
    try:
        os.makedirs(os.path.dirname(path) or ".", mode=0o711, exist_ok=True)
        _remove_stale(path)
        listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        # The mode is set by the mask at creation: between bind and a later chmod others could connect.
        mask = os.umask(0o777 & ~UNIX_MODE)
        try:
            listener.bind(path)
        finally:
            os.umask(mask)
        os.chown(path, 0 if os.geteuid() == 0 else -1, group_id)
        os.chmod(path, UNIX_MODE)
        listener.listen(BACKLOG)
    except OSError as error:
        raise SystemFailure(f"can't create unix socket {path}: {error.strerror or error}") from error
    listener.setblocking(False)
    return listener


def _group_id(group: str) -> int:
    try:
        return grp.getgrnam(group).gr_gid
    except KeyError:
        if group == DEFAULT_GROUP or not group:
            return os.getgid()
    if group.isdecimal():
        return int(group)
    raise InvalidParameter(f"group {group} not found")


def _remove_stale(path: str) -> None:
    """Removes a socket at `path` that nobody listens on; AlreadyExists when somebody does or it isn't a socket."""
    try:
        mode = os.lstat(path).st_mode
    except FileNotFoundError:
        return
    if not stat.S_ISSOCK(mode):
        raise AlreadyExists(f"can't create unix socket {path}: a file that isn't a socket is in the way")
    probe = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM | socket.SOCK_NONBLOCK)
    try:
        probe.connect(path)
    except ConnectionRefusedError:
        os.unlink(path)
        return
    except FileNotFoundError:
        return
    except BlockingIOError:
        pass  # its backlog is full: somebody listens
    finally:
        probe.close()
    raise AlreadyExists(f"can't create unix socket {path}: another daemon is listening on it")


def _listen_tcp(address: str) -> socket.socket:
    host, port = _split_host_port(address)
    # asyncio turns Nagle's algorithm off only where it sees that it is TCP; with it, an answer may wait for 40 ms.
    listener = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((host, port))
        listener.listen(BACKLOG)
    except OSError as error:
        listener.close()
        if error.errno == errno.EADDRINUSE:
            raise AlreadyExists(f"listen tcp {address}: bind: address already in use") from error
        raise SystemFailure(f"listen tcp {address}: {error.strerror or error}") from error
    listener.setblocking(False)
    return listener


def _split_host_port(address: str) -> tuple[str, int]:
    """`host:port`, `[v6]:port`, `host`, `:port`; the host defaults to loopback, the port to Docker's."""
    if address.startswith("["):
        host, _, rest = address[1:].partition("]")
        port = rest.removeprefix(":")
    else:
        host, _, port = address.partition(":")
    if port and not (port.isdecimal() and int(port) <= 0xFFFF):
        raise InvalidParameter(f"invalid bind address ({address}): invalid port: {port!r}")
    return host or "127.0.0.1", int(port) if port else DEFAULT_TCP_PORT
