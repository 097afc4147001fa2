"""`POST /containers/{id}/update`: other limits, at once."""

import msgspec

from dockyard.engine.containers.config import PortMap, Resources, RestartPolicy
from dockyard.server.docker.call import Call
from dockyard.server.docker.compat.update_requests import upgrade_update
from dockyard.server.docker.http.answers import Answer, JsonAnswer
from dockyard.server.docker.request_json import shape_of


class UpdateRequest(Resources, frozen=True, rename="pascal"):
    """The body: limits at the top, the restart policy beside them (Engine API: ContainerUpdate).

    Beyond Docker: `PublishAdd` and `PublishRemove`, as `HostConfig.PortBindings`, change published ports. In the latter
    null or an empty list is all of a port, and an empty address or port of the host is any.
    """

    restart_policy: RestartPolicy | None = None
    publish_add: PortMap = None
    publish_remove: PortMap = None


SHAPE = shape_of(UpdateRequest, "UpdateConfig")


async def container_update(call: Call) -> Answer:
    """Changes what the body names and leaves the rest."""
    body = await call.json(SHAPE)
    upgrade_update(body, call.version)
    policy = msgspec.convert(body.pop("RestartPolicy", None), RestartPolicy | None)
    ports = [msgspec.convert(body.pop(name, None), PortMap) for name in ("PublishAdd", "PublishRemove")]
    warnings = await call.engine.containers.update(call.name, msgspec.convert(body, Resources), policy, *ports)
    return JsonAnswer({"Warnings": list(warnings) or None})
