"""The stream waits for a client that hasn't read the head of the answer, but not for ever."""

import asyncio
import socket
import time

from dockyard.server.docker.http.head_read import PATIENCE_SECONDS, head_read


async def test_waits_until_what_was_sent_is_read() -> None:
    ours, theirs = socket.socketpair()
    with ours, theirs:
        await asyncio.wait_for(head_read(ours.fileno()), PATIENCE_SECONDS / 2)  # nothing to read
        ours.sendall(b"HTTP/1.1 101 UPGRADED")
        waiting = asyncio.ensure_future(head_read(ours.fileno()))
        await asyncio.sleep(0.005)
        assert not waiting.done()
        theirs.recv(100)
        await asyncio.wait_for(waiting, PATIENCE_SECONDS)


async def test_doesnt_wait_for_ever_nor_for_a_client_that_has_gone() -> None:
    ours, theirs = socket.socketpair()
    with ours:
        ours.sendall(b"x")
        began = time.monotonic()
        await head_read(ours.fileno())
        assert time.monotonic() - began >= PATIENCE_SECONDS
        theirs.close()
        await head_read(ours.fileno())
