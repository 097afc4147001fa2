"""The values that the engine and the controller exchange. Attachments are kept on disk by the engine."""

from dataclasses import dataclass
from typing import Final

BRIDGE: Final = "bridge"
HOST: Final = "host"
NONE: Final = "none"


@dataclass(frozen=True, slots=True)
class PortRequest:
    """A wish of `-p` or `-P`: the container's port and where on the host it shall appear.

    Attributes:
        protocol: "tcp", "udp" or "sctp".
        container_port: 1 to 65535.
        host_ip: address on the host; "" is the configured default, usually 0.0.0.0.
        host_port_first, host_port_last: the range to choose from; 0 and 0: any of the ephemeral range.
    """

    protocol: str
    container_port: int
    host_ip: str = ""
    host_port_first: int = 0
    host_port_last: int = 0


@dataclass(frozen=True, slots=True)
class PublishedPort:
    """A published port as it came out: one pair of host address and port that leads to the container's port.

    A host port of 0 is none: the container's own address is reached (gateway mode `routed`).
    """

    protocol: str
    container_port: int
    host_ip: str
    host_port: int


@dataclass(frozen=True, slots=True)
class AttachRequest:
    """Give a sandbox an endpoint in a network.

    Attributes:
        container_id: 64 hexadecimal digits.
        container_name: without slash; appears in messages.
        sandbox_id: what `create_sandbox` was called with; for the network `host` anything.
        endpoint_id: 64 hexadecimal digits.
        network: name or id.
        ports: to publish.
        mac: wanted hardware address, None derives it from the IPv4 address.
        ipv4, ipv6: wanted addresses, None takes the lowest free one where the network has the family.
        without_ipv6: give no IPv6 address, because the container has switched IPv6 off.
        dns_names, links, linked, gw_priority, driver_opts, link_local: see `Attachment`.
    """

    container_id: str
    container_name: str
    sandbox_id: str
    endpoint_id: str
    network: str = BRIDGE
    ports: tuple[PortRequest, ...] = ()
    mac: str | None = None
    ipv4: str | None = None
    ipv6: str | None = None
    without_ipv6: bool = False
    dns_names: tuple[str, ...] = ()
    links: tuple[tuple[str, str], ...] = ()
    linked: tuple[tuple[str, str, int], ...] = ()
    gw_priority: int = 0
    driver_opts: tuple[tuple[str, str], ...] = ()
    link_local: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Attachment:
    """An endpoint as it came out: everything needed to show it, to restore it in a restarted daemon, to undo it.

    Strings that don't apply are "" and numbers 0, as in Docker's JSON (networks `host` and `none` have no addresses).

    Attributes:
        dns_names: under which the others of a user's network find the container: name, aliases, short id, host name;
            none on networks without resolver (`bridge`, `host`, `none`).
        links: (alias, name or id of a container) that this container alone finds there, of `--link`.
        linked: (id of a container, protocol, port) that it may reach where containers don't reach each other otherwise.
        gw_priority: among the endpoints of a sandbox the highest is the way out.
        internal: the network has no way out, so that nothing is asked of resolvers outside for its sake.
        on_link: everything outside is reached through the link itself, without a gateway.
        driver_opts: options of the endpoint (`com.docker.network.endpoint.…`).
        link_local: more addresses that the user wants for the link, of 169.254.0.0/16 or fe80::/64.
    """

    container_id: str
    container_name: str
    sandbox_id: str
    endpoint_id: str
    network: str
    network_id: str
    driver: str
    interface: str = ""
    host_interface: str = ""
    mac: str = ""
    ipv4: str = ""
    prefix_length: int = 0
    gateway: str = ""
    ports: tuple[PublishedPort, ...] = ()
    ipv6: str = ""
    ipv6_prefix_length: int = 0
    ipv6_gateway: str = ""
    dns_names: tuple[str, ...] = ()
    links: tuple[tuple[str, str], ...] = ()
    linked: tuple[tuple[str, str, int], ...] = ()
    gw_priority: int = 0
    internal: bool = False
    on_link: bool = False
    driver_opts: tuple[tuple[str, str], ...] = ()
    link_local: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class RemoteEndpoint:
    """A container on another host, in an overlay network.

    Attributes:
        address: of the container in the network, IPv4 or IPv6, without prefix.
        mac: its hardware address.
        host: address of the other host, to which datagrams go.
    """

    address: str
    mac: str
    host: str


@dataclass(frozen=True, slots=True)
class BridgeInfo:
    """The default bridge as `start` found or made it; `name` is "" when the daemon runs without one."""

    name: str
    address: str = ""
    subnet: str = ""

    @property
    def announcement(self) -> str:
        """The line that dockerd writes to its log."""
        return (
            f"Default bridge ({self.name}) is assigned with an IP address {self.subnet}. "
            "Daemon option --bip can be used to set a preferred IP address"
        )


@dataclass(frozen=True, slots=True)
class Subnet:
    """One block of a network's address configuration; of a request, where "" leaves it open, or as it came out.

    Attributes:
        subnet: "172.18.0.0/16" or "fd00::/64".
        gateway: address of the way out, which containers don't get.
        ip_range: part of the subnet from which containers get addresses; "" is all of it.
        aux_addresses: (name, address) pairs that the driver or something outside of Docker uses.
        implied_gateway: the user named the subnet and left the gateway to the engine, which Docker doesn't show then.
    """

    subnet: str = ""
    gateway: str = ""
    ip_range: str = ""
    aux_addresses: tuple[tuple[str, str], ...] = ()
    implied_gateway: bool = False


@dataclass(frozen=True, slots=True)
class NetworkInfo:
    """A network as `docker network ls` and `inspect` show it; `containers` by container id.

    `ipam_options`, `options` and `labels` are pairs; None of `ipam_options` is Go's nil. `usage` tells for each subnet
    how many addresses are in use or reserved, and how many are left for containers.
    """

    id: str
    name: str
    created: str
    driver: str
    scope: str = "local"
    enable_ipv4: bool = True
    enable_ipv6: bool = False
    internal: bool = False
    attachable: bool = False
    ingress: bool = False
    ipam_driver: str = "default"
    ipam_options: tuple[tuple[str, str], ...] | None = None
    subnets: tuple[Subnet, ...] = ()
    config_only: bool = False
    config_from: str = ""
    usage: tuple[tuple[str, int, int], ...] = ()
    options: tuple[tuple[str, str], ...] = ()
    labels: tuple[tuple[str, str], ...] = ()
    containers: tuple[Attachment, ...] = ()
