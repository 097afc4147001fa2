"""Endpoints of networks that change something: create, delete, prune, connect, disconnect."""

import msgspec

from dockyard.engine.containers.config import EndpointConfig, StringMap
from dockyard.engine.moments import parse_until
from dockyard.errors import DockyardError, InvalidParameter
from dockyard.network.attachment import Subnet
from dockyard.network.request import NetworkRequest
from dockyard.server.docker.call import Call
from dockyard.server.docker.endpoints.networks import unused_networks
from dockyard.server.docker.filters import parse_filters
from dockyard.server.docker.http.answers import Answer, EmptyAnswer, JsonAnswer
from dockyard.server.docker.request_json import shape_of
from dockyard.server.docker.until import created_ns

IPV4_SINCE = (1, 48)
GATEWAY_PRIORITY_SINCE = (1, 48)


class IpamConfig(msgspec.Struct, frozen=True, rename="pascal"):
    """One block of addresses."""

    subnet: str = ""
    ip_range: str = msgspec.field(default="", name="IPRange")
    gateway: str = ""
    auxiliary_addresses: StringMap = None


class Ipam(msgspec.Struct, frozen=True, rename="pascal"):
    """Which addresses a network has."""

    driver: str = ""
    options: StringMap = None
    config: tuple[IpamConfig, ...] | None = None


class ConfigReference(msgspec.Struct, frozen=True, rename="pascal"):
    """The network whose configuration is taken."""

    network: str = ""


class CreateRequest(msgspec.Struct, frozen=True, rename="pascal"):
    """The body of a creation (Engine API: NetworkCreate)."""

    name: str = ""
    check_duplicate: bool = False
    driver: str = ""
    scope: str = ""
    internal: bool = False
    attachable: bool = False
    ingress: bool = False
    config_only: bool = False
    config_from: ConfigReference | None = None
    ipam: Ipam | None = msgspec.field(default=None, name="IPAM")
    enable_ipv4: bool | None = msgspec.field(default=None, name="EnableIPv4")
    enable_ipv6: bool | None = msgspec.field(default=None, name="EnableIPv6")
    options: StringMap = None
    labels: StringMap = None


class ConnectRequest(msgspec.Struct, frozen=True, rename="pascal"):
    """The body of a connection (Engine API: NetworkConnect)."""

    container: str = ""
    endpoint_config: EndpointConfig | None = None


class DisconnectRequest(msgspec.Struct, frozen=True, rename="pascal"):
    """The body of the end of a connection (Engine API: NetworkDisconnect)."""

    container: str = ""
    force: bool = False


CREATE = shape_of(CreateRequest)
CONNECT = shape_of(ConnectRequest)
DISCONNECT = shape_of(DisconnectRequest)


async def network_create(call: Call) -> Answer:
    """`POST /networks/create`."""
    body = msgspec.convert(await call.json(CREATE), CreateRequest)
    ipam = body.ipam or Ipam()
    made, warnings = await call.engine.networks.create(
        NetworkRequest(
            name=body.name,
            driver=body.driver,
            scope=body.scope,
            internal=body.internal,
            attachable=body.attachable,
            ingress=body.ingress,
            config_only=body.config_only,
            config_from=body.config_from.network if body.config_from is not None else None,
            ipam_driver=ipam.driver,
            ipam_options=_pairs(ipam.options) if ipam.options is not None else None,
            subnets=tuple(_block(one) for one in ipam.config or ()),
            enable_ipv4=body.enable_ipv4 if call.version >= IPV4_SINCE else None,
            enable_ipv6=body.enable_ipv6,
            options=_pairs(body.options),
            labels=_pairs(body.labels),
        )
    )
    return JsonAnswer({"Id": made.id, "Warning": "; ".join(warnings)}, 201)


async def network_delete(call: Call) -> Answer:
    """`DELETE /networks/{id}`."""
    await call.engine.networks.remove(call.name)
    return EmptyAnswer()


async def network_prune(call: Call) -> Answer:
    """`POST /networks/prune`: networks of users that no container is in, running or not."""
    filters = parse_filters(call.query.text("filters"))
    unknown = sorted(set(filters) - {"label", "label!", "until"})
    if unknown:
        raise InvalidParameter(f"invalid filter '{unknown[0]}'")
    cutoff = parse_until(filters, call.clock_ns())
    filters.pop("until", None)
    removed = []
    for network in unused_networks(await call.engine.networks.list(), filters):
        if cutoff is not None and created_ns(network.created) > cutoff:
            continue
        try:
            await call.engine.networks.remove(network.id)
        except DockyardError:
            continue  # somebody began to use it
        removed.append(network.name)
    call.engine.events.publish("network", "prune", "", {"reclaimed": "0"})
    return JsonAnswer({"NetworksDeleted": removed or None})


async def network_connect(call: Call) -> Answer:
    """`POST /networks/{id}/connect`. A MAC address counts in every version: Docker before 1.54 took and forgot it."""
    body = msgspec.convert(await call.json(CONNECT), ConnectRequest)
    endpoint = body.endpoint_config or EndpointConfig()
    if call.version < GATEWAY_PRIORITY_SINCE:
        endpoint = msgspec.structs.replace(endpoint, gw_priority=0)
    if not body.container:
        raise InvalidParameter('invalid name or ID supplied: ""')
    await call.engine.containers.connect(body.container, call.name, endpoint)
    return EmptyAnswer(200)


async def network_disconnect(call: Call) -> Answer:
    """`POST /networks/{id}/disconnect`."""
    body = msgspec.convert(await call.json(DISCONNECT), DisconnectRequest)
    await call.engine.containers.disconnect(body.container, call.name, force=body.force)
    return EmptyAnswer(200)


def _block(config: IpamConfig) -> Subnet:
    return Subnet(config.subnet, config.gateway, config.ip_range, _pairs(config.auxiliary_addresses))


def _pairs(texts: StringMap) -> tuple[tuple[str, str], ...]:
    return tuple((texts or {}).items())
