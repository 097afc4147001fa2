"""Letting a client read the head of an answer before the stream that follows it.

docker-py reads the head through a buffer and the stream from the socket below it: what comes in one piece with the
head is lost to it, and to all that is built upon it. Docker is slow enough that it seldom happens there. The clients
that are written in Go, ours and node's keep what they have read, and aren't made to wait.
"""

import asyncio

from dockyard.linux.unix_socket import unread_bytes

CAREFUL = ("Docker-Client/", "docker/", "compose/", "Go-http-client/", "dockyard/", "podman/")
"""How the User-Agents of clients begin that lose nothing."""

INTERVAL_SECONDS = 0.0005
PATIENCE_SECONDS = 0.1


def loses_early_stream(user_agent: str) -> bool:
    """Whether a client with this User-Agent may be one that loses what comes in one piece with the head."""
    return not user_agent.startswith(CAREFUL)


async def head_read(fd: int) -> None:
    """Returns when the client at `fd` has read what it was sent, or after a tenth of a second."""
    for _ in range(round(PATIENCE_SECONDS / INTERVAL_SECONDS)):
        try:
            if not unread_bytes(fd):
                return
        except OSError:
            return
        await asyncio.sleep(INTERVAL_SECONDS)
