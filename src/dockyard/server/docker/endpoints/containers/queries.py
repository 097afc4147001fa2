"""Questions about one container: top, changes, export."""

from dockyard.engine.in_thread import iterate_in_thread
from dockyard.server.docker.call import Call
from dockyard.server.docker.http.answers import Answer, JsonAnswer, StreamAnswer

TAR_STREAM = "application/octet-stream"


async def container_top(call: Call) -> Answer:
    """`GET /containers/{id}/top`: its processes as the host's ps shows them."""
    found = await call.engine.containers.top(call.name, call.query.text("ps_args"))
    return JsonAnswer({"Titles": found.titles, "Processes": found.rows})


async def container_changes(call: Call) -> Answer:
    """`GET /containers/{id}/changes`: what differs from its image."""
    changes = await call.engine.containers.changes(call.name)
    return JsonAnswer([{"Path": change.path, "Kind": int(change.kind)} for change in changes] or None)


async def container_export(call: Call) -> Answer:
    """`GET /containers/{id}/export`: its root as a tar archive."""
    return StreamAnswer(iterate_in_thread(call.engine.containers.export(call.name)), TAR_STREAM)
