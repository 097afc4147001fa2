"""From a request to the record of a new network: checks in Docker's order and words, then addresses. Pure.

https://docs.docker.com/reference/cli/docker/network/create/
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from ipaddress import ip_network
from typing import Final

from dockyard.errors import AlreadyExists, Forbidden, InvalidParameter, NotFound
from dockyard.network.attachment import Subnet
from dockyard.network.config import AddressPool
from dockyard.network.drivers.planning import Planner
from dockyard.network.host_view import HostView
from dockyard.network.ipam.pools import Use, own_ipv6_pools
from dockyard.network.ipam.subnets import allocate, check_subnets
from dockyard.network.networks import PREDEFINED, NetworkRecord
from dockyard.network.request import DEFAULT_DRIVER, DEFAULT_IPAM, NetworkRequest

_DEFAULT: Final = "default"
"""What containers call the network that they get when they name none."""

_LABELS: Final = {4: "com.docker.network.enable_ipv4", 6: "com.docker.network.enable_ipv6"}
_TRUTHS: Final = {
    **dict.fromkeys(("1", "t", "T", "TRUE", "true", "True"), True),
    **dict.fromkeys(("0", "f", "F", "FALSE", "false", "False"), False),
}


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What a new network must get along with.

    Attributes:
        records: of all networks there are.
        host: links, addresses and routes of the host.
        uses: subnets in use that the host may not show: of the default bridge.
        pools: where subnets come from; may lack those of IPv6.
        planners: the drivers, by name.
    """

    records: Sequence[NetworkRecord]
    host: HostView
    uses: Sequence[Use]
    pools: Sequence[AddressPool]
    planners: Mapping[str, Planner]


def plan_network(request: NetworkRequest, network_id: str, created: str, around: Surroundings) -> NetworkRecord:
    """The record of the network, with all addresses chosen; nothing happens yet.

    Raises:
        InvalidParameter, Forbidden, NotFound, AlreadyExists, SystemFailure: in Docker's words.
    """
    if request.name in (*PREDEFINED, _DEFAULT):
        raise Forbidden(f"operation is not permitted on predefined {request.name} network ")
    driver = request.driver or DEFAULT_DRIVER
    if driver == "overlay" and driver not in around.planners:
        raise Forbidden(
            'This node is not a swarm manager. Use "docker swarm init" or "docker swarm join" to connect this node to '
            "swarm and try again."
        )
    wanted = NetworkRecord(
        id=network_id,
        name=request.name,
        driver=driver,
        created=created,
        scope=request.scope or "local",
        internal=request.internal,
        attachable=request.attachable,
        ingress=request.ingress,
        config_only=request.config_only,
        config_from=request.config_from or "",
        enable_ipv4=_enabled(request.enable_ipv4, request.options, 4),
        enable_ipv6=_enabled(request.enable_ipv6, request.options, 6),
        ipam_driver=request.ipam_driver or DEFAULT_IPAM,
        ipam_options=request.ipam_options,
        subnets=request.subnets,
        options=_without_labels(request),
        labels=request.labels,
    )
    check_subnets(wanted.subnets, enable_ipv6=wanted.enable_ipv6)
    if not request.name.strip():
        raise InvalidParameter("invalid name: name is empty")
    if any(record.name == request.name for record in around.records):
        raise AlreadyExists(f"network with name {request.name} already exists")
    _check_configuration(request, wanted)
    if wanted.config_only:
        return replace(wanted, driver="null", scope="local")
    _check_driver(request, driver, around.planners)
    if wanted.config_from:
        wanted = _configured(wanted, around.records)
    if wanted.ipam_driver not in (DEFAULT_IPAM, "null"):
        raise NotFound(f'plugin "{wanted.ipam_driver}" not found')
    planner = around.planners[driver]
    planner.check(wanted)
    wanted = replace(wanted, subnets=_allocated(wanted, planner, around))
    return planner.complete(wanted, around.host, around.records)


def warnings_of(record: NetworkRecord, request: NetworkRequest, around: Surroundings) -> list[str]:
    """What the user should know: a subnet of his own choice that is in the way of the host."""
    asked = {block.subnet for block in request.subnets if block.subnet}
    found = []
    for block in record.subnets:
        if block.subnet not in asked:
            continue
        subnet = ip_network(block.subnet)
        for use in around.uses:
            same_family = use.network.version == subnet.version and use.network.prefixlen > 0
            if same_family and use.network.overlaps(subnet):
                found.append(f"subnet {subnet} of network {record.name} overlaps {use.by}")
                break
    return found


