"""The stream waits for a client that hasn't read the head of the answer, but not for ever."""

import asyncio
import socket
import time

import pytest

from dockyard.server.docker.http.head_read import PATIENCE_SECONDS, head_read, loses_early_stream


@pytest.mark.parametrize(
    ("user_agent", "loses"),
    [
        ("docker-sdk-python/7.1.0", True),
        ("tc-python/4.15.0", True),
        ("", True),
        ("Docker-Client/28.0.1 (linux)", False),
        ("compose/v2.40.3", False),
        ("Go-http-client/1.1", False),
    ],
)
def test_only_clients_that_may_lose_something_are_waited_for(user_agent: str, loses: bool) -> None:
    assert loses_early_stream(user_agent) is loses


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
