"""What an operator may set for networks: the flags of dockerd(8) that concern them."""

from dataclasses import dataclass
from typing import Final

DEFAULT_BRIDGE: Final = "docker0"
DEFAULT_MTU_BYTES: Final = 1500


@dataclass(frozen=True, slots=True)
class AddressPool:
    """A range from which subnets are cut: `base` as "172.17.0.0/16", each network gets a prefix of `size` bits."""

    base: str
    size: int


DEFAULT_ADDRESS_POOLS: Final = (
    AddressPool("172.17.0.0/16", 16),
    AddressPool("172.18.0.0/16", 16),
    AddressPool("172.19.0.0/16", 16),
    AddressPool("172.20.0.0/14", 16),
    AddressPool("172.24.0.0/14", 16),
    AddressPool("172.28.0.0/14", 16),
    AddressPool("192.168.0.0/16", 20),
)
"""Docker's: https://docs.docker.com/engine/network/#automatic-subnet-allocation"""


@dataclass(frozen=True, slots=True)
class NetworkConfig:
    """Settings of the controller; the names are those of dockerd's flags.

    Attributes:
        bridge: name for the default bridge; None is docker0 or, where that belongs to somebody else, dockyard0 and so
            on; "none" is no default bridge at all.
        bip: address and prefix of the default bridge, "192.168.1.1/24"; None chooses from the pools.
        fixed_cidr: part of the bridge's subnet from which containers get addresses.
        default_gateway: gateway of containers when it isn't the bridge.
        ipv6: whether the default bridge has IPv6 addresses, too.
        bip6: address and prefix of the bridge, "fd00::1/64"; None is the first of the subnet.
        fixed_cidr_v6: the bridge's subnet, or with `bip6` part of it; None chooses one, see `default_address_pools`.
        default_gateway_v6: as `default_gateway`.
        mtu: largest packet in bytes; 0 is the default.
        icc: whether containers of the default bridge may talk to each other.
        ip_forward: switch on net.ipv4.ip_forward.
        ip_masq: hide containers behind the host's address on their way out.
        iptables: make firewall rules at all.
        ip6tables: make those of IPv6.
        allow_direct_routing: let everybody who has a route reach containers' published ports at their own addresses.
        default_options: by driver, options of new networks that don't say otherwise themselves.
        default_address_pools: where subnets come from; without one of IPv6, such are cut from a range of the engine's
            own (RFC 4193).
        userland_proxy: forward in this process what comes to published ports past the firewall, above all by IPv6.
        host_ip: host address of published ports that name none.
        overlay_address: of this host among those of overlay networks; "" is no such networks without a swarm.
        overlay_peers: addresses of the other hosts.
    """

    bridge: str | None = None
    bip: str | None = None
    fixed_cidr: str | None = None
    default_gateway: str | None = None
    ipv6: bool = False
    bip6: str | None = None
    fixed_cidr_v6: str | None = None
    default_gateway_v6: str | None = None
    mtu: int = DEFAULT_MTU_BYTES
    icc: bool = True
    ip_forward: bool = True
    ip_masq: bool = True
    iptables: bool = True
    ip6tables: bool = True
    allow_direct_routing: bool = False
    default_options: tuple[tuple[str, tuple[tuple[str, str], ...]], ...] = ()
    default_address_pools: tuple[AddressPool, ...] = DEFAULT_ADDRESS_POOLS
    userland_proxy: bool = True
    host_ip: str = "0.0.0.0"
    overlay_address: str = ""
    overlay_peers: tuple[str, ...] = ()
