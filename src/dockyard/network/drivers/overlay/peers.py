"""Who is where on other hosts: the contract between the driver and whoever knows, and its translation for the kernel.

Two ways, which go together:

- *hosts* are those of the network. What is for everybody, and for nobody known, goes to each of them, and the links
  learn from what comes back who is where. That is all that a fixed list of hosts needs (`--overlay-peer`).
- *endpoints* are containers on other hosts, one by one. Frames go straight there, and questions for their addresses
  are answered on this host. That is what a cluster knows.

Pure.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from dockyard.linux.netlink.neighbor import NOBODY, Neighbor
from dockyard.network.attachment import RemoteEndpoint

Tunnel = tuple[str, str]
"""(MAC address, host): an entry of a VXLAN link's forwarding table."""


@dataclass(frozen=True, slots=True)
class Peers:
    """All that is known of other hosts for one network."""

    hosts: tuple[str, ...] = ()
    endpoints: tuple[RemoteEndpoint, ...] = ()

    @property
    def senders(self) -> tuple[str, ...]:
        """The hosts from which frames may come, in order."""
        return tuple(sorted({*self.hosts, *(one.host for one in self.endpoints)}))

    @property
    def tunnels(self) -> frozenset[Tunnel]:
        """The entries that the forwarding table shall have."""
        flooded = {(NOBODY, host) for host in self.hosts}
        return frozenset(flooded | {(one.mac, one.host) for one in self.endpoints})


@dataclass(frozen=True, slots=True)
class Changes:
    """What brings the forwarding table from what it is to what it shall be; removals come first."""

    removed: Sequence[Tunnel]
    added: Sequence[Tunnel]


def plan_tunnels(present: Iterable[Neighbor], wanted: Peers) -> Changes:
    """The changes of a forwarding table; what the link has learned by itself is left to it.

    Args:
        present: the entries of the table.
        wanted: what it shall tell.
    """
    ours = {(one.mac, one.address) for one in present if one.permanent and one.address}
    return Changes(sorted(ours - wanted.tunnels), sorted(wanted.tunnels - ours))
