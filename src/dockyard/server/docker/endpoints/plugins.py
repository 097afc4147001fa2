"""Endpoints of managed plugins: there are none, and none can be had. (`docker inspect X` asks for a plugin, too.)"""

from dockyard.errors import NotFound, NotImplementedYet
from dockyard.server.docker.call import Call
from dockyard.server.docker.filters import parse_filters
from dockyard.server.docker.http.answers import Answer, JsonAnswer
from dockyard.server.docker.http.query import parse_integer


async def plugin_list(call: Call) -> Answer:
    """`GET /plugins`."""
    parse_filters(call.query.text("filters"))
    return JsonAnswer([])


async def plugin_named(call: Call) -> Answer:
    """Whatever is asked of a plugin by name: no name is one."""
    raise NotFound(f'plugin "{call.name}" not found')


async def plugin_enable(call: Call) -> Answer:
    """`POST /plugins/{name}/enable`: its timeout has no default."""
    parse_integer(call.query.text("timeout"))
    return await plugin_named(call)


async def plugin_refused(_: Call) -> Answer:
    """What would bring a plugin here: pull, create, and the look at its privileges that comes before a pull."""
    raise NotImplementedYet("managed plugins are not supported by Dockyard")
