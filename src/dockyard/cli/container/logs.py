"""`dockyard logs`: what a container has written, and with --follow what it goes on to write."""

from __future__ import annotations

from dockyard.cli.command import Command
from dockyard.cli.flags.kinds import BOOL, STRING
from dockyard.cli.flags.spec import Flag, Parsed
from dockyard.cli.session import STDERR, STDOUT, Session, write_all
from dockyard.cli.timestamps import timestamp
from dockyard.client import containers, stdcopy
from dockyard.errors import InvalidParameter


def run(session: Session, options: Parsed) -> int:
    """Copies the log to stdout and stderr."""
    container = containers.inspect(session.client, options.arguments[0])
    now = session.now()
    response = containers.logs(
        session.client,
        container["Id"],
        {
            "stdout": True,
            "stderr": True,
            "since": _moment(options, "since", now),
            "until": _moment(options, "until", now),
            "timestamps": options["timestamps"],
            "follow": options["follow"],
            "tail": options["tail"],
            "details": options["details"],
        },
    )
    if container["Config"]["Tty"]:
        for piece in response.pieces():
            write_all(STDOUT, piece)
        return 0
    demultiplexer = stdcopy.Demultiplexer()
    for piece in response.pieces():
        for stream, data in demultiplexer.feed(piece):
            write_all(STDOUT if stream == stdcopy.STDOUT else STDERR, data)
    return 0


def _moment(options: Parsed, flag: str, now: float) -> str | None:
    try:
        return timestamp(options[flag] or "", now) or None
    except InvalidParameter as error:
        raise InvalidParameter(f'invalid value for "{flag}": {error}') from None


COMMAND = Command(
    "[OPTIONS] CONTAINER",
    "Show what a container has written",
    run,
    flags=(
        Flag("details", "", BOOL, "Show what the log driver added"),
        Flag("follow", "f", BOOL, "Go on as it writes"),
        Flag("since", "", STRING, "From this time on: a date, or 42m for 42 minutes ago"),
        Flag("tail", "n", STRING, "Number of lines from the end", default="all"),
        Flag("timestamps", "t", BOOL, "Show times"),
        Flag("until", "", STRING, "Before this time: a date, or 42m for 42 minutes ago"),
    ),
    least=1,
    most=1,
    aliases=("container logs", "logs"),
)
