"""Endpoints of plugins: there are none, and that is the answer. (`docker inspect X` asks for a plugin, too.)"""

from dockyard.errors import NotFound
from dockyard.server.docker.call import Call
from dockyard.server.docker.http.answers import Answer, JsonAnswer


async def plugin_list(_: Call) -> Answer:
    """`GET /plugins`."""
    return JsonAnswer([])


async def plugin_inspect(call: Call) -> Answer:
    """`GET /plugins/{name}/json`."""
    raise NotFound(f'plugin "{call.name}" not found')
