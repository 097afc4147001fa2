"""`dockyard network connect`: bring a container into a network."""

from __future__ import annotations

from dockyard.cli.command import Command
from dockyard.cli.container.options.environment import pairs
from dockyard.cli.container.options.networks import LINK
from dockyard.cli.flags.kinds import INT, IP, LIST
from dockyard.cli.flags.spec import Flag, Parsed
from dockyard.cli.session import Session
from dockyard.client import networks

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


def run(session: Session, options: Parsed) -> int:
    """Connects a container, running or not."""
    network, container = options.arguments
    addresses = {
        "IPv4Address": options["ip"],
        "IPv6Address": options["ip6"],
        "LinkLocalIPs": options["link-local-ip"],
    }
    endpoint: dict[str, Any] = {"GwPriority": options["gw-priority"] or 0}
    found = {key: value for key, value in addresses.items() if value}
    if found:
        endpoint["IPAMConfig"] = found
    for flag, key in (("alias", "Aliases"), ("link", "Links")):
        if options[flag]:
            endpoint[key] = options[flag]
    if options["driver-opt"]:
        endpoint["DriverOpts"] = pairs(options["driver-opt"])
    networks.connect(session.client, network, {"Container": container, "EndpointConfig": endpoint})
    return 0


COMMAND = Command(
    "[OPTIONS] NETWORK CONTAINER",
    "Bring a container into a network",
    run,
    flags=(
        Flag("alias", "", LIST, "Another name for it in this network"),
        Flag("driver-opt", "", LIST, "Option of the endpoint: key=value"),
        Flag("gw-priority", "", INT, "The network with the highest is the way out"),
        Flag("ip", "", IP, "IPv4 address"),
        Flag("ip6", "", IP, "IPv6 address"),
        Flag("link", "", LINK, "A name for another container: container:name"),
        Flag("link-local-ip", "", LIST, "Link-local address"),
    ),
    least=2,
    most=2,
)
