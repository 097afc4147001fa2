"""Endpoints of swarm mode on a machine that is in no swarm: what Docker answers there, request by request.

What a request gets wrong by itself is said first (filters, JSON, versions), as the same request to a manager would hear
it; then that this node isn't one. `init` and `join` are refused: they would make it one.
"""

from collections.abc import Awaitable, Callable, Mapping

import msgspec

from dockyard.errors import InvalidParameter, NotImplementedYet, Unavailable
from dockyard.server.docker.call import Call
from dockyard.server.docker.filters import parse_filters
from dockyard.server.docker.http.answers import Answer
from dockyard.server.docker.request_json import shape_of

NO_MANAGER = (
    'This node is not a swarm manager. Use "docker swarm init" or "docker swarm join" to connect this node to swarm '
    "and try again."
)
NO_SWARM = "This node is not part of a swarm"

LARGEST_VERSION = (1 << 64) - 1
TERSE = frozenset({"secret", "config"})
"""Nouns of which Docker doesn't say what is wrong with the version."""

Handler = Callable[[Call], Awaitable[Answer]]


class AnyObject(msgspec.Struct, frozen=True):
    """A body that is only looked at for being a JSON object: none of it can matter without a swarm."""


SHAPE = shape_of(AnyObject)


async def refuse(_: Call) -> Answer:
    """Reads nothing of the request."""
    raise Unavailable(NO_MANAGER)


async def refuse_list(call: Call) -> Answer:
    """Lists have filters."""
    parse_filters(call.query.text("filters"))
    raise Unavailable(NO_MANAGER)


async def refuse_body(call: Call) -> Answer:
    """Creations have a JSON object."""
    await call.json(SHAPE)
    raise Unavailable(NO_MANAGER)


def refuse_update(noun: str) -> Handler:
    """Updates have a JSON object, and name the version of the object that they replace."""

    async def refuse_one(call: Call) -> Answer:
        await call.json(SHAPE)
        _check_version(noun, call.query.text("version"))
        raise Unavailable(NO_MANAGER)

    return refuse_one


def _check_version(noun: str, text: str) -> None:
    """Raises InvalidParameter, in Docker's words, for what is no unsigned 64-bit decimal."""
    reason = ""
    if not (text.isascii() and text.isdigit()):
        reason = "invalid syntax"
    elif len(text.lstrip("0")) > len(str(LARGEST_VERSION)) or int(text) > LARGEST_VERSION:
        reason = "value out of range"
    if reason and noun in TERSE:
        raise InvalidParameter(f"invalid {noun} version")
    if reason:
        raise InvalidParameter(f"invalid {noun} version '{text}': strconv.ParseUint: parsing \"{text}\": {reason}")


async def leave(_: Call) -> Answer:
    """`POST /swarm/leave`."""
    raise Unavailable(NO_SWARM)


async def enter(call: Call) -> Answer:
    """`POST /swarm/init` and `/swarm/join`."""
    await call.json(SHAPE)
    raise NotImplementedYet("Swarm mode is not implemented by Dockyard yet")


SWARM_ENDPOINTS: Mapping[str, Handler] = {
    "SwarmInspect": refuse,
    "SwarmInit": enter,
    "SwarmJoin": enter,
    "SwarmLeave": leave,
    "SwarmUpdate": refuse_update("swarm"),
    "SwarmUnlockkey": refuse,
    "SwarmUnlock": refuse_body,
    "NodeList": refuse_list,
    "NodeInspect": refuse,
    "NodeDelete": refuse,
    "NodeUpdate": refuse_update("node"),
    "ServiceList": refuse_list,
    "ServiceCreate": refuse_body,
    "ServiceInspect": refuse,
    "ServiceDelete": refuse,
    "ServiceUpdate": refuse_update("service"),
    "ServiceLogs": refuse,
    "TaskList": refuse_list,
    "TaskInspect": refuse,
    "TaskLogs": refuse,
    "SecretList": refuse_list,
    "SecretCreate": refuse_body,
    "SecretInspect": refuse,
    "SecretDelete": refuse,
    "SecretUpdate": refuse_update("secret"),
    "ConfigList": refuse_list,
    "ConfigCreate": refuse_body,
    "ConfigInspect": refuse,
    "ConfigDelete": refuse,
    "ConfigUpdate": refuse_update("config"),
}
"""What answers each operation of swarm mode."""
