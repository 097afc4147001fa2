"""Firewalls of the host that published ports go past, so that users can be told when they publish one. Pure.

A firewall for the host itself drops or rejects what comes *in* (the hook `input`). A published port is led on to a
container before that (the hook `forward`), and whoever wrote "only port 22" doesn't expect it to be open.

https://docs.docker.com/engine/network/packet-filtering-firewalls/#docker-and-ufw
"""

import re
from collections.abc import Iterable
from ipaddress import ip_address
from typing import Final

from dockyard.network.attachment import PortRequest
from dockyard.network.firewall.foreign import FIREWALLD, dropping_chains

_FAMILIES: Final = ("ip", "ip6", "inet")
_UFW: Final = re.compile(r"chain ufw6?-")


def closed_firewalls(listing: str) -> list[str]:
    """What closes the host by default, in words, from the answer to `list chains`."""
    found = []
    for chain in dropping_chains(listing, "input", _FAMILIES):
        name = f"chain {chain.chain} of table {chain.family} {chain.table}"
        if chain.table == FIREWALLD:
            name = FIREWALLD
        elif chain.table == "filter" and chain.chain == "INPUT" and _UFW.search(listing):
            name = "ufw"
        found.append(name)
    return list(dict.fromkeys(found))


def is_open_to_others(requests: Iterable[PortRequest], default_host_ip: str) -> bool:
    """Whether any port is published beyond the host's loopback."""
    return any(not ip_address(request.host_ip or default_host_ip).is_loopback for request in requests)


def warning(firewalls: Iterable[str]) -> str:
    """For the user who publishes a port."""
    names = " and ".join(firewalls)
    return (
        f"Published ports are reachable from other hosts, although {names} closes this one by default. Publish on "
        "127.0.0.1 to keep them to this host, or put rules into the chain forward of nftables' table inet dockyard-user"
    )
