"""Endpoints of volumes that Docker doesn't have: another name, a copy, out as an archive, in from one."""

from dockyard.errors import InvalidParameter
from dockyard.server.docker.call import Call
from dockyard.server.docker.endpoints.containers.queries import TAR_STREAM
from dockyard.server.docker.http.answers import Answer, JsonAnswer, StreamAnswer
from dockyard.server.docker.wire.volume import volume


async def volume_rename(call: Call) -> Answer:
    """`POST /volumes/{name}/rename?name=`: the volume under its new name; 409 while a container has it."""
    return JsonAnswer(volume(await call.engine.volumes.transfers.rename(call.name, _new_name(call))))


async def volume_clone(call: Call) -> Answer:
    """`POST /volumes/{name}/clone?name=`: a new volume with a copy of the content, and the labels."""
    return JsonAnswer(volume(await call.engine.volumes.transfers.clone(call.name, _new_name(call))), 201)


async def volume_export(call: Call) -> Answer:
    """`GET /volumes/{name}/export`: the content as a tar archive."""
    return StreamAnswer(call.engine.volumes.transfers.export(call.name), TAR_STREAM)


async def volume_import(call: Call) -> Answer:
    """`POST /volumes/{name}/import` with an archive, plain or compressed: a new volume with its content."""
    return JsonAnswer(volume(await call.engine.volumes.transfers.import_(call.name, call.body_pieces(), {})), 201)


def _new_name(call: Call) -> str:
    name = call.query.text("name")
    if not name:
        raise InvalidParameter("the query has no name for the new volume")
    return name
