"""A container's networks and published ports (Engine API: NetworkSettings, EndpointSettings, PortSummary)."""

from typing import Any

from dockyard.engine.containers.config import EndpointConfig
from dockyard.engine.containers.record import Container, Endpoint


def networks(container: Container) -> dict[str, dict[str, Any]]:
    """The container's networks by name; those of a stopped one without addresses."""
    endpoints = {endpoint.network_name: endpoint for endpoint in container.endpoints}
    requested = container.networking.endpoints_config or {}
    names = dict.fromkeys([*endpoints, *requested])
    return {name: endpoint_settings(endpoints.get(name), requested.get(name)) for name in names}


def endpoint_settings(endpoint: Endpoint | None, requested: EndpointConfig | None) -> dict[str, Any]:
    """One connection: what was asked for and, while the container runs, what it got."""
    asked = requested or EndpointConfig()
    ipam = asked.ipam_config
    return {
        "IPAMConfig": _ipam_config(ipam.ipv4_address, ipam.ipv6_address, ipam.link_local_ips) if ipam else None,
        "Links": asked.links,
        "Aliases": asked.aliases,
        "DriverOpts": asked.driver_opts,
        "GwPriority": asked.gw_priority,
        "NetworkID": endpoint.network_id if endpoint else "",
        "EndpointID": endpoint.endpoint_id if endpoint else "",
        "Gateway": endpoint.gateway if endpoint else "",
        "IPAddress": endpoint.ip_address if endpoint else "",
        "MacAddress": (endpoint and endpoint.mac_address) or asked.mac_address,
        "IPPrefixLen": endpoint.ip_prefix_len if endpoint else 0,
        "IPv6Gateway": endpoint.ipv6_gateway if endpoint else "",
        "GlobalIPv6Address": endpoint.global_ipv6_address if endpoint else "",
        "GlobalIPv6PrefixLen": endpoint.global_ipv6_prefix_len if endpoint else 0,
        "DNSNames": endpoint.dns_names if endpoint else None,
    }


def _ipam_config(ipv4: str, ipv6: str, link_local: tuple[str, ...] | None) -> dict[str, Any]:
    config: dict[str, Any] = {}
    if ipv4:
        config["IPv4Address"] = ipv4
    if ipv6:
        config["IPv6Address"] = ipv6
    if link_local:
        config["LinkLocalIPs"] = link_local
    return config


def port_map(container: Container) -> dict[str, list[dict[str, str]] | None]:
    """`"80/tcp"` to its bindings; null for a port that is exposed and not published."""
    return {
        port: None if bindings is None else [{"HostIp": ip, "HostPort": number} for ip, number in bindings]
        for port, bindings in container.ports.items()
    }


def port_summaries(container: Container) -> list[dict[str, Any]]:
    """The PORTS column: one entry a binding; a port that is reached at the container's own address has none."""
    summaries: list[dict[str, Any]] = []
    for port, bindings in container.ports.items():
        number, _, protocol = port.partition("/")
        for address, host_port in bindings or (("", ""),):
            summary: dict[str, Any] = {}
            if address and host_port:
                summary["IP"] = address
            summary["PrivatePort"] = int(number)
            if host_port:
                summary["PublicPort"] = int(host_port)
            summary["Type"] = protocol or "tcp"
            if summary not in summaries:
                summaries.append(summary)
    return summaries