def _enabled(asked: bool | None, options: Iterable[tuple[str, str]], version: int) -> bool:
    if asked is not None:
        return asked
    label = _LABELS[version]
    value = dict(options).get(label)
    if value is None:
        return version == 4
    if value not in _TRUTHS:
        raise InvalidParameter(f'driver-opt "{label}" is not a valid bool')
    return _TRUTHS[value]


def _without_labels(request: NetworkRequest) -> tuple[tuple[str, str], ...]:
    """The options without those that the request's own fields overrule."""
    overruled = {
        _LABELS[version] for version, asked in ((4, request.enable_ipv4), (6, request.enable_ipv6)) if asked is not None
    }
    return tuple((name, value) for name, value in request.options if name not in overruled)


def _check_configuration(request: NetworkRequest, wanted: NetworkRecord) -> None:
    if request.config_only and (request.ingress or request.internal or request.attachable or request.scope):
        raise Forbidden(
            "configuration network can only contain network specific fields. Network operator fields like "
            "[ ingress | internal | attachable | scope ] are not supported."
        )
    if not wanted.config_from:
        return
    if request.config_only:
        raise Forbidden("a configuration network cannot depend on another configuration network")
    own = (
        wanted.ipam_driver != DEFAULT_IPAM,
        not wanted.enable_ipv4,
        wanted.enable_ipv6,
        wanted.labels,
        wanted.ipam_options,
        wanted.subnets,
    )
    if any(own):
        raise Forbidden(
            "user-specified configurations are not supported if the network depends on a configuration network"
        )
    if wanted.options:
        raise Forbidden("network driver options are not supported if the network depends on a configuration network")


def _check_driver(request: NetworkRequest, driver: str, planners: Mapping[str, Planner]) -> None:
    if driver in ("host", "null"):
        raise Forbidden(f'only one instance of "{driver}" network is allowed')
    if driver not in planners:
        raise NotFound(f'plugin "{driver}" not found')
    if request.ingress:
        raise Forbidden("Ingress network can only be global scope network")
    if request.scope == "swarm":
        raise Forbidden("cannot create a swarm scoped network when swarm is not active")


def _configured(wanted: NetworkRecord, records: Iterable[NetworkRecord]) -> NetworkRecord:
    """`wanted` with what the configuration network that it names says."""
    source = next((one for one in records if one.name == wanted.config_from and one.config_only), None)
    if source is None:
        raise NotFound(f'configuration network "{wanted.config_from}" does not exist')
    return replace(
        wanted,
        enable_ipv4=source.enable_ipv4,
        enable_ipv6=source.enable_ipv6,
        ipam_driver=source.ipam_driver,
        ipam_options=source.ipam_options,
        subnets=source.subnets,
        options=source.options,
        labels=source.labels,
    )


def _allocated(wanted: NetworkRecord, planner: Planner, around: Surroundings) -> tuple[Subnet, ...]:
    versions = [version for version, on in ((4, wanted.enable_ipv4), (6, wanted.enable_ipv6)) if on]
    if not versions:
        raise InvalidParameter("IPv4 or IPv6 must be enabled")
    if wanted.ipam_driver == "null":
        raise InvalidParameter(f"ipv{versions[0]} pool is empty")
    taken = [
        ip_network(block.subnet) for record in around.records if not record.config_only for block in record.subnets
    ]
    uses = [*around.uses, *(Use(subnet, "another network") for subnet in taken)]
    found: tuple[Subnet, ...] = ()
    for version in versions:
        found += allocate(
            wanted.subnets,
            version,
            pools=_pools(around, version),
            in_use=uses,
            networks=taken,
            with_gateway=planner.wants_gateway(wanted, version),
        )
    return found


def _pools(around: Surroundings, version: int) -> Sequence[AddressPool]:
    if version == 4 or any(":" in pool.base for pool in around.pools):
        return around.pools
    return own_ipv6_pools(min(around.records, key=lambda record: record.created).id)
