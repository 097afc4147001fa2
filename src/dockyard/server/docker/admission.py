"""Lets a request through a limited socket, or refuses it with 403 (scope.py says what the limits mean).

What isn't listed here is refused: an operation that the API gets later must not be open by default.
"""

from dataclasses import replace

import msgspec

from dockyard.errors import Forbidden
from dockyard.server.docker.call import Call
from dockyard.server.docker.filters import parse_filters
from dockyard.server.docker.scope import Scope

GREETINGS = frozenset({"SystemPing", "SystemPingHead", "SystemVersion"})
EVENTS = "SystemEvents"

ATTACHING = frozenset({"ContainerAttachWebsocket"})
"""Operations that are a GET and yet reach into a container."""

REACHING_OUT = frozenset({"DistributionInspect", "ImageSearch", "VolumeExport"})
"""Operations that are a GET and yet act on the host, or on others in its name.

They have the daemon connect to registries of the client's choice, with the daemon's certificates and from its address,
or mount a volume's device, or have a plugin mount it.
"""

LISTS = frozenset({"ContainerList", "ContainerPrune"})
"""Operations on all containers that match a filter."""

ON_CONTAINER = frozenset(
    {
        "ContainerArchive",
        "ContainerArchiveInfo",
        "ContainerAttach",
        "ContainerAttachWebsocket",
        "ContainerChanges",
        "ContainerDelete",
        "ContainerExec",
        "ContainerExport",
        "ContainerInspect",
        "ContainerKill",
        "ContainerLogs",
        "ContainerPause",
        "ContainerRename",
        "ContainerResize",
        "ContainerRestart",
        "ContainerStart",
        "ContainerStats",
        "ContainerStop",
        "ContainerTop",
        "ContainerWhy",
        "ContainerUnpause",
        "ContainerWait",
        "PutContainerArchive",
    }
)
"""Not `update`, whose limits protect the others, nor `create` and `commit`, which make new things."""

ON_EXEC = frozenset({"ExecInspect", "ExecResize", "ExecStart"})


async def admit(scope: Scope, operation: str, call: Call) -> Call:
    """The call as it may be carried out: narrowed to what `scope` covers. Raises Forbidden, or NotFound."""
    if scope.read_only and (call.request.method not in ("GET", "HEAD") or operation in ATTACHING | REACHING_OUT):
        raise Forbidden(f"this socket is read-only: {_named(operation, call)} is not allowed")
    if operation in GREETINGS:
        return call
    if scope.events_only and operation != EVENTS:
        raise Forbidden(f"this socket shows events only: {_named(operation, call)} is not allowed")
    return await _narrow(scope, operation, call) if scope.label else call


async def _narrow(scope: Scope, operation: str, call: Call) -> Call:
    if operation in LISTS or operation == EVENTS:
        return replace(call, query=call.query.replaced("filters", _filters(scope, operation, call)), confined=True)
    if operation in ON_CONTAINER:
        container = call.engine.containers.get(call.name)
    elif operation in ON_EXEC:
        container = call.engine.containers.get((await call.engine.execs.inspect(call.name)).container_id)
    else:
        raise Forbidden(f"{_only(scope)}: {_named(operation, call)} is not allowed")
    if not scope.covers(container.config.labels or {}):
        raise Forbidden(f"{_only(scope)}: {call.name} doesn't have it")
    # From here on by its whole id: by the time that the endpoint looks, a name may mean another container.
    return replace(call, name=container.id if operation in ON_CONTAINER else call.name, confined=True)


def _filters(scope: Scope, operation: str, call: Call) -> str:
    filters = parse_filters(call.query.text("filters"))
    filters["label"] = (*filters.get("label", ()), scope.label)
    if operation == EVENTS:
        if "container" not in (types := filters.get("type") or ("container",)):
            raise Forbidden(f"this socket shows events of containers only, not of type {', '.join(types)}")
        filters["type"] = ("container",)
    return msgspec.json.encode(filters).decode()


def _only(scope: Scope) -> str:
    return f"this socket reaches containers with the label {scope.label} only"


def _named(operation: str, call: Call) -> str:
    return f"{call.request.method} {call.request.path} ({operation})"
