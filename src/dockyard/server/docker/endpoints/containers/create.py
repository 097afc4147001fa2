"""`POST /containers/create`."""

from typing import Any

import msgspec

from dockyard.engine.containers.config import Config, HostConfig, NetworkingConfig
from dockyard.errors import InvalidParameter
from dockyard.server.docker.call import Call
from dockyard.server.docker.compat.create_requests import upgrade_create
from dockyard.server.docker.http.answers import Answer, JsonAnswer
from dockyard.server.docker.request_json import Shape, shape_of
from dockyard.spec.image.platform import parse_platform


class CreateRequest(Config, frozen=True, rename="pascal"):
    """The body: Config at the top, the two other parts beside it (Engine API: ContainerCreate)."""

    host_config: HostConfig = HostConfig()
    networking_config: NetworkingConfig = NetworkingConfig()


def _shape() -> Shape:
    shape = shape_of(CreateRequest)
    for key in ("Cmd", "Entrypoint"):
        shape.fields[key].from_string = True  # clients of old send one string
    return shape


SHAPE = _shape()
PLATFORM_SINCE = (1, 41)
BINDS_RECURSIVE_SINCE = (1, 44)
"""Before, a read-only bind left the mounts below it writable; `--mount` of that time is seen to in `compat`."""


async def container_create(call: Call) -> Answer:
    """Makes a container and answers its id; nothing runs yet."""
    body = await call.json(SHAPE)
    if not body:
        raise InvalidParameter("config cannot be empty in order to create a container")
    warnings = upgrade_create(body, call.version)
    host_config = _convert(body.pop("HostConfig"), HostConfig)
    networking = _convert(body.pop("NetworkingConfig"), NetworkingConfig)
    config = _convert(body, Config)
    wanted = call.query.text("platform") if call.version >= PLATFORM_SINCE else ""
    name = call.query.text("name") or None
    created = await call.engine.containers.create(
        name,
        config,
        host_config,
        networking,
        binds_recursive=call.version >= BINDS_RECURSIVE_SINCE,
        platform=parse_platform(wanted) if wanted else None,
    )
    return JsonAnswer({"Id": created.id, "Warnings": [*created.warnings, *warnings]}, 201)


def _convert(document: dict[str, Any], struct: type[Any]) -> Any:
    try:
        return msgspec.convert(document, struct)
    except msgspec.ValidationError as error:
        raise InvalidParameter(f"invalid JSON: {error}") from error
