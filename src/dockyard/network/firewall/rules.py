"""The text of a bridge's nftables tables, in the grammar of nft(8). Pure.

One table a bridge and address family, named after the bridge: engines side by side, other firewalls and their reloads
never touch it by accident, and a network is gone with one `delete table`. Published ports are elements of two maps and
a set, so that their number costs a packet nothing and publishing is one small atomic command:

    published_any   protocol . host port                  ► container address . port      (0.0.0.0, ::)
    published_at    host address . protocol . host port   ► container address . port      (one address only)
    reachable       container address . protocol . port     for those who may address a container itself
    linked          container address . container address . protocol . port   what links open where icc is off
    strangers       bridges of a dockerd beside us, which relies on nobody letting our containers through to its own

    packet for a local address ─ prerouting/output ─► publish: dnat by map
    to the bridge              ─ forward ─► answers, neighbours (if icc), what publish has led here; nothing else
    to a bridge of Docker's ─ forward ─► answers, what was published; nothing else
    to the bridge, hairpin     ─ postrouting ─► source becomes the bridge, so that the answer comes back this way
    from the subnet to outside ─ postrouting ─► source becomes the host
    loopback addresses on the bridge ─ raw ─► dropped: route_localnet, which 127.0.0.1:PORT needs, opens no door

So bridges are closed to each other, by whatever table of others is in force. What a network's gateway mode changes:

    nat              as above
    nat-unprotected  whoever has a route to the containers reaches all their ports
    routed           no translation; whoever has a route reaches the published ports, and may ping
    isolated         the bridge has no address (only with `internal`, where nothing passes from or to other links)

The source address of clients from outside is not changed: the container sees them.

https://docs.docker.com/engine/network/port-publishing/#gateway-modes
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass

from dockyard.network.attachment import PublishedPort

ANY = "0.0.0.0"
ANY_IPV6 = "::"
NAT = "nat"
UNPROTECTED = "nat-unprotected"
ROUTED = "routed"
ISOLATED = "isolated"


@dataclass(frozen=True, slots=True)
class FamilyRules:
    """What the table of one address family depends on.

    Attributes:
        subnet: "172.17.0.0/16".
        mode: one of NAT, UNPROTECTED, ROUTED, ISOLATED.
        source: address of the host that containers appear with outside; "" is that of the link they leave by.
    """

    subnet: str
    mode: str = NAT
    source: str = ""


@dataclass(frozen=True, slots=True)
class BridgeRules:
    """What the tables of a bridge depend on, beside its published ports.

    Attributes:
        bridge: name of the link.
        ipv4, ipv6: None where the network has no such addresses.
        icc: whether containers on the bridge may talk to each other.
        masquerade: whether they appear with the host's address outside.
        internal: whether nothing passes between the bridge and other links.
        trusted: links of the host whose packets may address a container's published ports themselves.
        direct: whether packets from any link may.
    """

    bridge: str
    ipv4: FamilyRules | None
    ipv6: FamilyRules | None = None
    icc: bool = True
    masquerade: bool = True
    internal: bool = False
    trusted: tuple[str, ...] = ()
    direct: bool = False

    @property
    def table(self) -> str:
        """Name of the tables, which is the same in both families."""
        return f"dockyard-{self.bridge}"

    @property
    def families(self) -> tuple[tuple[str, FamilyRules], ...]:
        """The families that the network has, by nft's names."""
        return tuple((name, one) for name, one in (("ip", self.ipv4), ("ip6", self.ipv6)) if one is not None)


@dataclass(frozen=True, slots=True)
class Target:
    """Where a published port leads; `container_ip` is of the family of the host's address."""

    published: PublishedPort
    container_ip: str

    @property
    def family(self) -> str:
        """nft's name of the address family."""
        return "ip6" if ":" in self.container_ip else "ip"


@dataclass(frozen=True, slots=True)
class Link:
    """What a link opens: one container may connect to a port of another; addresses of IPv4."""

    client: str
    server: str
    protocol: str
    port: int


def replace_tables(
    rules: BridgeRules, targets: Iterable[Target], strangers: Collection[str] = (), links: Iterable[Link] = ()
) -> str:
    """One transaction that makes the tables anew with all their ports, whatever was there. Running connections stay."""
    text = delete_tables(rules)
    for family, of_family in rules.families:
        text += _table(rules, family, of_family)
    return text + add_targets(rules, targets) + replace_strangers(rules, strangers) + replace_links(rules, links)


def replace_links(rules: BridgeRules, links: Iterable[Link]) -> str:
    """Other ports that links open."""
    if rules.ipv4 is None:
        return ""
    place = f"ip {rules.table} linked"
    return f"flush set {place}\n" + "".join(
        f"add element {place} {{ {one.client} . {one.server} . {one.protocol} . {one.port} }}\n" for one in links
    )


def replace_strangers(rules: BridgeRules, strangers: Collection[str]) -> str:
    """Other bridges that containers don't get to; names of links."""
    text = ""
    for family, _ in rules.families:
        place = f"{family} {rules.table} strangers"
        text += f"flush set {place}\n"
        text += "".join(f'add element {place} {{ "{name}" }}\n' for name in strangers)
    return text


def delete_tables(rules: BridgeRules) -> str:
    """The tables go; fine if there are none."""
    # "add" before "delete", because deleting what isn't there is an error.
    names = [f"{family} {rules.table}" for family, _ in rules.families]
    return "".join(f"add table {name}\ndelete table {name}\n" for name in names)


