"""What one bridge network is."""

from dataclasses import dataclass
from ipaddress import IPv4Network, IPv6Network

from dockyard.network.attachment import Subnet
from dockyard.network.firewall.rules import NAT, BridgeRules, FamilyRules

Network = IPv4Network | IPv6Network


@dataclass(frozen=True, slots=True)
class Family:
    """A bridge network in one address family.

    Attributes:
        subnet: all its addresses.
        address: of the bridge; "" when it has none.
        gateway: of containers, normally the bridge's address; "" when they have no way out.
        within: part of the subnet for addresses of containers; None is all of it.
        reserved: addresses that no container gets.
        mode: gateway mode, see `firewall.rules`.
        source: address of the host that containers appear with outside; "" is that of the link they leave by.
    """

    subnet: Network
    address: str
    gateway: str
    within: Network | None = None
    reserved: tuple[str, ...] = ()
    mode: str = NAT
    source: str = ""

    @property
    def rules(self) -> FamilyRules:
        """What the firewall needs to know."""
        return FamilyRules(str(self.subnet), self.mode, self.source)

    @property
    def block(self) -> Subnet:
        """The family as it is shown."""
        return Subnet(str(self.subnet), self.gateway, str(self.within) if self.within is not None else "")


@dataclass(frozen=True, slots=True)
class BridgeSettings:
    """The settings of a bridge network, decided once, before anything happens in the kernel.

    Attributes:
        link: name of the bridge.
        owned: whether we made the link, or shall; a link that an operator made is used and not changed.
        alias: mark on a link of ours that says which engine it belongs to.
        ipv4, ipv6: None where the network has no such addresses.
        mtu: largest packet in bytes.
        icc: whether containers may talk to each other.
        masquerade: whether they appear with the host's address outside.
        host_ip: address of published ports that name none; "" is the daemon's default.
        default: whether this is the daemon's default bridge.
        internal: whether nothing passes between this network and others.
        trusted: links of the host that may address containers themselves.
        interface_prefix: of links inside of containers.
    """

    link: str
    owned: bool
    alias: str
    ipv4: Family | None
    ipv6: Family | None
    mtu: int
    icc: bool
    masquerade: bool
    host_ip: str
    default: bool
    internal: bool = False
    trusted: tuple[str, ...] = ()
    interface_prefix: str = "eth"

    @property
    def families(self) -> tuple[Family, ...]:
        """The families that the network has."""
        return tuple(one for one in (self.ipv4, self.ipv6) if one is not None)

    @property
    def rules(self) -> BridgeRules:
        """What the firewall needs to know."""
        return BridgeRules(
            bridge=self.link,
            ipv4=self.ipv4.rules if self.ipv4 is not None else None,
            ipv6=self.ipv6.rules if self.ipv6 is not None else None,
            icc=self.icc,
            masquerade=self.masquerade,
            internal=self.internal,
            trusted=self.trusted,
        )

    @property
    def options(self) -> tuple[tuple[str, str], ...]:
        """The options of the default bridge as Docker names and shows them."""
        return (
            ("com.docker.network.bridge.default_bridge", _text(self.default)),
            ("com.docker.network.bridge.enable_icc", _text(self.icc)),
            ("com.docker.network.bridge.enable_ip_masquerade", _text(self.masquerade)),
            ("com.docker.network.bridge.host_binding_ipv4", self.host_ip),
            ("com.docker.network.bridge.name", self.link),
            ("com.docker.network.driver.mtu", str(self.mtu)),
        )


def _text(value: bool) -> str:
    return "true" if value else "false"
