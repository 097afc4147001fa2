"""`POST /networks/{id}/peers`: which containers of an overlay network are on other hosts. Not in Docker's API.

It is what a cluster's control plane tells each host; `dockyard network peers` does so by hand.
"""

from ipaddress import IPv4Address, IPv6Address, ip_address

import msgspec

from dockyard.errors import InvalidParameter
from dockyard.network.attachment import RemoteEndpoint
from dockyard.network.ipam.mac import mac_of, parse_mac
from dockyard.server.docker.call import Call
from dockyard.server.docker.http.answers import Answer, EmptyAnswer
from dockyard.server.docker.request_json import shape_of


class EndpointPlace(msgspec.Struct, frozen=True, rename="pascal"):
    """A container elsewhere: its address in the network, its hardware address, the address of its host."""

    address: str = ""
    mac_address: str = ""
    host: str = ""


class PeersRequest(msgspec.Struct, frozen=True, rename="pascal"):
    """All containers of the network that are elsewhere."""

    endpoints: tuple[EndpointPlace, ...] | None = None


PEERS = shape_of(PeersRequest)


async def network_peers(call: Call) -> Answer:
    """`POST /networks/{id}/peers`: from now on these, in the place of those that were."""
    body = msgspec.convert(await call.json(PEERS), PeersRequest)
    endpoints = tuple(_endpoint(one) for one in body.endpoints or ())
    await call.engine.networks.set_remote_endpoints(call.name, endpoints)
    return EmptyAnswer()


def _endpoint(place: EndpointPlace) -> RemoteEndpoint:
    """Without a hardware address it is the one that engines derive from an IPv4 address."""
    address = _address(place.address, "address")
    host = _address(place.host, "host")
    if place.mac_address:
        mac = parse_mac(place.mac_address)
    elif isinstance(address, IPv4Address):
        mac = mac_of(str(address))
    else:
        raise InvalidParameter(f"the endpoint {place.address} has no MacAddress")
    return RemoteEndpoint(str(address), mac, str(host))


def _address(text: str, what: str) -> IPv4Address | IPv6Address:
    try:
        return ip_address(text)
    except ValueError:
        raise InvalidParameter(f"invalid {what} of an endpoint: {text!r}") from None
