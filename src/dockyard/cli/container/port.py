"""`dockyard port`: where the ports of a container are published."""

from __future__ import annotations

from dockyard.cli.command import Command
from dockyard.cli.container.port_text import joined
from dockyard.cli.exit import Exit
from dockyard.cli.flags.kinds import unsigned16
from dockyard.cli.flags.spec import Parsed
from dockyard.cli.session import Session
from dockyard.client import containers


def run(session: Session, options: Parsed) -> int:
    """Prints all published ports, or where one port is published."""
    name, *rest = options.arguments
    ports = (containers.inspect(session.client, name).get("NetworkSettings") or {}).get("Ports") or {}
    if rest:
        wanted = _port(rest[0])
        found = [joined(place.get("HostIp") or "", place["HostPort"]) for place in ports.get(wanted) or ()]
        if not found:
            raise Exit(1, f"Error: No public port '{rest[0]}' published for {name}")
    else:
        found = [
            f"{port} -> {joined(place.get('HostIp') or '', place['HostPort'])}"
            for port, places in ports.items()
            for place in places or ()
        ]
        found.sort(key=_order)
    for line in sorted(found) if rest else found:
        session.line(line)
    return 0


def _order(line: str) -> tuple[int, str]:
    return int(line.partition("/")[0]), line


def _port(text: str) -> str:
    number, slash, protocol = text.partition("/")
    try:
        unsigned16(number)
    except ValueError as error:
        raise Exit(1, f"Error: invalid port ({number}): {error}") from None
    return f"{number}/{protocol if slash else 'tcp'}"


COMMAND = Command(
    "CONTAINER [PRIVATE_PORT[/PROTO]]",
    "List the published ports of a container",
    run,
    least=1,
    most=2,
    aliases=("container port", "port"),
)
