"""`POST /containers/prune`: all containers that don't run are removed."""

from dockyard.server.docker.call import Call
from dockyard.server.docker.filters import parse_filters
from dockyard.server.docker.http.answers import Answer, JsonAnswer


async def container_prune(call: Call) -> Answer:
    """Removes them and tells which, and how many bytes they held."""
    removed, freed_bytes = await call.engine.containers.prune(parse_filters(call.query.text("filters")))
    return JsonAnswer({"ContainersDeleted": removed or None, "SpaceReclaimed": freed_bytes})
