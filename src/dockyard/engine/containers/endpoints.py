"""What a request may ask of a container's connection to its network; the rest is refused, in Docker's words."""

from dockyard.engine.containers.config import EndpointConfig, NetworkingConfig
from dockyard.errors import InvalidParameter, NotImplementedYet

BUILT_IN = ("bridge", "default", "host", "none")


def check_endpoints(mode: str, networking: NetworkingConfig) -> None:
    """Raises InvalidParameter or NotImplementedYet for what `networking` asks beyond the network `mode` itself."""
    wanted = networking.endpoints_config or {}
    if len(wanted) > 1 or any(name not in (mode, "default") for name in wanted):
        raise NotImplementedYet("containers in more networks than that of --network are not supported by Dockyard yet")
    for endpoint in wanted.values():
        if endpoint is not None:
            _check(mode, endpoint)


def _check(mode: str, endpoint: EndpointConfig) -> None:
    invalid = f"invalid config for network {mode}: invalid endpoint settings:\n"
    if endpoint.aliases and (mode in BUILT_IN or mode.startswith("container:")):
        raise InvalidParameter(f"{invalid}network-scoped aliases are only supported for user-defined networks")
    addresses = endpoint.ipam_config
    if addresses is not None and (addresses.ipv4_address or addresses.ipv6_address) and mode in BUILT_IN:
        raise InvalidParameter(f"{invalid}user specified IP address is supported on user defined networks only")
    not_yet = {
        "--link": endpoint.links,
        "driver-opt of a network": endpoint.driver_opts,
        "gw-priority": endpoint.gw_priority,
        "--link-local-ip": addresses is not None and addresses.link_local_ips,
    }
    for option, value in not_yet.items():
        if value:
            raise NotImplementedYet(f"{option} is not supported by Dockyard yet")
