"""Networks (Engine API: Network, NetworkInspect)."""

from typing import Any

from dockyard.network.attachment import NetworkInfo


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
            "Options": None,
            "Config": [_subnet(block.subnet, block.ip_range, block.gateway) for block in network.subnets] or None,
        },
        "Internal": network.internal,
        "Attachable": network.attachable,
        "Ingress": network.ingress,
        "ConfigFrom": {"Network": ""},
        "ConfigOnly": False,
        "Options": dict(network.options),
        "Labels": dict(network.labels),
    }


def _subnet(subnet: str, ip_range: str, gateway: str) -> dict[str, str]:
    config = {"Subnet": subnet, "IPRange": ip_range, "Gateway": gateway}
    return {key: value for key, value in config.items() if value}


def network_inspect(network: NetworkInfo) -> dict[str, Any]:
    """The network with the containers in it."""
    containers = {
        endpoint.container_id: {
            "Name": endpoint.container_name,
            "EndpointID": endpoint.endpoint_id,
            "MacAddress": endpoint.mac,
            "IPv4Address": f"{endpoint.ipv4}/{endpoint.prefix_length}" if endpoint.ipv4 else "",
            "IPv6Address": "",
        }
        for endpoint in network.containers
    }
    return network_summary(network) | {"Containers": containers}
