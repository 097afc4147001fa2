"""`GET /containers/{id}/logs`."""

from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing
from urllib.parse import quote_plus

from dockyard.api.frames import STDERR, STDOUT, SYSTEM_ERROR, frame
from dockyard.api.media_types import MULTIPLEXED_STREAM, RAW_STREAM
from dockyard.engine.logs.entries import LogEntry
from dockyard.engine.logs.read import LogOptions
from dockyard.engine.timestamps import rfc3339
from dockyard.errors import InvalidParameter
from dockyard.server.docker.call import Call
from dockyard.server.docker.http.answers import Answer, StreamAnswer
from dockyard.server.docker.http.coalesce import coalesce
from dockyard.server.docker.http.query import bounded_decimal
from dockyard.server.docker.timestamps import parse_unix_timestamp

NANOSECOND_TIME_LENGTH = len("2006-01-02T15:04:05.000000000Z")


async def container_logs(call: Call) -> Answer:
    """The container's output: frames for stdout and stderr, or plain bytes when it has a terminal."""
    query = call.query
    stdout, stderr = query.flag("stdout"), query.flag("stderr")
    if not stdout and not stderr:
        raise InvalidParameter("must specify at least one of 'stdout' or 'stderr'")
    options = LogOptions(
        stdout=stdout,
        stderr=stderr,
        follow=query.flag("follow"),
        since_ns=parse_unix_timestamp(query.text("since"), "since") or 0,
        until_ns=parse_unix_timestamp(query.text("until"), "until") or 0,
        tail=parse_tail(query.text("tail")),
    )
    container = call.engine.containers.get(call.name)
    entries = call.engine.containers.logs(container.id, options)
    multiplexed = not container.config.tty
    named_multiplexed = multiplexed and call.version >= (1, 42)
    pieces = coalesce(_pieces(entries, multiplexed, query.flag("timestamps"), query.flag("details")))
    return StreamAnswer(
        pieces,
        MULTIPLEXED_STREAM if named_multiplexed else RAW_STREAM,
        immediate=True,
        epilogue=lambda error: _failure(error, multiplexed),
    )


def parse_tail(text: str) -> int:
    """The number of lines from the end; -1 (everything) for `all`, an empty text, and what isn't a number."""
    number = bounded_decimal(text) if text.isascii() and text.isdigit() else None
    return -1 if number is None else number


async def _pieces(
    entries: AsyncGenerator[LogEntry, None], multiplexed: bool, timestamps: bool, details: bool
) -> AsyncIterator[bytes]:
    async with aclosing(entries):
        async for entry in entries:
            line = entry.line
            if details:
                line = _attributes(entry.attributes or {}) + b" " + line
            if timestamps:
                line = _time(entry).encode() + b" " + line
            yield frame(STDERR if entry.stream == "stderr" else STDOUT, line) if multiplexed else line


def _failure(error: BaseException, multiplexed: bool) -> bytes:
    message = f"Error grabbing logs: {error}\n".encode()
    return frame(SYSTEM_ERROR, message) if multiplexed else message


def _attributes(attributes: dict[str, str]) -> bytes:
    return ",".join(f"{quote_plus(key)}={quote_plus(value)}" for key, value in sorted(attributes.items())).encode()


def _time(entry: LogEntry) -> str:
    return fixed_nanoseconds(entry.time or rfc3339(entry.nanoseconds))


def fixed_nanoseconds(time: str) -> str:
    """RFC 3339 in UTC with exactly nine decimals, so that all lines line up."""
    if len(time) == NANOSECOND_TIME_LENGTH or not time.endswith("Z"):
        return time
    seconds, _, fraction = time[:-1].partition(".")
    return f"{seconds}.{fraction:0<9.9}Z"
