"""`POST /containers/{id}/wait`: answers when the container has ended, or has been removed."""

from collections.abc import AsyncIterator

import msgspec

from dockyard.engine.containers.lifecycle.wait import exit_code
from dockyard.errors import InvalidParameter
from dockyard.server.docker.call import Call
from dockyard.server.docker.http.answers import Answer, JsonAnswer, StreamAnswer

ERROR_LEFT_OUT_SINCE = (1, 42)
CONDITIONS = ("not-running", "next-exit", "removed")


async def container_wait(call: Call) -> Answer:
    """The exit code, once the condition holds.

    Since 1.30 the headers are sent as soon as the daemon is waiting, so that a client may start the container after it
    has seen them without missing its end.
    """
    condition = (call.query.text("condition") if call.version >= (1, 30) else "") or "not-running"
    if condition not in CONDITIONS:
        raise InvalidParameter(f'invalid condition: "{condition}"')
    # The engine has registered the wait when this returns: only then may the client see our headers.
    ended = call.engine.containers.waiting(call.name, condition)
    if call.version < (1, 30):
        return JsonAnswer({"StatusCode": await exit_code(ended)})

    no_error = {"Error": None} if call.version < ERROR_LEFT_OUT_SINCE else {}

    async def document() -> AsyncIterator[bytes]:
        yield msgspec.json.encode({"StatusCode": await exit_code(ended), **no_error}) + b"\n"

    return StreamAnswer(document(), immediate=True)
