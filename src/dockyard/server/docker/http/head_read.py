"""Letting a client read the head of an answer before the stream that follows it.

docker-py reads the head through a buffer and the stream from the socket below it: what comes in one piece with the
head is lost to it. Where a stream begins at once (a log that is read from its file), it would be lost nearly always.
"""

import asyncio

from dockyard.linux.unix_socket import unread_bytes

INTERVAL_SECONDS = 0.001
PATIENCE_SECONDS = 0.1


async def head_read(fd: int) -> None:
    """Returns when the client at `fd` has read what it was sent, or after a tenth of a second."""
    for _ in range(round(PATIENCE_SECONDS / INTERVAL_SECONDS)):
        try:
            if not unread_bytes(fd):
                return
        except OSError:
            return
        await asyncio.sleep(INTERVAL_SECONDS)
