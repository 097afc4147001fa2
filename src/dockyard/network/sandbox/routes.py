"""Which endpoint of a sandbox is its way out, and the default routes that follow from it.

Docker's order, the first is best: the higher gateway priority, a network that isn't internal, gateways of both address
families rather than of one, the name of the network. Each family has a way of its own.

https://docs.docker.com/engine/network/#connecting-to-multiple-networks
"""

from collections.abc import Iterable
from contextlib import suppress

from dockyard.linux.netlink import link, route
from dockyard.network.attachment import Attachment
from dockyard.network.sandbox.sandboxes import Sandbox

VERSIONS = (4, 6)


def ways_out(endpoints: Iterable[Attachment]) -> dict[int, Attachment]:
    """By IP version the endpoint whose gateway everything else goes to; none where no endpoint has a gateway."""
    ordered = sorted(endpoints, key=_rank)
    found: dict[int, Attachment] = {}
    for version in VERSIONS:
        for endpoint in ordered:
            if gateway_of(endpoint, version):
                found[version] = endpoint
                break
    return found


def gateway_of(endpoint: Attachment, version: int) -> str:
    """The gateway of that IP version, "" if there is none."""
    return endpoint.gateway if version == 4 else endpoint.ipv6_gateway


def set_routes(sandbox: Sandbox, before: dict[int, Attachment], after: dict[int, Attachment]) -> None:
    """Make the default routes those of `after`; `before` says what they are now.

    A route through a link that is gone has gone with it.

    Raises:
        OSError: the kernel refuses.
    """
    for version in VERSIONS:
        old, new = before.get(version), after.get(version)
        if new is not None and (old is None or old.endpoint_id != new.endpoint_id):
            index = link.parse(sandbox.route.query(link.get_by_name(new.interface))).link_index
            if old is not None and version == 6:  # a second default route would stand beside the first
                _drop(sandbox, gateway_of(old, version))
            sandbox.route.transact(route.add_default(gateway_of(new, version), index))


def _drop(sandbox: Sandbox, gateway: str) -> None:
    with suppress(OSError):  # it has gone with its link
        sandbox.route.transact(route.delete_default(gateway))


def _rank(endpoint: Attachment) -> tuple[int, bool, int, str]:
    gateways = bool(endpoint.gateway) + bool(endpoint.ipv6_gateway)
    return -endpoint.gw_priority, endpoint.internal, -gateways, endpoint.network
