"""Endpoints of volumes."""

import msgspec

from dockyard.engine.containers.config import StringMap
from dockyard.errors import DockyardError, InvalidParameter, NotImplementedYet, Unavailable
from dockyard.server.docker.call import Call
from dockyard.server.docker.filters import parse_filters
from dockyard.server.docker.http.answers import Answer, EmptyAnswer, JsonAnswer
from dockyard.server.docker.http.query import parse_truth
from dockyard.server.docker.request_json import shape_of
from dockyard.server.docker.wire.volume import volume

DEFAULT_DRIVER = "local"
ALL_SINCE = (1, 42)
"""Since then a prune takes anonymous volumes only, unless it is told `all`."""


class VolumeCreateRequest(msgspec.Struct, frozen=True, rename="pascal"):
    """The body of a creation (Engine API: VolumeCreate)."""

    name: str = ""
    driver: str = ""
    driver_opts: StringMap = None
    labels: StringMap = None
    cluster_volume_spec: dict[str, object] | None = None


SHAPE = shape_of(VolumeCreateRequest, "CreateRequest")


async def volume_list(call: Call) -> Answer:
    """`GET /volumes`."""
    found = await call.engine.volumes.list(parse_filters(call.query.text("filters")))
    return JsonAnswer({"Volumes": [volume(one) for one in found], "Warnings": None})


async def volume_create(call: Call) -> Answer:
    """`POST /volumes/create`; the same again is fine."""
    request = msgspec.convert(await call.json(SHAPE), VolumeCreateRequest)
    if request.cluster_volume_spec is not None and call.version >= ALL_SINCE:
        raise NotImplementedYet("cluster volumes are not implemented by Dockyard yet")
    options, labels = request.driver_opts or {}, request.labels or {}
    try:
        made, _ = await call.engine.volumes.create(request.name, request.driver or DEFAULT_DRIVER, options, labels)
    except DockyardError as error:
        raise type(error)(f"create {request.name}: {error}") from error
    return JsonAnswer(volume(made), 201)


async def volume_inspect(call: Call) -> Answer:
    """`GET /volumes/{name}`."""
    return JsonAnswer(volume(await call.engine.volumes.get(call.name)))


async def volume_update(_: Call) -> Answer:
    """`PUT /volumes/{name}`: only cluster volumes can be updated, and there is no cluster."""
    raise Unavailable("volume update only valid for cluster volumes, but swarm is unavailable")


async def volume_delete(call: Call) -> Answer:
    """`DELETE /volumes/{name}`."""
    await call.engine.volumes.remove(call.name, force=call.query.flag("force"))
    return EmptyAnswer()


async def volume_prune(call: Call) -> Answer:
    """`POST /volumes/prune`: what no container uses; only anonymous ones unless `all` is among the filters."""
    filters = parse_filters(call.query.text("filters"))
    everything = _all(filters.pop("all", ())) or call.version < ALL_SINCE
    removed, freed_bytes = await call.engine.volumes.prune(everything=everything, filters=filters)
    return JsonAnswer({"VolumesDeleted": removed, "SpaceReclaimed": freed_bytes})


def _all(values: tuple[str, ...]) -> bool:
    if len(values) > 1:
        raise InvalidParameter(f"invalid filter 'all=[{' '.join(values)}]': only one value is expected")
    try:
        return bool(values) and parse_truth(values[0])
    except InvalidParameter as error:
        raise InvalidParameter(f"invalid filter 'all': {error}") from error
