"""The sockets that `-H` names: opened before the engine, served after it, TLS and scope with each."""

import contextlib
import logging
import os
import socket
from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple

from dockyard.cmd.daemon_checks import is_loopback, is_tcp
from dockyard.engine.config import DaemonConfig
from dockyard.server.docker.door import Door
from dockyard.server.docker.http.listen import DEFAULT_GROUP, display, open_listeners
from dockyard.server.docker.http.passed import PassedSocket
from dockyard.server.docker.http.server import HttpServer
from dockyard.server.docker.http.tls import Tls
from dockyard.server.docker.scope import Scope, split_scope

LOG = logging.getLogger(__name__)


class Listener(NamedTuple):
    """A listening socket. `ours`: this daemon made it, it wasn't passed in. `tls`: None where clients speak plainly."""

    socket: socket.socket
    ours: bool
    tls: Tls | None
    scope: Scope | None


def open_all(config: DaemonConfig, passed: Sequence[PassedSocket]) -> list[Listener]:
    """All sockets of `config.hosts`; when one can't be had its error is raised and none is left open."""
    group = config.group if config.group_given else DEFAULT_GROUP
    authority = config.tls_ca_cert if config.tls_verify else None
    tls = Tls(config.tls_cert, config.tls_key, authority) if config.tls else None
    opened: list[Listener] = []
    try:
        for host in config.hosts:
            address, scope = split_scope(host)
            ours = not address.startswith("fd://")
            for listener in open_listeners(address, group, passed):
                over_tcp = listener.family != socket.AF_UNIX
                opened.append(Listener(listener, ours, tls if over_tcp else None, scope))
            if is_tcp(address) and not config.tls_verify:
                _warn_of_strangers(address)
    except BaseException:
        close_all(opened)
        raise
    return opened


async def serve_all(listeners: Iterable[Listener], server: HttpServer, door: Callable[[Scope | None], Door]) -> None:
    """Serves the sockets, each that is limited with a door of its own, and says where."""
    for listener, ours, tls, scope in listeners:
        await server.listen(listener, ours=ours, tls=tls, handle=None if scope is None else door(scope))
        LOG.info("API listen on %s%s", display(listener), f" ({scope})" if scope else "")


def close_all(listeners: Iterable[Listener]) -> None:
    """Closes sockets that nobody serves, and removes the files of those that are ours."""
    for listener, ours, _, _ in listeners:
        name = listener.getsockname()
        listener.close()
        if ours and isinstance(name, str):
            with contextlib.suppress(OSError):
                os.unlink(name)


def _warn_of_strangers(address: str) -> None:
    """Says what Docker says of TCP without client certificates."""
    where = {"fields": {"host": address}}
    if not is_loopback(address):
        LOG.warning(
            "Binding to IP address without --tlsverify is insecure and gives root access on this machine to everyone "
            "who has access to your network.",
            extra=where,
        )
    LOG.warning(
        "Binding to an IP address, even on localhost, can also give access to scripts run in a browser. "
        "Be safe out there!",
        extra=where,
    )
