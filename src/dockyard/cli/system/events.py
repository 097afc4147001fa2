"""`dockyard events`: what happens in the daemon, a line for each event as it comes."""

from __future__ import annotations

from dockyard.cli.command import Command
from dockyard.cli.exit import Exit
from dockyard.cli.filters import FLAG as FILTER
from dockyard.cli.filters import filters
from dockyard.cli.flags.kinds import STRING
from dockyard.cli.flags.spec import Flag, Parsed
from dockyard.cli.session import Session
from dockyard.cli.timestamps import timestamp
from dockyard.client import system
from dockyard.errors import InvalidParameter
from dockyard.wire import json_text
from dockyard.wire.template import Record, Template

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


def run(session: Session, options: Parsed) -> int:
    """Prints events until --until, or for ever."""
    layout = options["format"] or ""
    try:
        template = Template(layout) if layout and layout != "json" else None
    except InvalidParameter as error:
        raise Exit(64, f"Error parsing format: {error}") from None
    now = session.now()
    response = system.events(
        session.client,
        since=timestamp(options["since"] or "", now),
        until=timestamp(options["until"] or "", now),
        filters=filters(options["filter"]),
    )
    for event in response.values():
        if layout == "json":
            session.line(json_text.dumps(_sorted(event)))
        elif template is None:
            session.line(_line(event))
        else:
            try:
                session.line(template.render(_fields(event)))
            except InvalidParameter as error:
                raise Exit(64, f"Error parsing format: {error}") from None
        session.flush()
    return 0


def _sorted(event: Any) -> Any:
    """The event with its attributes in order, as Go writes a map."""
    actor = event.get("Actor") or {}
    attributes = actor.get("Attributes") or {}
    return {**event, "Actor": {**actor, "Attributes": {key: attributes[key] for key in sorted(attributes)}}}


def _fields(event: Any) -> Record:
    """The event by the names that its fields have in Go; as JSON it is what came."""
    lower = {"Status": "status", "ID": "id", "From": "from", "Scope": "scope", "Time": "time", "TimeNano": "timeNano"}
    named = {name: event.get(key, 0 if "Time" in name else "") for name, key in lower.items()}
    return Record("*events.Message", _sorted(event), is_row=False, hidden=named)


def _line(event: Any) -> str:
    nanoseconds = event.get("timeNano") or event.get("time", 0) * 10**9
    actor = event.get("Actor") or {}
    attributes = actor.get("Attributes") or {}
    line = f"{_moment(nanoseconds)} {event['Type']} {event['Action']} {actor.get('ID', '')}"
    if attributes:
        line += f" ({', '.join(f'{key}={attributes[key]}' for key in sorted(attributes))})"
    return line


def _moment(nanoseconds: int) -> str:
    """RFC 3339 with nine digits of fraction, local time."""
    import time

    seconds, fraction = divmod(nanoseconds, 10**9)
    local = time.localtime(seconds)
    zone = time.strftime("%z", local)
    return time.strftime("%Y-%m-%dT%H:%M:%S", local) + f".{fraction:09d}{_zone(zone)}"


def _zone(text: str) -> str:
    return "Z" if text == "+0000" else f"{text[:3]}:{text[3:]}"


COMMAND = Command(
    "[OPTIONS]",
    "Show what happens in the daemon, as it happens",
    run,
    flags=(
        FILTER,
        Flag("format", "", STRING, "Print with a Go template, or json"),
        Flag("since", "", STRING, "From this time on"),
        Flag("until", "", STRING, "Up to this time, then end"),
    ),
    most=0,
    aliases=("system events", "events"),
)
