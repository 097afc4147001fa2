"""One blob on its way to a registry: there already, mounted, or sent, and sent on behind what came when it is cut.

A session that is gone is begun anew; a registry that finds the whole too large (413) gets pieces.
"""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import datetime

from dockyard.store.distribution.registry.failures import Refusal, Unreachable
from dockyard.store.distribution.registry.retry import delay_seconds
from dockyard.store.distribution.registry.uploads import Sent, UploadFile, Uploads

TOO_LARGE = 413
GONE = 404


class Upload:
    """Puts one blob into a repository. `retrying` is told of each wait, in seconds."""

    def __init__(
        self,
        uploads: Uploads,
        *,
        attempts: int,
        now: Callable[[], datetime],
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._uploads = uploads
        self._attempts = attempts
        self._now = now
        self._sleep = sleep

    async def send(self, file: UploadFile, sent: Sent, retrying: Callable[[int], None]) -> None:
        """Sends the blob. Raises Refusal, Unreachable, Untrustworthy."""
        attempt, start, pieces = 0, 0, False
        session: str | None = None
        while True:
            try:
                if session is None:
                    session, start = await self._uploads.begin(), 0
                assert session is not None
                await self._uploads.send(session, file, sent, start=start, pieces=pieces)
                return
            except (Refusal, Unreachable) as error:
                attempt += 1
                if isinstance(error, Refusal) and error.status == TOO_LARGE and not pieces:
                    pieces, session = True, None
                    continue
                gone = isinstance(error, Refusal) and error.status == GONE and session is not None
                after = error.retry_after if isinstance(error, Refusal) else ""
                delay = delay_seconds(attempt, after, self._now)
                if not (error.passing or gone) or attempt >= self._attempts or delay is None:
                    raise
            retrying(max(1, round(delay)))
            await self._sleep(delay)
            session, start = await self._resume(session, file.size)

    async def _resume(self, session: str | None, size: int) -> tuple[str | None, int]:
        """The session and how much of the blob it has; none, when it has to be begun anew."""
        if session is None:
            return None, 0
        try:
            there = await self._uploads.progress(self._uploads.session)
        except Unreachable:
            return None, 0
        if there is None or there > size:
            return None, 0
        return self._uploads.session, there
