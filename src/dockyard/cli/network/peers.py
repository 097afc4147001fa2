"""`dockyard network peers`: say which containers of an overlay network are on other hosts."""

from __future__ import annotations

from dockyard.cli.command import Command
from dockyard.cli.flags.spec import Parsed
from dockyard.cli.session import Session
from dockyard.client import networks


def run(session: Session, options: Parsed) -> int:
    """Tells the daemon of containers elsewhere, in the place of those that it knew."""
    network, *places = options.arguments
    networks.set_peers(session.client, network, [_endpoint(one) for one in places])
    return 0


def _endpoint(text: str) -> dict[str, str]:
    """`10.1.0.5@192.0.2.2` or `10.1.0.5,02:42:0a:01:00:05@192.0.2.2`; the daemon judges the addresses."""
    place, _, host = text.rpartition("@")
    address, _, mac = place.partition(",")
    return {"Address": address, "MacAddress": mac, "Host": host}


COMMAND = Command(
    "NETWORK [ADDRESS[,MAC]@HOST...]",
    "Say which containers of an overlay network are on other hosts",
    run,
    least=1,
)
