"""`POST /commit`: an image from what a container has become."""

import msgspec

from dockyard.engine.containers.config import Config
from dockyard.server.docker.call import Call
from dockyard.server.docker.http.answers import Answer, JsonAnswer
from dockyard.server.docker.request_json import shape_of

SHAPE = shape_of(Config)


async def image_commit(call: Call) -> Answer:
    """The new image's id. A body, if there is one, replaces the container's configuration."""
    query = call.query
    body = await call.json(SHAPE)
    image_id = await call.engine.containers.commit(
        query.text("container"),
        repository=query.text("repo"),
        tag=query.text("tag"),
        author=query.text("author"),
        comment=query.text("comment"),
        changes=query.texts("changes"),
        pause=query.flag("pause", default=True),
        config=msgspec.convert(body, Config) if body else None,
    )
    return JsonAnswer({"Id": image_id}, 201)
