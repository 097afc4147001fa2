"""The sessions of clients. A build may name one before it has come: it is waited for."""

import asyncio

from dockyard.builder.session.session import Session
from dockyard.errors import Conflict, NotFound

_WAIT_SECONDS = 5.0


class Sessions:
    """Sessions by id. Used on the event loop's thread."""

    def __init__(self) -> None:
        self._sessions: dict[str, Session] = {}
        self._changed = asyncio.Condition()

    async def add(self, session: Session) -> None:
        """One more. Raises Conflict when there is one of this id: nobody takes another client's place."""
        there = self._sessions.get(session.id)
        if there is not None and not there.caller.closed.is_set():
            raise Conflict(f"a session {session.id} exists already")
        self._sessions[session.id] = session
        async with self._changed:
            self._changed.notify_all()

    def remove(self, session: Session) -> None:
        """It is over."""
        if self._sessions.get(session.id) is session:
            del self._sessions[session.id]

    async def get(self, session_id: str) -> Session:
        """The session `session_id`, waited for a while. Raises NotFound."""
        session_id = session_id.rpartition(":")[2]
        try:
            async with asyncio.timeout(_WAIT_SECONDS), self._changed:
                while (found := self._sessions.get(session_id)) is None or found.caller.closed.is_set():
                    await self._changed.wait()
        except TimeoutError:
            raise NotFound(f"no active session for {session_id}: context deadline exceeded") from None
        return found
