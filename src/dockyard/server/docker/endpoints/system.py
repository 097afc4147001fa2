"""`GET /info`, `GET /version`."""

from dockyard.server.docker.call import Call
from dockyard.server.docker.compat import system_answers
from dockyard.server.docker.http.answers import Answer, JsonAnswer
from dockyard.server.docker.wire.system import system_info, system_version


async def info(call: Call) -> Answer:
    """What the daemon is, has, and may."""
    system = call.engine.system
    features = await system.runtime_features() if call.version >= system_answers.RUNTIME_STATUS_SINCE else {}
    return JsonAnswer(system_answers.info(system_info(system.info(), features), call.version))


async def version(call: Call) -> Answer:
    """Versions of the daemon and of what it is made of."""
    experimental = call.engine.services.daemon.experimental
    return JsonAnswer(system_version(call.engine.system.version(), experimental=experimental))
