"""Endpoints of execs: create, start, resize, inspect."""

import msgspec

from dockyard.engine.containers.record import Container
from dockyard.engine.containers.state import Status
from dockyard.engine.execs import ExecConfig
from dockyard.errors import Conflict, DockyardError, Forbidden, InvalidParameter
from dockyard.server.docker.call import Call
from dockyard.server.docker.detach_keys import parse_detach_keys
from dockyard.server.docker.endpoints.containers.lifecycle import terminal_size
from dockyard.server.docker.http.answers import Answer, EmptyAnswer, HijackAnswer, Hijacked, JsonAnswer
from dockyard.server.docker.http.last_word import write_last_word
from dockyard.server.docker.request_json import Shape, shape_of
from dockyard.server.docker.sessions import client_socket, content_type
from dockyard.server.docker.wire.exec import exec_inspect


class ExecStartRequest(msgspec.Struct, frozen=True, rename="pascal"):
    """The body of a start (Engine API: ExecStart)."""

    detach: bool = False
    tty: bool = False
    console_size: tuple[int, int] | None = None


def _create_shape() -> Shape:
    shape = shape_of(ExecConfig, "ExecCreateRequest")
    shape.fields["Cmd"].from_string = True
    return shape


CREATE_SHAPE = _create_shape()
START_SHAPE = shape_of(ExecStartRequest)
CONSOLE_SIZE_SINCE = (1, 42)


async def container_exec(call: Call) -> Answer:
    """`POST /containers/{id}/exec`: records what is to be executed."""
    body = await call.json(CREATE_SHAPE)
    if not body.get("Cmd"):
        raise InvalidParameter("No exec command specified")
    if call.version < CONSOLE_SIZE_SINCE:
        body.pop("ConsoleSize", None)
    if call.confined and body.get("Privileged"):
        raise Forbidden("privileged execs are not allowed on this socket: they reach beyond the container")
    parse_detach_keys(body.get("DetachKeys", ""))
    exec_id = await call.engine.execs.create(call.name, msgspec.convert(body, ExecConfig))
    return JsonAnswer({"Id": exec_id}, 201)


async def exec_start(call: Call) -> Answer:
    """`POST /exec/{id}/start`: executes it, detached or with the connection as its stdio."""
    request = msgspec.convert(await call.json(START_SHAPE), ExecStartRequest)
    snapshot = await call.engine.execs.inspect(call.name)
    _check_container(call.engine.containers.get(snapshot.container_id))
    size = request.console_size if request.tty and call.version >= CONSOLE_SIZE_SINCE else None
    if request.detach:
        await call.engine.execs.start(call.name, None, size)
        return EmptyAnswer(200)
    # The creation says whether there is a terminal, the start only whether its output comes in frames.
    config, framed = snapshot.config, not request.tty
    wanted = {"stdin": config.attach_stdin, "stdout": config.attach_stdout, "stderr": config.attach_stderr}
    streams = tuple(name for name, chosen in wanted.items() if chosen)

    keys = parse_detach_keys(config.detach_keys)

    async def receive(hijacked: Hijacked) -> None:
        client = client_socket(hijacked, streams=streams, tty=config.tty, framed=framed, detach_keys=keys)
        try:
            await call.engine.execs.start(call.name, client, size)
        except DockyardError as error:
            write_last_word(client.fd, f"{error}\r\n", framed=framed)
            client.close()
            raise
        except BaseException:
            client.close()  # nobody else has it yet, and nobody else would
            raise

    return HijackAnswer(content_type(request.tty, call.version), receive)


def _check_container(container: Container) -> None:
    """Raises Conflict, in Docker's words, while there is still a status to answer with."""
    match container.state.status:
        case Status.RUNNING:
            return
        case Status.PAUSED:
            raise Conflict(f"container {container.id} is paused, unpause the container before exec")
        case Status.RESTARTING:
            raise Conflict(f"container {container.id} is restarting, wait until the container is running")
        case _:
            raise Conflict(f"container {container.id} is not running")


async def exec_resize(call: Call) -> Answer:
    """`POST /exec/{id}/resize`."""
    rows, columns = terminal_size(call)
    await call.engine.execs.resize(call.name, rows, columns)
    return EmptyAnswer(200)


async def exec_inspect_one(call: Call) -> Answer:
    """`GET /exec/{id}/json`: does it run, and how did it end?"""
    return JsonAnswer(exec_inspect(await call.engine.execs.inspect(call.name)))