def add_targets(rules: BridgeRules, targets: Iterable[Target]) -> str:
    """Publish ports."""
    return "".join(f"add element {element}\n" for element in _all_elements(rules, targets))


def delete_targets(rules: BridgeRules, targets: Iterable[Target]) -> str:
    """Publish them no longer."""
    return "".join(f"delete element {element}\n" for element in _all_elements(rules, targets))


def _all_elements(rules: BridgeRules, targets: Iterable[Target]) -> Iterable[str]:
    """Each once: a container's port that is published twice is reachable once."""
    return dict.fromkeys(element for target in targets for element in elements(rules, target))


def elements(rules: BridgeRules, target: Target) -> list[str]:
    """The elements of maps and sets that publish one port, each with its table."""
    family = dict(rules.families).get(target.family)
    if family is None or rules.internal:
        return []
    table = f"{target.family} {rules.table}"
    port = target.published
    found = []
    if family.mode != ROUTED and port.host_port:
        key = f"{port.protocol} . {port.host_port}"
        goal = f"{target.container_ip} . {port.container_port}"
        if port.host_ip in (ANY, ANY_IPV6):
            found.append(f"{table} published_any {{ {key} : {goal} }}")
        else:
            found.append(f"{table} published_at {{ {port.host_ip} . {key} : {goal} }}")
    if family.mode == ROUTED or rules.trusted or rules.direct:
        found.append(f"{table} reachable {{ {target.container_ip} . {port.protocol} . {port.container_port} }}")
    return found


def _table(rules: BridgeRules, family: str, one: FamilyRules) -> str:
    address, loopback = ("ipv4_addr", "127.0.0.0/8") if family == "ip" else ("ipv6_addr", "::1")
    bridge = f'"{rules.bridge}"'
    # What comes from ::1 can't leave the host, there is no route_localnet: such clients are served by the proxy.
    own_loopback = "" if family == "ip" else "ip6 daddr != ::1 "
    protocols = "meta l4proto { tcp, udp, sctp }"
    verdict = f"snat to {one.source}" if one.source else "masquerade"
    translated = one.mode in (NAT, UNPROTECTED) and not rules.internal
    outgoing = f"oifname != {bridge} {family} saddr {one.subnet} {verdict}" if translated and rules.masquerade else ""
    hairpin = f"oifname {bridge} {family} saddr {one.subnet} ct status dnat masquerade" if translated else ""
    closed = f"iifname {bridge} oifname != {bridge} drop" if rules.internal else ""
    incoming = "\n    ".join(_incoming(rules, family, one))
    return f"""table {family} {rules.table} {{
  map published_any {{ type inet_proto . inet_service : {address} . inet_service; }}
  map published_at {{ type {address} . inet_proto . inet_service : {address} . inet_service; }}
  set reachable {{ type {address} . inet_proto . inet_service; }}
  set linked {{ type {address} . {address} . inet_proto . inet_service; }}
  set strangers {{ type ifname; }}
  chain raw {{
    type filter hook prerouting priority raw; policy accept;
    {family} daddr {loopback} iifname {bridge} drop
    {family} saddr {loopback} iifname {bridge} drop
  }}
  chain publish {{
    {protocols} dnat {family} to {family} daddr . meta l4proto . th dport map @published_at
    {protocols} dnat {family} to meta l4proto . th dport map @published_any
  }}
  chain prerouting {{
    type nat hook prerouting priority dstnat; policy accept;
    {family} daddr != {loopback} fib daddr type local jump publish
  }}
  chain output {{
    type nat hook output priority -100; policy accept;
    {own_loopback}fib daddr type local jump publish
  }}
  chain to_bridge {{
    ct state established,related accept
    {incoming}
    drop
  }}
  chain to_strangers {{
    ct state established,related accept
    ct status dnat accept
    drop
  }}
  chain forward {{
    type filter hook forward priority filter; policy accept;
    oifname {bridge} jump to_bridge
    iifname {bridge} oifname @strangers jump to_strangers
    {closed}
  }}
  chain postrouting {{
    type nat hook postrouting priority srcnat; policy accept;
    {outgoing}
    oifname {bridge} {family} saddr {loopback} masquerade
    {hairpin}
  }}
}}
"""


def _incoming(rules: BridgeRules, family: str, one: FamilyRules) -> list[str]:
    """What is let through to the bridge beside answers; the rest is dropped."""
    accepted = [f'iifname "{rules.bridge}" accept'] if rules.icc else []
    if rules.internal:
        return accepted
    reachable = f"{family} daddr . meta l4proto . th dport @reachable accept"
    accepted.append("ct status dnat accept")
    if not rules.icc:  # before what is open to everybody
        linked = f"{family} saddr . {family} daddr . meta l4proto . th dport @linked accept"
        accepted += [f'iifname "{rules.bridge}" {linked}', f'iifname "{rules.bridge}" drop']
    if one.mode == UNPROTECTED:
        accepted.append("accept")
    elif one.mode == ROUTED:
        accepted += [f"meta l4proto {'icmp' if family == 'ip' else 'ipv6-icmp'} accept", reachable]
    elif rules.direct:
        accepted.append(reachable)
    elif rules.trusted:
        links = ", ".join(f'"{name}"' for name in rules.trusted)
        accepted.append(f"iifname {{ {links} }} {reachable}")
    return accepted
