"""Verbs on names: tag, remove, prune."""

from dockyard.errors import InvalidParameter
from dockyard.server.docker.call import Call
from dockyard.server.docker.filters import parse_filters
from dockyard.server.docker.http.answers import Answer, EmptyAnswer, JsonAnswer
from dockyard.server.docker.platforms import check_oci_platforms
from dockyard.server.docker.wire.image import removed_item


async def image_tag(call: Call) -> Answer:
    """`POST /images/{name}/tag`: another name for it."""
    await call.engine.images.tag(call.name, call.query.text("repo"), call.query.text("tag"))
    return EmptyAnswer(201)


async def image_delete(call: Call) -> Answer:
    """`DELETE /images/{name}`: the name, and the image with its last one."""
    if not call.name.strip():
        raise InvalidParameter("image name cannot be blank")
    check_oci_platforms(call.query.texts("platforms"))
    force, prune = call.query.flag("force"), not call.query.flag("noprune")
    removed = await call.engine.images.remove(call.name, force=force, prune=prune)
    return JsonAnswer([removed_item(line) for line in removed])


async def image_prune(call: Call) -> Answer:
    """`POST /images/prune`: what no container uses; only what has no name, unless `dangling=false`."""
    filters = parse_filters(call.query.text("filters"))
    dangling = filters.pop("dangling", ("true",))[:1] not in ((), ("false",), ("0",))
    removed, freed_bytes = await call.engine.images.prune(dangling=dangling, filters=filters)
    return JsonAnswer(
        {"ImagesDeleted": [removed_item(line) for line in removed] or None, "SpaceReclaimed": max(0, freed_bytes)}
    )
