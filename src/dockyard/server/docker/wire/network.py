"""Networks (Engine API: Network, NetworkInspect)."""

from typing import Any

from dockyard.network.attachment import NetworkInfo, Subnet


def network_summary(network: NetworkInfo) -> dict[str, Any]:
    """The network as a list shows it."""
    return {
        "Name": network.name,
        "Id": network.id,
        "Created": network.created,
        "Scope": network.scope,
        "Driver": network.driver,
        "EnableIPv4": network.enable_ipv4,
        "EnableIPv6": network.enable_ipv6,
        "IPAM": {
            "Driver": network.ipam_driver,
            "Options": dict(network.ipam_options) if network.ipam_options is not None else None,
            "Config": [_subnet(block) for block in network.subnets] or None,
        },
        "Internal": network.internal,
        "Attachable": network.attachable,
        "Ingress": network.ingress,
        "ConfigFrom": {"Network": network.config_from},
        "ConfigOnly": network.config_only,
        "Options": dict(network.options),
        "Labels": dict(network.labels),
    }


def _subnet(block: Subnet) -> dict[str, Any]:
    config = {
        "Subnet": block.subnet,
        "IPRange": block.ip_range,
        "Gateway": "" if block.implied_gateway else block.gateway,
        "AuxiliaryAddresses": dict(block.aux_addresses),
    }
    return {key: value for key, value in config.items() if value}


def network_status(network: NetworkInfo) -> dict[str, Any]:
    """How full its subnets are."""
    subnets = {
        subnet: {"IPsInUse": in_use, "DynamicIPsAvailable": available} for subnet, in_use, available in network.usage
    }
    return {"IPAM": {"Subnets": subnets}}


def network_inspect(network: NetworkInfo) -> dict[str, Any]:
    """The network with the containers in it."""
    containers = {
        endpoint.container_id: {
            "Name": endpoint.container_name,
            "EndpointID": endpoint.endpoint_id,
            "MacAddress": endpoint.mac,
            "IPv4Address": f"{endpoint.ipv4}/{endpoint.prefix_length}" if endpoint.ipv4 else "",
            "IPv6Address": f"{endpoint.ipv6}/{endpoint.ipv6_prefix_length}" if endpoint.ipv6 else "",
        }
        for endpoint in network.containers
    }
    return network_summary(network) | {"Containers": containers}
