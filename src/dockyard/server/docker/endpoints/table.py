"""Every operation that Dockyard has, and its endpoint; what is not here is answered 501 with its name.

An endpoint that `waits` only waits or streams: it is cancelled when its client goes away. The others change something
and run to their end.
"""

from collections.abc import Awaitable, Callable, Mapping
from typing import NamedTuple

from dockyard.server.docker.call import Call
from dockyard.server.docker.endpoints import events, ping
from dockyard.server.docker.endpoints.containers import create, lifecycle, lists, logs, wait
from dockyard.server.docker.http.answers import Answer


class Endpoint(NamedTuple):
    """What answers an operation."""

    handle: Callable[[Call], Awaitable[Answer]]
    waits: bool = False


ENDPOINTS: Mapping[str, Endpoint] = {
    "SystemPing": Endpoint(ping.ping),
    "SystemPingHead": Endpoint(ping.ping_head),
    "SystemEvents": Endpoint(events.system_events, waits=True),
    "ContainerList": Endpoint(lists.container_list, waits=True),
    "ContainerInspect": Endpoint(lists.container_inspect_one, waits=True),
    "ContainerCreate": Endpoint(create.container_create),
    "ContainerStart": Endpoint(lifecycle.container_start),
    "ContainerStop": Endpoint(lifecycle.container_stop),
    "ContainerRestart": Endpoint(lifecycle.container_restart),
    "ContainerKill": Endpoint(lifecycle.container_kill),
    "ContainerPause": Endpoint(lifecycle.container_pause),
    "ContainerUnpause": Endpoint(lifecycle.container_unpause),
    "ContainerRename": Endpoint(lifecycle.container_rename),
    "ContainerResize": Endpoint(lifecycle.container_resize),
    "ContainerDelete": Endpoint(lifecycle.container_delete),
    "ContainerWait": Endpoint(wait.container_wait, waits=True),
    "ContainerLogs": Endpoint(logs.container_logs, waits=True),
}
