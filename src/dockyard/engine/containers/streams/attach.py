"""`attach`: a client's socket becomes the container's stdio. The shim takes the socket over; the daemon steps out.

A client that attaches before the start (as `docker run` does) is kept until then and goes to the shim together with
the start, so that not one byte is missed.
"""

import asyncio
import os
import socket
from collections.abc import AsyncGenerator
from dataclasses import dataclass

from dockyard.engine.containers.collection import Entry
from dockyard.engine.containers.services import Services
from dockyard.engine.containers.state import Status
from dockyard.engine.logs.entries import LogEntry
from dockyard.engine.logs.read import LogOptions, read_log
from dockyard.engine.logs.source import LogSource, log_source
from dockyard.errors import Conflict
from dockyard.supervisor.client import ClientSocket

BATCH_BYTES = 64 * 1024

FRAME = {"stdout": 1, "stderr": 2}


@dataclass(frozen=True, slots=True)
class AttachOptions:
    """What the client asked for (Engine API: POST /containers/{id}/attach)."""

    stdin: bool = False
    stdout: bool = False
    stderr: bool = False
    stream: bool = False
    logs: bool = False


async def attach(services: Services, entry: Entry, options: AttachOptions, client: ClientSocket) -> None:
    """Hands `client` over. Conflict when the container is paused or restarting; the caller then still owns the socket.

    On return the socket belongs to the shim, to the container's entry until its start, or it has been closed.
    """
    async with entry.lock:
        record = entry.record
        if record.state.status == Status.PAUSED:
            raise Conflict(f"container {record.id} is paused, unpause the container before attach")
        if record.state.status == Status.RESTARTING:
            raise Conflict(f"container {record.id} is restarting, wait until the container is running")
        services.announce(record, "attach")
        if options.stream and entry.shim is not None:
            client.include_logs = options.logs
            await entry.shim.attach(client)
            return
        if options.stream and (not options.logs or record.state.status == Status.CREATED):
            entry.pending_attachments.append(client)
            return
    await _send_log(log_source(record, services.paths.container(record.id)), options, client)


async def _send_log(source: LogSource | None, options: AttachOptions, client: ClientSocket) -> None:
    """Writes what the log has and closes the socket: `logs` without `stream`, or of a container that doesn't run."""
    loop = asyncio.get_running_loop()
    batch = bytearray()
    try:
        with socket.socket(fileno=os.dup(client.fd)) as connection:
            connection.setblocking(False)
            wanted = LogOptions(stdout=options.stdout, stderr=options.stderr)
            async for entry in read_log(source.path, source.form, wanted, None) if source is not None else _nothing():
                if client.multiplexed:
                    batch += bytes((FRAME[entry.stream], 0, 0, 0)) + len(entry.line).to_bytes(4, "big")
                batch += entry.line
                if len(batch) >= BATCH_BYTES:
                    await loop.sock_sendall(connection, batch)
                    batch = bytearray()
            await loop.sock_sendall(connection, batch)
    except OSError:
        return  # the client went away
    finally:
        client.close()


async def _nothing() -> AsyncGenerator[LogEntry, None]:
    nothing: tuple[LogEntry, ...] = ()
    for entry in nothing:
        yield entry
