"""The text of a bridge's nftables table, in the grammar of nft(8). Pure.

One table a bridge, named after it, of family `ip`: engines side by side, other firewalls and their reloads never touch
it by accident, and a network is gone with one `delete table`. Published ports are elements of two maps, so that their
number costs a packet nothing and publishing is one small atomic command:

    published_any   protocol . host port                  ► container address . port      (0.0.0.0)
    published_at    host address . protocol . host port   ► container address . port      (one address only)

    packet for a local address ─ prerouting/output ─► publish: dnat by map
    to the bridge              ─ forward ─► answers, neighbours (if icc), what publish has led here; nothing else
    to the bridge, hairpin     ─ postrouting ─► source becomes the bridge, so that the answer comes back this way
    from the subnet to outside ─ postrouting ─► source becomes the host
    loopback addresses on the bridge ─ raw ─► dropped: route_localnet, which 127.0.0.1:PORT needs, opens no door

The source address of clients from outside is not changed: the container sees them.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from dockyard.network.attachment import PublishedPort

ANY = "0.0.0.0"


@dataclass(frozen=True, slots=True)
class BridgeRules:
    """What the table of a bridge depends on, beside its published ports.

    Attributes:
        bridge: name of the link.
        subnet: "172.17.0.0/16".
        icc: whether containers on the bridge may talk to each other.
        masquerade: whether they appear with the host's address outside.
    """

    bridge: str
    subnet: str
    icc: bool = True
    masquerade: bool = True

    @property
    def table(self) -> str:
        """Family and name of the table."""
        return f"ip dockyard-{self.bridge}"


@dataclass(frozen=True, slots=True)
class Target:
    """Where a published port leads."""

    published: PublishedPort
    container_ip: str


def replace_table(rules: BridgeRules, targets: Iterable[Target]) -> str:
    """One transaction that makes the table anew with all its ports, whatever was there. Running connections stay."""
    name = rules.table
    # "add" before "delete", because deleting what isn't there is an error.
    return f"add table {name}\ndelete table {name}\n{_table(rules)}{add_targets(rules, targets)}"


def delete_table(rules: BridgeRules) -> str:
    """The table goes; fine if there is none."""
    return f"add table {rules.table}\ndelete table {rules.table}\n"


def add_targets(rules: BridgeRules, targets: Iterable[Target]) -> str:
    """Publish ports."""
    return "".join(f"add element {rules.table} {_map_of(target)} {{ {_element(target)} }}\n" for target in targets)


def delete_targets(rules: BridgeRules, targets: Iterable[Target]) -> str:
    """Publish them no longer."""
    return "".join(f"delete element {rules.table} {_map_of(target)} {{ {_element(target)} }}\n" for target in targets)


def _map_of(target: Target) -> str:
    return "published_any" if target.published.host_ip == ANY else "published_at"


def _element(target: Target) -> str:
    port = target.published
    key = f"{port.protocol} . {port.host_port}"
    if port.host_ip != ANY:
        key = f"{port.host_ip} . {key}"
    return f"{key} : {target.container_ip} . {port.container_port}"


def _table(rules: BridgeRules) -> str:
    bridge = f'"{rules.bridge}"'
    neighbours = f"iifname {bridge} accept" if rules.icc else ""
    outgoing = f"oifname != {bridge} ip saddr {rules.subnet} masquerade" if rules.masquerade else ""
    protocols = "meta l4proto { tcp, udp, sctp }"
    return f"""table {rules.table} {{
  map published_any {{ type inet_proto . inet_service : ipv4_addr . inet_service; }}
  map published_at {{ type ipv4_addr . inet_proto . inet_service : ipv4_addr . inet_service; }}
  chain raw {{
    type filter hook prerouting priority raw; policy accept;
    iifname {bridge} ip daddr 127.0.0.0/8 drop
    iifname {bridge} ip saddr 127.0.0.0/8 drop
  }}
  chain publish {{
    {protocols} dnat ip to ip daddr . meta l4proto . th dport map @published_at
    {protocols} dnat ip to meta l4proto . th dport map @published_any
  }}
  chain prerouting {{
    type nat hook prerouting priority dstnat; policy accept;
    ip daddr != 127.0.0.0/8 fib daddr type local jump publish
  }}
  chain output {{
    type nat hook output priority -100; policy accept;
    fib daddr type local jump publish
  }}
  chain to_bridge {{
    ct state established,related accept
    {neighbours}
    ct status dnat accept
    drop
  }}
  chain forward {{
    type filter hook forward priority filter; policy accept;
    oifname {bridge} jump to_bridge
  }}
  chain postrouting {{
    type nat hook postrouting priority srcnat; policy accept;
    {outgoing}
    oifname {bridge} ip saddr 127.0.0.0/8 masquerade
    oifname {bridge} ip saddr {rules.subnet} ct status dnat masquerade
  }}
}}
"""
