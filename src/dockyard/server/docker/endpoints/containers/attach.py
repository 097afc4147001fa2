"""`POST /containers/{id}/attach`: the connection becomes the container's stdio."""

from dockyard.engine.containers.state import Status
from dockyard.engine.containers.streams.attach import AttachOptions
from dockyard.errors import Conflict, DockyardError
from dockyard.server.docker.call import Call
from dockyard.server.docker.detach_keys import parse_detach_keys
from dockyard.server.docker.http.answers import Answer, HijackAnswer, Hijacked
from dockyard.server.docker.http.last_word import write_last_word
from dockyard.server.docker.sessions import client_socket, content_type


async def container_attach(call: Call) -> Answer:
    """Hands the client's socket to the container.

    What can be refused is refused before the connection leaves HTTP; afterwards an error can only be written to it.
    """
    keys = parse_detach_keys(call.query.text("detachKeys"))
    container = call.engine.containers.get(call.name)
    if container.state.status is Status.PAUSED:
        raise Conflict(f"container {call.name} is paused, unpause the container before attach")
    if container.state.status is Status.RESTARTING:
        raise Conflict(f"container {call.name} is restarting, wait until the container is running")
    query = call.query
    options = AttachOptions(
        stdin=query.flag("stdin"),
        stdout=query.flag("stdout"),
        stderr=query.flag("stderr"),
        stream=query.flag("stream"),
        logs=query.flag("logs"),
    )
    # A container without open stdin has nobody to read it: what the client types is not taken from it.
    wanted = {
        "stdin": options.stdin and container.config.open_stdin,
        "stdout": options.stdout,
        "stderr": options.stderr,
    }
    streams = tuple(name for name, chosen in wanted.items() if chosen)
    tty = container.config.tty

    async def receive(hijacked: Hijacked) -> None:
        client = client_socket(hijacked, streams=streams, tty=tty, detach_keys=keys, logs=options.logs)
        try:
            await call.engine.containers.attach(container.id, options, client)
        except DockyardError as error:
            write_last_word(client.fd, f"Error attaching: {error}\n", framed=not tty)
            client.close()
            raise

    return HijackAnswer(content_type(tty, call.version), receive)
