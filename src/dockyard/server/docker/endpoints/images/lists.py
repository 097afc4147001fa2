"""`GET /images/json`, `GET /images/{name}/json`, `GET /images/{name}/history`."""

from collections.abc import Sequence

from dockyard.errors import InvalidParameter
from dockyard.server.docker.call import Call
from dockyard.server.docker.compat import image_answers
from dockyard.server.docker.filters import parse_filters
from dockyard.server.docker.http.answers import Answer, JsonAnswer
from dockyard.server.docker.platforms import oci_platforms
from dockyard.server.docker.wire.image import attestation, history_item, image_inspect, image_summary, image_target
from dockyard.spec.image.descriptor import Platform

SHARED_SIZE_SINCE = (1, 42)
LIST_MANIFESTS_SINCE = (1, 47)
HISTORY_PLATFORM_SINCE = INSPECT_MANIFESTS_SINCE = (1, 48)
INSPECT_PLATFORM_SINCE = (1, 49)
IDENTITY_SINCE = (1, 54)


async def image_list(call: Call) -> Answer:
    """The images that are here, newest first.

    `manifests` asks what there is of each platform. `identity` asks who signed it: signatures aren't kept here, so that
    it changes nothing, as with Docker's own graph drivers.
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
    if call.version >= LIST_MANIFESTS_SINCE and call.query.flag("manifests"):
        targets = [await call.engine.images.target(image.stored.id) for image in found]
        lines = [line | image_target(one, manifests=True) for line, one in zip(lines, targets, strict=True)]
    return JsonAnswer([image_answers.summary(line, call.version) for line in lines])


async def image_inspect_one(call: Call) -> Answer:
    """Everything about one image, of one platform or with what there is of each; `identity` as in `image_list`."""
    platforms = call.query.texts("platform") if call.version >= INSPECT_PLATFORM_SINCE else ()
    manifests = call.version >= INSPECT_MANIFESTS_SINCE and call.query.flag("manifests")
    if manifests and platforms:
        raise InvalidParameter("conflicting options: manifests and platform options cannot both be set")
    wanted = _one(platforms)
    details = await call.engine.images.inspect(call.name, wanted)
    document = image_inspect(details)
    if call.version >= INSPECT_MANIFESTS_SINCE:
        found = await call.engine.images.target(details.stored.id)
        document |= image_target(found, manifests=manifests, platform=wanted)
    return JsonAnswer(image_answers.inspect(document, call.version))


async def image_history(call: Call) -> Answer:
    """How it was made, newest step first."""
    platforms = call.query.texts("platform") if call.version >= HISTORY_PLATFORM_SINCE else ()
    return JsonAnswer([history_item(row) for row in await call.engine.images.history(call.name, _one(platforms))])


async def image_attestations(call: Call) -> Answer:
    """`GET /images/{name}/attestations`: statements about it, by their kinds, and with `statement` their text."""
    platforms = call.query.texts("platform")
    if len(platforms) > 1:
        raise InvalidParameter("multiple platforms are not supported")
    whole = call.query.flag("statement")
    found = await call.engine.images.attestations(
        call.name, _one(platforms), call.query.texts("type"), statements=whole
    )
    return JsonAnswer([attestation(one) for one in found])


def _one(texts: Sequence[str]) -> Platform | None:
    found = oci_platforms(texts)
    return found[0] if found else None
