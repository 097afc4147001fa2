"""One question to all servers, as `upstreams` plans it: the first answer that settles the matter is the one.

"There is no such name" from a server settles it only if no server before it in the order may still know better. What a
server can't do or won't (SERVFAIL, REFUSED) lets the next one try; if none does better, the client gets that.
"""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from typing import Final

from dockyard.network.resolver.answer import Forward
from dockyard.network.resolver.exchange import OpenSocket, Reply, ask
from dockyard.network.resolver.upstreams import (
    DEADLINE_SECONDS,
    ROUND_SECONDS,
    STAGGER_SECONDS,
    Attempt,
    Upstreams,
)
from dockyard.network.resolver.values import PORT, Server

PATIENCE_SECONDS: Final = 1.9
"""So long a server may take before it counts as silent."""


class Forwarder:
    """Asks the servers of one sandbox."""

    def __init__(self, upstreams: Upstreams, open_socket: Callable[[Server], OpenSocket], port: int = PORT) -> None:
        """`open_socket` says from where a server is asked; `port` is that of all servers."""
        self._upstreams = upstreams
        self._open_socket = open_socket
        self._port = port

    async def resolve(self, question: Forward, servers: tuple[Server, ...], *, tcp: bool) -> bytes:
        """The answer for the client, in the end that there is none; takes at most DEADLINE_SECONDS."""
        race = _Race(self._upstreams.plan(servers))
        tasks = [asyncio.ensure_future(self._try(question, attempt, race, tcp)) for attempt in race.attempts]
        try:
            with suppress(TimeoutError):
                async with asyncio.timeout(DEADLINE_SECONDS):
                    await race.settled.wait()
        finally:
            for task in tasks:
                task.cancel()
        best = race.best()
        return best.wire if best is not None else question.failure()

    async def _try(self, question: Forward, attempt: Attempt, race: "_Race", tcp: bool) -> None:
        server = attempt.server
        await race.wait_for_turn(attempt)
        if race.settled.is_set():  # an answer can be there before the next attempt has even begun
            return
        loop = asyncio.get_running_loop()
        began = loop.time()
        reply: Reply | None = None
        try:
            async with asyncio.timeout(PATIENCE_SECONDS):
                reply = await ask(question, (server.address, self._port), self._open_socket(server), tcp=tcp)
            self._upstreams.answered(server)
        except OSError:  # a timeout is one
            self._upstreams.was_silent(server)
        except asyncio.CancelledError:
            if loop.time() - began >= STAGGER_SECONDS:  # another one was asked later and answered first
                self._upstreams.was_silent(server)
            raise
        race.done(attempt, reply)


class _Race:
    """The attempts at one question, and what came of them."""

    def __init__(self, attempts: list[Attempt]) -> None:
        self.attempts = attempts
        self.settled = asyncio.Event()
        self._open = set(attempts)
        self._replies: dict[int, Reply] = {}
        self._hurry = asyncio.Event()
        if not attempts:
            self.settled.set()

    async def wait_for_turn(self, attempt: Attempt) -> None:
        """Until it is due, or all before it have failed."""
        loop = asyncio.get_running_loop()
        due = loop.time() + attempt.after_seconds
        index = self.attempts.index(attempt)
        while (left := due - loop.time()) > 0 and any(other in self._open for other in self.attempts[:index]):
            with suppress(TimeoutError):
                async with asyncio.timeout(left):
                    await self._hurry.wait()
            self._hurry.clear()

    def done(self, attempt: Attempt, reply: Reply | None) -> None:
        """An attempt has ended, with an answer or without."""
        self._open.discard(attempt)
        if reply is not None:
            self._replies.setdefault(attempt.rank, reply)
        if reply is not None and reply.is_positive:
            self._replies = {0: reply}
            self.settled.set()
        elif self._is_settled():
            self.settled.set()
        else:
            self._hurry.set()

    def _is_settled(self) -> bool:
        """Whether no open attempt can change the outcome, or none is left."""
        first = min((rank for rank, reply in self._replies.items() if reply.is_conclusive), default=None)
        return not self._open or (first is not None and not any(_outranks(other, first) for other in self._open))

    def best(self) -> Reply | None:
        """The answer of the first server that settles the matter; else of the first that says anything."""
        ranked = [self._replies[rank] for rank in sorted(self._replies)]
        return next((reply for reply in ranked if reply.is_conclusive), ranked[0] if ranked else None)


def _outranks(attempt: Attempt, rank: int) -> bool:
    """Whether a server that comes before `rank` still has its first chance."""
    return attempt.rank < rank and attempt.after_seconds < ROUND_SECONDS
