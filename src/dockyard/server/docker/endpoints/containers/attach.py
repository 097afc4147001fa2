"""`POST /containers/{id}/attach` and `GET /containers/{id}/attach/ws`: a connection becomes the container's stdio."""

from collections.abc import Awaitable, Callable

from dockyard.engine.containers.state import Status
from dockyard.engine.containers.streams.attach import AttachOptions
from dockyard.errors import Conflict, DockyardError
from dockyard.server.docker.call import Call
from dockyard.server.docker.detach_keys import parse_detach_keys
from dockyard.server.docker.http.answers import Answer, HijackAnswer, Hijacked, WebsocketAnswer
from dockyard.server.docker.http.last_word import write_last_word
from dockyard.server.docker.sessions import client_socket, content_type

WEBSOCKET_CHOOSES_SINCE = (1, 42)
"""Before, a websocket had all three streams, whatever its query said."""

BINARY_SINCE = (1, 28)
"""Before, a websocket's messages were text."""


async def container_attach(call: Call) -> Answer:
    """Hands the client's socket to the container."""
    container, options = call.engine.containers.get(call.name), _options(call)
    session = _session(call, options, framed=not container.config.tty)
    # before the start nothing is said, and the client starts the container as soon as it has read the head
    speaks_first = options.logs or container.state.running
    return HijackAnswer(content_type(container.config.tty, call.version), session, speaks_first)


async def container_attach_websocket(call: Call) -> Answer:
    """Hands one end of a socket pair to the container; what is at the other goes over the websocket, unframed."""
    options = _options(call)
    if call.version < WEBSOCKET_CHOOSES_SINCE:
        options = AttachOptions(stdin=True, stdout=True, stderr=True, stream=options.stream, logs=options.logs)
    return WebsocketAnswer(_session(call, options, framed=False), binary=call.version >= BINARY_SINCE)


def _options(call: Call) -> AttachOptions:
    query = call.query
    return AttachOptions(
        stdin=query.flag("stdin"),
        stdout=query.flag("stdout"),
        stderr=query.flag("stderr"),
        stream=query.flag("stream"),
        logs=query.flag("logs"),
    )


def _session(call: Call, options: AttachOptions, *, framed: bool) -> Callable[[Hijacked], Awaitable[None]]:
    """What takes the connection over, once it has left HTTP.

    What can be refused is refused before; afterwards an error can only be written to it.
    """
    keys = parse_detach_keys(call.query.text("detachKeys"))
    container = call.engine.containers.get(call.name)
    if container.state.status is Status.PAUSED:
        raise Conflict(f"container {call.name} is paused, unpause the container before attach")
    if container.state.status is Status.RESTARTING:
        raise Conflict(f"container {call.name} is restarting, wait until the container is running")
    # A container without open stdin has nobody to read it: what the client types is not taken from it.
    wanted = {
        "stdin": options.stdin and container.config.open_stdin,
        "stdout": options.stdout,
        "stderr": options.stderr,
    }
    streams = tuple(name for name, chosen in wanted.items() if chosen)
    tty = container.config.tty

    async def receive(hijacked: Hijacked) -> None:
        client = client_socket(hijacked, streams=streams, tty=tty, framed=framed, detach_keys=keys, logs=options.logs)
        try:
            await call.engine.containers.attach(container.id, options, client)
        except DockyardError as error:
            write_last_word(client.fd, f"Error attaching: {error}\n", framed=framed)
            client.close()
            raise
        except BaseException:
            client.close()  # nobody else has it yet, and nobody else would
            raise

    return receive
