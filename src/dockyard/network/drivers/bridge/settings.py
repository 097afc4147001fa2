"""What one bridge network is."""

from dataclasses import dataclass
from ipaddress import IPv4Interface, IPv4Network


@dataclass(frozen=True, slots=True)
class BridgeSettings:
    """The settings of a bridge network, decided once, before anything happens in the kernel.

    Attributes:
        link: name of the bridge.
        owned: whether we made the link, or shall; a link that an operator made is used and not changed.
        alias: mark on a link of ours that says which engine it belongs to.
        address: of the bridge, with the prefix of the subnet.
        gateway: of containers; normally the bridge's address.
        pool: part of the subnet for addresses of containers; None is all of it.
        mtu: largest packet in bytes.
        icc: whether containers may talk to each other.
        masquerade: whether they appear with the host's address outside.
        host_ip: address of published ports that name none.
        default: whether this is the daemon's default bridge.
    """

    link: str
    owned: bool
    alias: str
    address: IPv4Interface
    gateway: str
    pool: IPv4Network | None
    mtu: int
    icc: bool
    masquerade: bool
    host_ip: str
    default: bool

    @property
    def subnet(self) -> IPv4Network:
        """The network of the bridge's address."""
        return self.address.network

    @property
    def options(self) -> tuple[tuple[str, str], ...]:
        """The driver's options as Docker names and shows them."""
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
