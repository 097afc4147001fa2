"""What a log driver is, in the words that all of them use.

    Subject     the container, as far as drivers care: names, labels, variables
    Options     what the user gave with --log-opt
    Driver      a driver's entry in the table: which options it has, whether it is a file of the shim's or a sink
    Sink        where a driver of the second kind sends entries

A sink is made when there is something to send. `send` returns when the receiver has what it was given, as far as the
protocol lets one know; whatever it raises means that the same entries are given again, to a sink that was made anew. So
entries arrive at least once, and those of one container in their order.
"""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple, Protocol

from dockyard.logdrivers.local_entries import Entry

Options = Mapping[str, str]

COMMON_OPTIONS = frozenset(("env", "env-regex", "labels", "labels-regex", "tag"))
"""Options of every driver that sends or writes attributes (logger.Info.ExtraAttributes, loggerutils.ParseLogTag)."""


@dataclass(frozen=True, slots=True)
class Subject:
    """The container whose log it is.

    image_id: with `sha256:`. path, arguments: its command. created_ns: since the epoch. hostname: of the machine.
    """

    container_id: str
    name: str
    image_id: str
    image_name: str
    path: str
    arguments: tuple[str, ...]
    created_ns: int
    hostname: str
    labels: Mapping[str, str]
    env: tuple[str, ...]
    daemon_name: str = "docker"

    @property
    def command(self) -> str:
        """Path and arguments as one line."""
        return " ".join((self.path, *self.arguments))

    @property
    def variables(self) -> dict[str, str]:
        """The environment by name."""
        return dict(entry.partition("=")[::2] for entry in self.env if "=" in entry)


class EntriesRefused(Exception):
    """The receiver will never take these entries: they are given up, and the log says so."""


class Patience(NamedTuple):
    """How often entries are sent before they are given up (None for ever), and how long between two tries.

    The first wait is `wait_seconds`; each next one is `growth` times as long, up to `longest_wait_seconds`.
    """

    attempts: int | None = None
    wait_seconds: float = 0.1
    longest_wait_seconds: float = 5.0
    growth: float = 2.0

    @classmethod
    def of_datagrams(cls) -> "Patience":
        """For UDP, which promises nothing: a receiver that is started again within ten seconds misses nothing."""
        return cls(attempts=12, wait_seconds=0.1, longest_wait_seconds=1.0)

    def wait_after(self, attempt: int) -> float | None:
        """Seconds to wait after `attempt` (from 1) has failed; None when that was the last one."""
        if self.attempts is not None and attempt >= self.attempts:
            return None
        return min(self.wait_seconds * self.growth ** min(attempt - 1, 64), self.longest_wait_seconds)


class Sink(Protocol):
    """One connection, or what stands for it, to where entries go."""

    confirmed: bool
    """Whether the receiver itself says what it has, so that nothing is in doubt when it dies."""

    patience: Patience

    @property
    def broken(self) -> asyncio.Event | None:
        """Set when the receiver has gone; None where that can't be known before something is sent."""

    async def open(self) -> None:
        """Connects. OSError, or DockyardError when the receiver refuses."""

    async def send(self, entries: Sequence[Entry]) -> None:
        """Returns when the receiver has `entries`. Raises as `open`; EntriesRefused."""

    async def close(self) -> None:
        """Lets go; never raises."""


@dataclass(frozen=True, slots=True)
class Driver:
    """A driver by name.

    check: raises InvalidParameter for options that `docker create` refuses (`mode` and what is about the cache are
        checked by the table).
    begin: raises InvalidParameter for what Docker refuses only at the start of a container.
    sends: it has a sink (`dockyard.logdrivers.sinks`); the others are files of the shim's.
    """

    name: str
    check: Callable[[Options], None]
    begin: Callable[[Options, Subject], None]
    sends: bool = False
