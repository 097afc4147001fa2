"""`dockyard network create`: make a network."""

from __future__ import annotations

from dockyard.cli.command import Command
from dockyard.cli.container.options.environment import LABEL, pairs
from dockyard.cli.flags.kinds import BOOL, LIST, STRING
from dockyard.cli.flags.spec import Flag, Parsed
from dockyard.cli.network.address_blocks import address_blocks
from dockyard.cli.session import Session
from dockyard.client import networks


def run(session: Session, options: Parsed) -> int:
    """Makes a network and prints its id."""
    blocks = address_blocks(options["subnet"], options["ip-range"], options["gateway"], pairs(options["aux-address"]))
    body = {
        "Name": options.arguments[0],
        "Driver": options["driver"],
        "Options": pairs(options["opt"]),
        "IPAM": {"Driver": options["ipam-driver"], "Config": blocks, "Options": pairs(options["ipam-opt"])},
        "Internal": options["internal"],
        "Attachable": options["attachable"],
        "Ingress": options["ingress"],
        "Scope": options["scope"],
        "ConfigOnly": options["config-only"],
        "Labels": pairs(options["label"]),
    }
    if options["config-from"]:
        body["ConfigFrom"] = {"Network": options["config-from"]}
    for flag, key in (("ipv4", "EnableIPv4"), ("ipv6", "EnableIPv6")):
        if flag in options.changed:
            body[key] = options[flag]
    answer = networks.create(session.client, body)
    if answer.get("Warning"):
        session.error(f"WARNING: {answer['Warning']}")
    session.line(answer["Id"])
    return 0


COMMAND = Command(
    "[OPTIONS] NETWORK",
    "Make a network",
    run,
    flags=(
        Flag("attachable", "", BOOL, "Let containers be attached by hand (clusters)"),
        Flag("aux-address", "", LIST, "Addresses that the driver or others use: name=address"),
        Flag("config-from", "", STRING, "Network to take the configuration from"),
        Flag("config-only", "", BOOL, "Make a configuration for other networks"),
        Flag("driver", "d", STRING, "Driver", default="bridge"),
        Flag("gateway", "", LIST, "Gateway of a subnet"),
        Flag("ingress", "", BOOL, "Make the routing mesh of a cluster"),
        Flag("internal", "", BOOL, "Close the network to the outside"),
        Flag("ip-range", "", LIST, "Part of a subnet from which containers get addresses"),
        Flag("ipam-driver", "", STRING, "Driver that manages addresses", default="default"),
        Flag("ipam-opt", "", LIST, "Option of that driver: key=value"),
        Flag("ipv4", "", BOOL, "Give containers IPv4 addresses", default=True),
        Flag("ipv6", "", BOOL, "Give containers IPv6 addresses"),
        Flag("label", "", LABEL, "Label: key=value"),
        Flag("opt", "o", LIST, "Option of the driver: key=value"),
        Flag("scope", "", STRING, "Scope: local or swarm"),
        Flag("subnet", "", LIST, "Addresses of the network: 10.1.0.0/16"),
    ),
    least=1,
    most=1,
)
