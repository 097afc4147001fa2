"""The sockets that `-H` names, opened before the engine and served after it."""

import contextlib
import os
import socket
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from dockyard.engine.config import DaemonConfig
from dockyard.server.docker.http.listen import DEFAULT_GROUP, open_listeners
from dockyard.server.docker.http.passed import PassedSocket


class Listener(NamedTuple):
    """A listening socket; `ours` tells one that this daemon made from one that was passed in."""

    socket: socket.socket
    ours: bool


def open_all(config: DaemonConfig, passed: Sequence[PassedSocket]) -> list[Listener]:
    """All sockets of `config.hosts`; when one can't be had its error is raised and none is left open."""
    group = config.group if config.group_given else DEFAULT_GROUP
    opened: list[Listener] = []
    try:
        for address in config.hosts:
            ours = not address.startswith("fd://")
            opened += [Listener(listener, ours) for listener in open_listeners(address, group, passed)]
    except BaseException:
        close_all(opened)
        raise
    return opened


def close_all(listeners: Iterable[Listener]) -> None:
    """Closes sockets that nobody serves, and removes the files of those that are ours."""
    for listener, ours in listeners:
        name = listener.getsockname()
        listener.close()
        if ours and isinstance(name, str):
            with contextlib.suppress(OSError):
                os.unlink(name)
