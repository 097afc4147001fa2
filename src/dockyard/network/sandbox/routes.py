"""Which endpoint of a sandbox is its way out, and the default routes that follow from it.

Docker's order, the first is best: the higher gateway priority, a network that isn't internal, gateways of both address
families rather than of one, the name of the network. Each family has a way of its own.

https://docs.docker.com/engine/network/#connecting-to-multiple-networks
"""

import socket
from collections.abc import Iterable
from contextlib import suppress

from dockyard.linux.netlink import link, route
from dockyard.network.attachment import Attachment
from dockyard.network.sandbox.sandboxes import Sandbox

VERSIONS = (4, 6)


def ways_out(endpoints: Iterable[Attachment]) -> dict[int, Attachment]:
    """By IP version the endpoint that everything else goes through; none where no endpoint leads out."""
    ordered = sorted(endpoints, key=_rank)
    found: dict[int, Attachment] = {}
    for version in VERSIONS:
        for endpoint in ordered:
            if _leads_out(endpoint, version):
                found[version] = endpoint
                break
    return found


def set_routes(sandbox: Sandbox, before: dict[int, Attachment], after: dict[int, Attachment]) -> None:
    """Make the default routes those of `after`; `before` says what they are now.

    A route through a link that is gone has gone with it.

    Raises:
        OSError: the kernel refuses.
    """
    for version in VERSIONS:
        old, new = before.get(version), after.get(version)
        if new is not None and (old is None or old.endpoint_id != new.endpoint_id):
            if old is not None and version == 6 and old.ipv6_gateway:  # else it would stand beside the new one
                with suppress(OSError):  # it has gone with its link
                    sandbox.route.transact(route.delete_default(old.ipv6_gateway))
            index = link.parse(sandbox.route.query(link.get_by_name(new.interface))).link_index
            gateway = _gateway(new, version)
            family = socket.AF_INET if version == 4 else socket.AF_INET6
            sandbox.route.transact(
                route.add_default(gateway, index) if gateway else route.add_default_on_link(index, family)
            )


def _gateway(endpoint: Attachment, version: int) -> str:
    return endpoint.gateway if version == 4 else endpoint.ipv6_gateway


def _leads_out(endpoint: Attachment, version: int) -> bool:
    address = endpoint.ipv4 if version == 4 else endpoint.ipv6
    return bool(_gateway(endpoint, version) or (endpoint.on_link and address))


def _rank(endpoint: Attachment) -> tuple[int, bool, int, str]:
    gateways = sum(_leads_out(endpoint, version) for version in VERSIONS)
    return -endpoint.gw_priority, endpoint.internal, -gateways, endpoint.network
