"""Keeps strangers' datagrams out of an overlay network: a table of nftables that knows the hosts it may come from.

The kernel takes a VXLAN datagram from anybody who can reach the port, containers of other networks among them, and
would put the frame in it into the network. Dropped before routing, by number and sender; a sender is believed only
where the way back to it is: a container can write any address into its datagrams (CAP_NET_RAW).

    udp dport 4789, VXLAN number N, sender not in `peers`, or not on the link that leads to it  ► drop
"""

from collections.abc import Iterable
from typing import Final

from dockyard.errors import DockyardError
from dockyard.linux.netlink.vxlan import Vxlan
from dockyard.linux.nftables import Nftables

_VNI_OFFSET_BITS: Final = 96
_VNI_BITS: Final = 24


class Gate:
    """The table of one network."""

    def __init__(self, nftables: Nftables, link: str, vxlan: Vxlan) -> None:
        """Nothing is in the kernel before `admit`; `link` is the VXLAN link, after which the table is named."""
        self._nftables = nftables
        self._table = f"inet dockyard-{link}"
        self._vxlan = vxlan
        self._listing = ""

    def admit(self, hosts: Iterable[str]) -> None:
        """Let in what comes from these addresses, and nothing else; repeated, it mends what others changed.

        Raises:
            SystemFailure: nftables refuses.
        """
        rules = gate_rules(self._table, self._vxlan, tuple(hosts))
        if self._listing and self._listing == rules + self._list():
            return
        self._nftables.run(rules)
        self._listing = rules + self._list()

    def owns(self, table: str) -> bool:
        """Whether a table of that name is this one."""
        return f"inet {table}" == self._table

    def remove(self) -> None:
        """The table goes."""
        self._nftables.run(f"add table {self._table}\ndelete table {self._table}\n")

    def _list(self) -> str:
        try:
            return self._nftables.run(f"list table {self._table}")
        except DockyardError:
            return ""


def gate_rules(table: str, vxlan: Vxlan, hosts: tuple[str, ...]) -> str:
    """One transaction that makes the table anew. Pure."""
    wanted = f"udp dport {vxlan.port} @th,{_VNI_OFFSET_BITS},{_VNI_BITS} {vxlan.vni}"
    accepted = ""
    for family, addresses in (
        ("ip", [one for one in hosts if ":" not in one]),
        ("ip6", [h for h in hosts if ":" in h]),
    ):
        if addresses:
            accepted += f"    {wanted} {family} saddr {{ {', '.join(addresses)} }} fib saddr . iif oif exists accept\n"
    return f"""add table {table}
delete table {table}
table {table} {{
  chain raw {{
    type filter hook prerouting priority raw; policy accept;
{accepted}    {wanted} drop
  }}
}}
"""
