"""Verbs on names: tag, remove, prune."""

import asyncio

from dockyard.errors import InvalidParameter
from dockyard.server.docker.call import Call
from dockyard.server.docker.filters import parse_filters
from dockyard.server.docker.http.answers import Answer, EmptyAnswer, JsonAnswer
from dockyard.server.docker.platforms import oci_platforms
from dockyard.server.docker.wire.image import removed_item

PLATFORMS_SINCE = (1, 50)


async def image_tag(call: Call) -> Answer:
    """`POST /images/{name}/tag`: another name for it."""
    if call.query.text("repo") == "sha256":
        raise InvalidParameter("refusing to create an ambiguous tag using digest algorithm as name")
    await call.engine.images.tag(call.name, call.query.text("repo"), call.query.text("tag"))
    return EmptyAnswer(201)


async def image_delete(call: Call) -> Answer:
    """`DELETE /images/{name}`: the name, and the image with its last one."""
    if not call.name.strip():
        raise InvalidParameter("image name cannot be blank")
    platforms = call.query.texts("platforms") if call.version >= PLATFORMS_SINCE else ()
    if len(platforms) > 1:
        raise InvalidParameter("multiple platforms are not supported")
    wanted = oci_platforms(platforms)
    force, prune = call.query.flag("force"), not call.query.flag("noprune")
    if wanted:
        removed = await call.engine.images.remove_platform(call.name, wanted[0], force=force)
    else:
        removed = await call.engine.images.remove(call.name, force=force, prune=prune)
    return JsonAnswer([removed_item(line) for line in removed])


async def image_prune(call: Call) -> Answer:
    """`POST /images/prune`: what no container uses; only what has no name, unless `dangling=false`.

    What a killed daemon had fetched of blobs goes too, unless a filter chooses among images.
    """
    filters = parse_filters(call.query.text("filters"))
    removed, freed_bytes = await call.engine.images.prune(filters)
    if not set(filters) - {"dangling"}:
        freed_bytes += await asyncio.to_thread(call.engine.registries.prune)
    return JsonAnswer(
        {"ImagesDeleted": [removed_item(line) for line in removed] or None, "SpaceReclaimed": freed_bytes}
    )
