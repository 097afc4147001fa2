"""Asks a client for files of one of its directories."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from urllib.parse import quote_plus

from dockyard.builder.session.filesync.receive import receive
from dockyard.builder.session.filesync.stream import GrpcPackets
from dockyard.builder.session.session import Session, asked
from dockyard.errors import InvalidParameter
from dockyard.rpc.call import leave

DIFF_COPY = "/moby.filesync.v1.FileSync/DiffCopy"


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which files of the client's directory `name`. `follow`: these paths with what their links lead to; none for all.

    `excludes`: patterns as in `.dockerignore`.
    """

    name: str
    follow: Sequence[str] = ()
    includes: Sequence[str] = ()
    excludes: Sequence[str] = ()


async def receive_files(session: Session, wanted: Wanted, directory: str, moved: Callable[[int], None]) -> None:
    """Make `directory` what the client has; what is there already isn't sent. `moved` is told how many bytes came.

    Raises NotFound when the client has no such directory, InvalidParameter when it serves no files or breaks the
    protocol, SystemFailure or Unavailable when it is gone or the disk refuses.
    """
    if not session.serves(DIFF_COPY):
        raise InvalidParameter("no local sources enabled")
    with asked(f"receiving {wanted.name}"):
        async with session.caller.open(DIFF_COPY, list(_headers(wanted))) as stream:
            packets = GrpcPackets(stream)
            await receive(packets, directory, progress=moved)
            await leave(stream)


def _headers(wanted: Wanted) -> Iterator[tuple[str, str]]:
    yield from _encoded("dir-name", [wanted.name])
    yield from _encoded("followpaths", wanted.follow)
    yield from _encoded("include-patterns", wanted.includes)
    yield from _encoded("exclude-patterns", wanted.excludes)


def _encoded(key: str, values: Sequence[str]) -> Iterator[tuple[str, str]]:
    """Values that aren't printable ASCII are quoted, and it is said that they are."""
    quoted = any(not value.isascii() or not value.isprintable() for value in values)
    for value in values:
        yield key, quote_plus(value, errors="surrogateescape") if quoted else value
    if quoted:
        yield f"{key}-encoded", "1"
