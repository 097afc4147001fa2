"""What a request may ask of a container's connection to a network, in Docker's words. Pure."""

from collections.abc import Mapping
from ipaddress import ip_network

from dockyard.engine.containers.config import EndpointConfig
from dockyard.errors import InvalidParameter
from dockyard.network.attachment import NetworkInfo
from dockyard.network.ipam.mac import parse_mac
from dockyard.network.ipam.subnets import parse_address
from dockyard.network.sandbox.interface import NAME, SYSCTLS, parse_name, parse_sysctls

BUILT_IN = ("bridge", "default", "host", "none", "")


def is_user_defined(network: str) -> bool:
    """Whether users make networks of that name; modes are names, too."""
    return network not in BUILT_IN and not network.startswith("container:")


def is_private(mode: str) -> bool:
    """Whether a container of that network mode has a network namespace of its own, with links in it."""
    return mode not in ("host", "none") and not mode.startswith("container:")


def check_endpoints(wanted: Mapping[str, EndpointConfig | None], found: Mapping[str, NetworkInfo]) -> None:
    """Check the endpoints of a container that is created.

    Args:
        wanted: by name or id of a network.
        found: what is known of these networks; a network may be made later.

    Raises:
        InvalidParameter: all that can't be had.
    """
    faults = []
    for network, endpoint in wanted.items():
        if endpoint is None:
            faults.append(f"invalid config for network {network}: EndpointsConfig is nil")
        elif problems := endpoint_faults(network, endpoint, found.get(network)):
            faults.append(f"invalid config for network {network}: invalid endpoint settings:\n" + "\n".join(problems))
    if faults:
        raise InvalidParameter("\n".join(faults))


def check_endpoint(network: NetworkInfo, endpoint: EndpointConfig) -> None:
    """Check an endpoint in a network that is there.

    Raises:
        InvalidParameter: all that can't be had.
    """
    problems = endpoint_faults(network.name, endpoint, network)
    if problems:
        raise InvalidParameter("invalid endpoint settings:\n" + "\n".join(problems))


def endpoint_faults(name: str, endpoint: EndpointConfig, network: NetworkInfo | None) -> list[str]:
    """What is wrong with the settings."""
    faults = []
    addresses = endpoint.ipam_config
    user_defined = is_user_defined(network.name if network is not None else name)
    if not user_defined and addresses is not None and (addresses.ipv4_address or addresses.ipv6_address):
        faults.append("user-specified IP address is supported on user-defined networks only")
    if not user_defined and endpoint.aliases:
        faults.append("network-scoped aliases are only supported for user-defined networks")
    if addresses is not None:
        faults += _address_faults(addresses.ipv4_address, 4, network if user_defined else None)
        faults += _address_faults(addresses.ipv6_address, 6, network if user_defined else None)
        faults += [
            f"invalid link-local IP address: {one}" for one in addresses.link_local_ips or () if not _is_link_local(one)
        ]
    options = endpoint.driver_opts or {}
    try:
        if endpoint.mac_address:
            parse_mac(endpoint.mac_address)
        if options.get(SYSCTLS):
            parse_sysctls(options[SYSCTLS])
        if options.get(NAME):
            parse_name(options[NAME])
    except InvalidParameter as error:
        faults.append(str(error))
    return faults


def _address_faults(text: str, version: int, network: NetworkInfo | None) -> list[str]:
    if not text:
        return []
    address = parse_address(text)
    if address is None or address.version != version or address.is_unspecified:
        return [f"invalid IPv{version} address: {text}"]
    if network is not None and not any(address in ip_network(block.subnet) for block in network.subnets):
        return [f"no configured subnet contains IP address {text}"]
    return []


def _is_link_local(text: str) -> bool:
    address = parse_address(text)
    return address is not None and address.is_link_local
