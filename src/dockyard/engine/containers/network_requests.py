"""What a container asks of its networks, from its record, and what the record says of what came out. Pure.

`record.networking` names the networks that the container is in, whether it runs or not: creation and `connect` put
them there, `disconnect` takes them away. Records from before several networks were possible name none; there the
network is that of `--network`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace

import msgspec

from dockyard.engine.containers.config import EndpointConfig, NetworkingConfig
from dockyard.engine.containers.endpoints import is_user_defined
from dockyard.engine.containers.ports import published_ports
from dockyard.engine.containers.record import Container, Endpoint
from dockyard.engine.identifiers import new_id
from dockyard.errors import InvalidParameter
from dockyard.network.attachment import BRIDGE, Attachment, AttachRequest, NetworkInfo, PortRequest
from dockyard.network.portmap.bindings import port_map

SHARING = "container:"
PORTS_BY = "bridge"
"""The driver that publishes ports."""


def wanted_networks(record: Container) -> dict[str, EndpointConfig]:
    """The networks of the container and what is wanted there, that of `--network` first; none if it shares others'."""
    mode = record.host_config.network_mode
    if mode.startswith(SHARING):
        return {}
    wanted = {name: one or EndpointConfig() for name, one in (record.networking.endpoints_config or {}).items()}
    if not wanted and record.endpoints:
        return {"bridge" if mode in ("", "default") else mode: EndpointConfig()}
    if mode in wanted:
        return {mode: wanted.pop(mode), **wanted}
    return wanted


def with_networks(record: Container, wanted: Mapping[str, EndpointConfig | None]) -> Container:
    """`record` in the networks `wanted`."""
    return msgspec.structs.replace(record, networking=NetworkingConfig(endpoints_config=dict(wanted)))


def attach_requests(
    record: Container,
    sandbox_id: str,
    found: Mapping[str, NetworkInfo],
    linked: Sequence[tuple[str, str, int]] = (),
) -> tuple[AttachRequest, ...]:
    """One for each network of the container; `found` has what each name means, `linked` what its links may open.

    Published ports go with the network that will be the container's way out.

    Raises:
        InvalidParameter: these networks don't go together.
    """
    wanted = wanted_networks(record)
    check_together(record.host_config.network_mode, [found[name].driver for name in wanted])
    ports = published_ports(record.config, record.host_config)
    publishing = publisher(wanted, found)
    requests = [
        attach_request(record, sandbox_id, found[name], config, ports if name == publishing else ())
        for name, config in wanted.items()
    ]
    default = next((network.id for network in found.values() if network.name == BRIDGE), "")
    return tuple(replace(one, linked=tuple(linked)) if one.network == default else one for one in requests)


def attach_request(
    record: Container, sandbox_id: str, network: NetworkInfo, config: EndpointConfig, ports: Sequence[PortRequest]
) -> AttachRequest:
    """What the network package is asked for."""
    addresses = config.ipam_config
    return AttachRequest(
        container_id=record.id,
        container_name=record.name,
        sandbox_id=sandbox_id,
        endpoint_id=new_id(),
        network=network.id,
        ports=tuple(ports),
        mac=config.mac_address or None,
        ipv4=(addresses.ipv4_address or None) if addresses else None,
        ipv6=(addresses.ipv6_address or None) if addresses else None,
        without_ipv6=_is_ipv6_off(record),
        dns_names=dns_names(record, network, config),
        links=tuple(_link(text) for text in config.links or ()),
        gw_priority=config.gw_priority,
        driver_opts=tuple((config.driver_opts or {}).items()),
        link_local=tuple(addresses.link_local_ips or ()) if addresses else (),
    )


def _is_ipv6_off(record: Container) -> bool:
    """Whether the container switches IPv6 off for itself: what it had would go again, and names would lead nowhere."""
    sysctls = record.host_config.sysctls or {}
    return sysctls.get("net.ipv6.conf.all.disable_ipv6", "").strip() == "1"


def dns_names(record: Container, network: NetworkInfo, config: EndpointConfig) -> tuple[str, ...]:
    """Under which the others of the network find the container; none on the built-in networks."""
    if not is_user_defined(network.name):
        return ()
    names = (record.name, *(config.aliases or ()), record.id[:12], record.config.hostname)
    return tuple(dict.fromkeys(filter(None, names)))


def publisher(wanted: Mapping[str, EndpointConfig], found: Mapping[str, NetworkInfo]) -> str | None:
    """The network whose driver publishes the ports: the best way out among those that can."""
    able = [name for name in wanted if found[name].driver == PORTS_BY and not found[name].internal]
    return min(able, key=lambda name: (-wanted[name].gw_priority, found[name].name), default=None)


def check_together(mode: str, drivers: Sequence[str]) -> None:
    """Raises InvalidParameter, in Docker's words, for networks that a container can't be in at the same time."""
    if "host" in drivers and mode != "host":
        raise InvalidParameter(
            "cannot connect container to host network - container must be created in host network mode"
        )
    if mode == "host" and any(driver != "host" for driver in drivers):
        raise InvalidParameter(
            "container sharing network namespace with another container or host cannot be connected to any other "
            "network"
        )
    if "null" in drivers and len(drivers) > 1:
        raise InvalidParameter(
            "container cannot be connected to multiple networks with one of the networks in private (none) mode"
        )


def connected(record: Container, attachments: Sequence[Attachment]) -> Container:
    """`record` with what came out of its connections."""
    published = [port for attachment in attachments for port in attachment.ports]
    ports: dict[str, tuple[tuple[str, str], ...] | None] = {}
    if any(attachment.driver == PORTS_BY and not attachment.internal for attachment in attachments):
        exposed = {*(record.config.exposed_ports or {}), *(record.host_config.port_bindings or {})}
        for port, places in port_map(published, exposed).items():
            ports[port] = None if places is None else tuple((one["HostIp"], one["HostPort"]) for one in places)
    return msgspec.structs.replace(
        record,
        attachments=tuple(attachments),
        endpoints=tuple(_endpoint(attachment) for attachment in attachments),
        ports=ports,
    )


def _endpoint(attachment: Attachment) -> Endpoint:
    return Endpoint(
        network_name=attachment.network,
        network_id=attachment.network_id,
        endpoint_id=attachment.endpoint_id,
        gateway=attachment.gateway,
        ip_address=attachment.ipv4,
        ip_prefix_len=attachment.prefix_length,
        mac_address=attachment.mac,
        ipv6_gateway=attachment.ipv6_gateway,
        global_ipv6_address=attachment.ipv6,
        global_ipv6_prefix_len=attachment.ipv6_prefix_length,
        dns_names=attachment.dns_names or None,
    )


def _link(text: str) -> tuple[str, str]:
    """Alias and target of "target:alias" or "target"."""
    target, _, alias = text.partition(":")
    return (alias or target).rpartition("/")[2], target.removeprefix("/")
