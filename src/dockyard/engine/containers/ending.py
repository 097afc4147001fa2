"""How a run of a container ended, and who had a hand in it: what `why` is answered from.

Kept in the container's record beyond Docker's fields, so that it outlives the daemon, and the next run. Signals are
written down before they are sent: a daemon that is killed in between has still said what it was about to do.
"""

import msgspec

from dockyard.engine.containers.health import Health

SIGNALS_KEPT = 5


class Sender(msgspec.Struct, frozen=True, rename="pascal"):
    """Who wanted a signal sent: `kind` is client or engine, `action` the verb that asked for it.

    Of a client on a unix socket `pid`, `uid` and `name` (of its program) are those of the kernel; of others `address`
    is where they come from.
    """

    kind: str
    action: str = ""
    pid: int = 0
    uid: int = -1
    name: str = ""
    address: str = ""


class SentSignal(msgspec.Struct, frozen=True, rename="pascal"):
    """A signal to the first process, and when it was sent, in nanoseconds since the epoch."""

    number: int
    sent_at_ns: int
    by: Sender


class Victim(msgspec.Struct, frozen=True, rename="pascal"):
    """The process that the kernel chose when memory ran out; `pid` as the host sees it."""

    pid: int
    name: str


class Ending(msgspec.Struct, frozen=True, rename="pascal"):
    """The end of one run, with the limits that it had at that time; sizes in bytes, 0 where there is none."""

    exit_code: int
    signal: int
    oom_killed: bool
    started_at_ns: int
    finished_at_ns: int
    error: str = ""
    signals: tuple[SentSignal, ...] = ()
    memory_limit_bytes: int = 0
    memory_peak_bytes: int = 0
    nano_cpus: int = 0
    pids_limit: int = 0
    victim: Victim | None = None
    health: Health | None = None


def with_signal(sent: tuple[SentSignal, ...], number: int, sent_at_ns: int, by: Sender) -> tuple[SentSignal, ...]:
    """The last signals of a run, with one more."""
    return (*sent, SentSignal(number, sent_at_ns, by))[-SIGNALS_KEPT:]
