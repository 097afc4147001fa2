"""Which published ports a bridge network takes from the host, and which it only opens. Pure.

A family in gateway mode `routed` has no port on the host: the container's own address is reached, and its published
ports are those that may be. Such a port has number 0, and is shown without one.
"""

from collections.abc import Iterable
from dataclasses import replace

from dockyard.network.attachment import PortRequest, PublishedPort
from dockyard.network.drivers.bridge.settings import BridgeSettings
from dockyard.network.firewall.rules import ANY, ANY_IPV6, ROUTED


def divide(
    requests: Iterable[PortRequest], settings: BridgeSettings
) -> tuple[list[PortRequest], tuple[PublishedPort, ...]]:
    """The requests that need ports of the host, and the ports that come without.

    Args:
        requests: what the user asks for; "" as the host's address means all of them.
        settings: of the network.
    """
    routed4 = settings.ipv4 is not None and settings.ipv4.mode == ROUTED
    routed6 = settings.ipv6 is not None and settings.ipv6.mode == ROUTED
    needed: list[PortRequest] = []
    opened: list[PublishedPort] = []
    for request in requests:
        wish = request if request.host_ip or settings.default else replace(request, host_ip=settings.host_ip)
        everywhere = wish.host_ip in ("", ANY)
        if routed4 and (everywhere or ":" not in wish.host_ip):
            opened.append(PublishedPort(wish.protocol, wish.container_port, wish.host_ip or ANY, 0))
            if everywhere and settings.ipv6 is not None and not routed6:
                needed.append(replace(wish, host_ip=ANY_IPV6))
        elif routed6 and ":" not in wish.host_ip and not wish.host_ip:
            needed.append(replace(wish, host_ip=ANY))
        elif not (routed6 and ":" in wish.host_ip):
            needed.append(wish)
        if routed6 and (not wish.host_ip or ":" in wish.host_ip):
            opened.append(PublishedPort(wish.protocol, wish.container_port, wish.host_ip or ANY_IPV6, 0))
    return needed, tuple(opened)
