"""Which server is asked when: by order of preference, those that don't answer last. Pure but for the clock it is given.

The order that the user or the host gave counts, because the first server may know names that the others deny. So they
are asked one after another with a short delay, not all at once; a server that was silent twice in a row is ill, and
for half a minute is asked only after those that are well. Then it gets its place back, and one chance.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from dockyard.network.resolver.values import Server

STAGGER_SECONDS: Final = 0.4
"""So long a server is alone with the question before the next gets it too."""

ROUND_SECONDS: Final = 2.0
"""All are asked again after so long: a packet may be lost."""

ROUNDS: Final = 2
DEADLINE_SECONDS: Final = 4.5
"""Clients wait 5 s (resolv.conf(5), timeout)."""

MAX_SERVERS: Final = 6
ILL_AFTER: Final = 2
ILL_SECONDS: Final = 30.0


@dataclass(frozen=True, slots=True)
class Attempt:
    """Ask `server` so many seconds after the question came; `rank` is its place in the order, 0 the first."""

    after_seconds: float
    rank: int
    server: Server


@dataclass(slots=True)
class _Health:
    silences: int = 0
    last_silence: float = 0.0


class Upstreams:
    """The health of the servers of one sandbox."""

    def __init__(self, clock: Callable[[], float]) -> None:
        """`clock` gives seconds that only grow."""
        self._clock = clock
        self._health: dict[Server, _Health] = {}

    def plan(self, servers: Sequence[Server]) -> list[Attempt]:
        """When to ask whom, unless an answer comes before."""
        usable = list(dict.fromkeys(servers))[:MAX_SERVERS]
        order = sorted(usable, key=self.is_ill)  # stable: among the well, and among the ill, the given order
        stagger = min(STAGGER_SECONDS, ROUND_SECONDS / max(1, len(order)))
        return [
            Attempt(turn * ROUND_SECONDS + rank * stagger, rank, server)
            for turn in range(ROUNDS)
            for rank, server in enumerate(order)
        ]

    def answered(self, server: Server) -> None:
        """It is well."""
        self._health.pop(server, None)

    def was_silent(self, server: Server) -> None:
        """It had a question long enough, and didn't answer."""
        health = self._health.setdefault(server, _Health())
        health.silences += 1
        health.last_silence = self._clock()

    def is_ill(self, server: Server) -> bool:
        """Whether it is to be asked last."""
        health = self._health.get(server)
        if health is None or health.silences < ILL_AFTER:
            return False
        if self._clock() - health.last_silence < ILL_SECONDS:
            return True
        health.silences = ILL_AFTER - 1  # one more chance
        return False

    def keep_only(self, servers: Sequence[Server]) -> None:
        """Forget what is known of others."""
        for server in set(self._health) - set(servers):
            del self._health[server]
