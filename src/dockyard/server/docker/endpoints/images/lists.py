"""`GET /images/json`, `GET /images/{name}/json`, `GET /images/{name}/history`."""

from dockyard.server.docker.call import Call
from dockyard.server.docker.compat import image_answers
from dockyard.server.docker.filters import parse_filters
from dockyard.server.docker.http.answers import Answer, JsonAnswer
from dockyard.server.docker.wire.image import history_item, image_inspect, image_summary


async def image_list(call: Call) -> Answer:
    """The images that are here, newest first."""
    filters = parse_filters(call.query.text("filters"))
    if call.version < (1, 25) and call.query.text("filter"):
        filters.setdefault("reference", (call.query.text("filter"),))
    found = await call.engine.images.list(everything=call.query.flag("all"), filters=filters)
    return JsonAnswer([image_answers.summary(image_summary(image), call.version) for image in found])


async def image_inspect_one(call: Call) -> Answer:
    """Everything about one image."""
    details = await call.engine.images.inspect(call.name)
    return JsonAnswer(image_answers.inspect(image_inspect(details), call.version))


async def image_history(call: Call) -> Answer:
    """How it was made, newest step first."""
    return JsonAnswer([history_item(row) for row in await call.engine.images.history(call.name)])
