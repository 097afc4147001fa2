"""Verbs that move a container through its life: start, stop, restart, kill, pause, unpause, rename, remove, update."""

from dockyard.errors import DockyardError, InvalidParameter
from dockyard.server.docker.call import Call
from dockyard.server.docker.http.answers import Answer, EmptyAnswer
from dockyard.server.docker.http.query import bounded_decimal
from dockyard.server.docker.sender import sender

LARGEST_EMPTY_BODY_BYTES = 7
"""No JSON object with content is shorter."""


async def container_start(call: Call) -> Answer:
    """`POST /containers/{id}/start`; 304 when it runs already."""
    length = call.request.content_length
    if (length or 0) > LARGEST_EMPTY_BODY_BYTES or (length is None and call.request.can_read_body):
        raise InvalidParameter(
            "starting container with non-empty request body was deprecated since API v1.22 and removed in v1.24"
        )
    if call.query.text("checkpoint"):
        raise InvalidParameter("starting a container from a checkpoint is not supported by Dockyard")
    await call.engine.containers.start(call.name)
    return EmptyAnswer()


async def container_stop(call: Call) -> Answer:
    """`POST /containers/{id}/stop`: signal, then SIGKILL after `t` seconds; 304 when it doesn't run."""
    by = sender(call, "stop")
    await call.engine.containers.stop(call.name, call.query.integer("t"), _stop_signal(call), by)
    return EmptyAnswer()


async def container_restart(call: Call) -> Answer:
    """`POST /containers/{id}/restart`."""
    by = sender(call, "restart")
    await call.engine.containers.restart(call.name, call.query.integer("t"), _stop_signal(call), by)
    return EmptyAnswer()


def _stop_signal(call: Call) -> str | None:
    return (call.query.text("signal") or None) if call.version >= (1, 42) else None


async def container_kill(call: Call) -> Answer:
    """`POST /containers/{id}/kill`: any signal, by name or number; SIGKILL by default."""
    try:
        await call.engine.containers.kill(call.name, call.query.text("signal"), sender(call, "kill"))
    except DockyardError as error:
        raise type(error)(f"cannot kill container: {call.name}: {error}") from error
    return EmptyAnswer()


async def container_pause(call: Call) -> Answer:
    """`POST /containers/{id}/pause`."""
    await call.engine.containers.pause(call.name)
    return EmptyAnswer()


async def container_unpause(call: Call) -> Answer:
    """`POST /containers/{id}/unpause`."""
    await call.engine.containers.unpause(call.name)
    return EmptyAnswer()


async def container_rename(call: Call) -> Answer:
    """`POST /containers/{id}/rename`."""
    await call.engine.containers.rename(call.name, call.query.text("name"))
    return EmptyAnswer()


async def container_resize(call: Call) -> Answer:
    """`POST /containers/{id}/resize`: the terminal's rows (`h`) and columns (`w`)."""
    rows, columns = terminal_size(call)
    await call.engine.containers.resize(call.name, rows, columns)
    return EmptyAnswer(200)


def terminal_size(call: Call) -> tuple[int, int]:
    """Rows and columns from `h` and `w`; InvalidParameter, in Docker's words, for what isn't a size."""
    return _dimension(call, "h", "height"), _dimension(call, "w", "width")


def _dimension(call: Call, name: str, meaning: str) -> int:
    text = call.query.text(name)
    digits = text.removeprefix("-")
    if not (digits.isascii() and digits.isdigit()):
        raise InvalidParameter(f'invalid resize {meaning} "{text}": invalid syntax')
    size = bounded_decimal(digits)
    if text.startswith("-") or size is None or size >= 1 << 32:
        raise InvalidParameter(f'invalid resize {meaning} "{text}": value out of range')
    return size


async def container_delete(call: Call) -> Answer:
    """`DELETE /containers/{id}`."""
    query = call.query
    force, volumes, link = query.flag("force"), query.flag("v"), query.flag("link")
    await call.engine.containers.remove(call.name, force=force, volumes=volumes, link=link)
    return EmptyAnswer()
