"""What happens while a build runs, as values: steps with their beginning and end, amounts, output, warnings.

Times are nanoseconds since 1970, None for what hasn't happened. A step comes again whenever something about it changes.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Step:
    """A vertex of the graph: `[2/3] RUN make`. error: why it failed; group: what several steps are shown as."""

    digest: str
    name: str
    inputs: tuple[str, ...] = ()
    started_ns: int | None = None
    completed_ns: int | None = None
    cached: bool = False
    error: str = ""
    group_id: str = ""
    group_name: str = ""
    group_weak: bool = False


@dataclass(frozen=True, slots=True)
class Amount:
    """How far a part of a step is: `transferring context:`, in bytes; total 0 where it isn't known."""

    id: str
    step: str
    name: str
    current: int
    total: int
    at_ns: int
    started_ns: int | None = None
    completed_ns: int | None = None


@dataclass(frozen=True, slots=True)
class Written:
    """What a step has written; stream 1 is stdout, 2 stderr."""

    step: str
    stream: int
    data: bytes
    at_ns: int


@dataclass(frozen=True, slots=True)
class Source:
    """Lines of a file: `data` is the whole of it, `ranges` are (first, last) lines from 1, columns from 0 on."""

    filename: str
    data: bytes
    ranges: tuple[tuple[tuple[int, int], tuple[int, int]], ...]
    language: str = ""


@dataclass(frozen=True, slots=True)
class Warned:
    """A lint warning: `short` is the line, `detail` explains, `url` tells more."""

    step: str
    level: int
    short: str
    detail: tuple[str, ...] = ()
    url: str = ""
    source: Source | None = None


@dataclass(frozen=True, slots=True)
class Update:
    """What is new."""

    steps: tuple[Step, ...] = ()
    amounts: tuple[Amount, ...] = ()
    written: tuple[Written, ...] = ()
    warnings: tuple[Warned, ...] = ()


Progress = Callable[[Update], None]


def update_of(response: Any) -> Update:
    """The value of a `moby.buildkit.v1.StatusResponse`."""
    return Update(
        tuple(_step(one) for one in response.vertexes),
        tuple(_amount(one) for one in response.statuses),
        tuple(Written(one.vertex, one.stream, one.msg, _ns(one, "timestamp") or 0) for one in response.logs),
        tuple(_warned(one) for one in response.warnings),
    )


def _step(one: Any) -> Step:
    group = one.progressGroup if one.HasField("progressGroup") else None
    return Step(
        one.digest, one.name, tuple(one.inputs), _ns(one, "started"), _ns(one, "completed"), one.cached, one.error,
        group.id if group else "", group.name if group else "", group.weak if group else False,
    )  # fmt: skip


def _amount(one: Any) -> Amount:
    return Amount(
        one.ID, one.vertex, one.name, one.current, one.total, _ns(one, "timestamp") or 0, _ns(one, "started"),
        _ns(one, "completed"),
    )  # fmt: skip


def _warned(one: Any) -> Warned:
    source = None
    if one.HasField("info"):
        ranges = tuple(
            ((each.start.line, each.start.character), (each.end.line, each.end.character)) for each in one.ranges
        )
        source = Source(one.info.filename, one.info.data, ranges, one.info.language)
    short, detail = _text(one.short), tuple(_text(each) for each in one.detail)
    return Warned(one.vertex, one.level, short, detail, one.url, source)


def _ns(message: Any, name: str) -> int | None:
    if not message.HasField(name):
        return None
    time = getattr(message, name)
    return int(time.seconds) * 10**9 + int(time.nanos)


def _text(data: bytes) -> str:
    return data.decode("utf-8", "replace")
