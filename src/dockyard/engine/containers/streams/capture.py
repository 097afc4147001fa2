"""Executing a program in a container and keeping what it says: for health checks."""

import asyncio
import contextlib
import os
import signal
import socket
from collections.abc import Callable
from dataclasses import dataclass

from dockyard.errors import DockyardError
from dockyard.supervisor.client import ClientSocket, ExecRequest, ShimConnection

READ_BYTES = 16 * 1024


@dataclass(frozen=True, slots=True)
class Captured:
    """How it ended, None when it was given up; and the beginning of stdout and stderr, as they came."""

    exit_code: int | None
    output: bytes


async def capture(
    shim: ShimConnection,
    request: ExecRequest,
    *,
    seconds: float,
    limit_bytes: int,
    on_end: Callable[[int], None],
) -> Captured:
    """Executes `request` and waits for its end, at most `seconds`; then it is killed.

    `on_end` gets its exit code, also when that comes after it was given up. DockyardError when it can't be executed at
    all.
    """
    ours, theirs = socket.socketpair()
    ours.setblocking(False)
    ended: asyncio.Future[int] = asyncio.get_running_loop().create_future()
    output = bytearray()
    with ours:
        client = ClientSocket(theirs.detach(), streams=("stdout", "stderr"), multiplexed=False)
        pid = await shim.exec(request, client)

        def tell(code: int) -> None:
            on_end(code)
            if not ended.done():
                ended.set_result(code)

        shim.when_exec_ends(request.exec_id, tell)
        try:
            async with asyncio.timeout(seconds):
                await _read(ours, output, limit_bytes)
                return Captured(await ended, bytes(output))
        except TimeoutError:
            await _kill(shim, request.exec_id, pid)
            return Captured(None, bytes(output))


async def _read(ours: socket.socket, output: bytearray, limit_bytes: int) -> None:
    loop = asyncio.get_running_loop()
    while data := await loop.sock_recv(ours, READ_BYTES):
        output += data[: max(0, limit_bytes - len(output))]


async def _kill(shim: ShimConnection, exec_id: str, pid: int) -> None:
    """SIGKILL, if it is still the process that was executed: the shim knows, because it has not reaped it."""
    with contextlib.suppress(DockyardError, ProcessLookupError):
        state = await shim.exec_state(exec_id)
        if state is not None and state.exit_code is None:
            os.kill(pid, signal.SIGKILL)
