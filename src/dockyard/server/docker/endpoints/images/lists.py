"""`GET /images/json`, `GET /images/{name}/json`, `GET /images/{name}/history`."""

from dockyard.engine.images.details import ImageDetails
from dockyard.errors import InvalidParameter
from dockyard.server.docker.call import Call
from dockyard.server.docker.compat import image_answers
from dockyard.server.docker.filters import parse_filters
from dockyard.server.docker.http.answers import Answer, JsonAnswer
from dockyard.server.docker.platforms import check_oci_platforms
from dockyard.server.docker.wire.image import history_item, image_inspect, image_summary
from dockyard.spec.image.descriptor import Platform

SHARED_SIZE_SINCE = (1, 42)
HISTORY_PLATFORM_SINCE = INSPECT_MANIFESTS_SINCE = (1, 48)
INSPECT_PLATFORM_SINCE = (1, 49)
IDENTITY_SINCE = (1, 54)


async def image_list(call: Call) -> Answer:
    """The images that are here, newest first.

    `manifests` and `identity` ask a store of several platforms what it has of each, and who signed it. This store has
    one platform of an image and no signatures, so they change nothing here, as with Docker's own graph drivers.
    """
    filters = parse_filters(call.query.text("filters"))
    if call.version >= IDENTITY_SINCE and call.query.flag("identity") and not call.query.flag("manifests"):
        raise InvalidParameter("conflicting options: identity requires manifests=1")
    if call.version < (1, 25) and call.query.text("filter"):
        filters.setdefault("reference", (call.query.text("filter"),))
    found = await call.engine.images.list(everything=call.query.flag("all"), filters=filters)
    lines = [image_summary(image) for image in found]
    if call.version >= SHARED_SIZE_SINCE and call.query.flag("shared-size"):
        shared = {one.image.stored.id: one.shared_files_bytes for one in (await call.engine.images.disk_usage()).images}
        lines = [line | {"SharedSize": shared.get(line["Id"], 0)} for line in lines]
    return JsonAnswer([image_answers.summary(line, call.version) for line in lines])


async def image_inspect_one(call: Call) -> Answer:
    """Everything about one image; `manifests` and `identity` have no effect, as in `image_list`."""
    platforms = call.query.texts("platform") if call.version >= INSPECT_PLATFORM_SINCE else ()
    if call.version >= INSPECT_MANIFESTS_SINCE and call.query.flag("manifests") and platforms:
        raise InvalidParameter("conflicting options: manifests and platform options cannot both be set")
    details = await call.engine.images.inspect(call.name)
    check_oci_platforms(platforms, platform_of(details))
    return JsonAnswer(image_answers.inspect(image_inspect(details), call.version))


async def image_history(call: Call) -> Answer:
    """How it was made, newest step first."""
    platforms = call.query.texts("platform") if call.version >= HISTORY_PLATFORM_SINCE else ()
    if platforms:
        check_oci_platforms(platforms, platform_of(await call.engine.images.inspect(call.name)))
    return JsonAnswer([history_item(row) for row in await call.engine.images.history(call.name)])


def platform_of(details: ImageDetails) -> Platform:
    """What the image is for."""
    image = details.stored.image
    return Platform(image.architecture, image.os)
