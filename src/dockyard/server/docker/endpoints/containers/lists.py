"""`GET /containers/json`, `GET /containers/{id}/json`: the container as a line, and whole."""

from collections.abc import Callable
from functools import cache

from dockyard.engine.containers.record import Container
from dockyard.server.docker.call import Call
from dockyard.server.docker.compat import container_answers
from dockyard.server.docker.filters import parse_filters
from dockyard.server.docker.http.answers import Answer, JsonAnswer
from dockyard.server.docker.wire.container_inspect import container_inspect
from dockyard.server.docker.wire.container_summary import container_summary


async def container_list(call: Call) -> Answer:
    """The containers that run, or all of them, newest first."""
    filters = parse_filters(call.query.text("filters"))
    containers = call.engine.containers
    everything, limit = call.query.flag("all"), call.query.integer("limit") or 0
    found = containers.list(everything=everything, limit=limit, filters=filters)
    with_sizes = call.query.flag("size")
    now_ns = call.clock_ns()
    names_by_link = containers.names_by_link()
    shown = shown_images(call)
    lines = []
    for container in found:
        sizes = await containers.sizes(container.id) if with_sizes else None
        line = container_summary(container, shown(container), now_ns, sizes)
        line["Names"] += names_by_link.get(container.name, ())
        lines.append(container_answers.summary(line, call.version))
    return JsonAnswer(lines)


async def container_inspect_one(call: Call) -> Answer:
    """Everything about one container."""
    container = call.engine.containers.get(call.name)
    sizes = await call.engine.containers.sizes(container.id) if call.query.flag("size") else None
    return JsonAnswer(
        container_answers.inspect(
            container_inspect(container, sizes, call.engine.execs.ids_of(container.id)), call.version
        )
    )


def shown_images(call: Call) -> Callable[[Container], str]:
    """The name for the IMAGE column: as it was given, unless that means another image by now.

    Names are looked up once for all containers that are asked for with one of these.
    """
    id_of = cache(call.engine.images.id_of)

    def shown(container: Container) -> str:
        name = container.config.image
        return name if id_of(name) == container.image_id else container.image_id

    return shown
