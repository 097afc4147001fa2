"""Published ports of a container, changed while it runs: beyond Docker, where they are fixed at creation.

What is asked is in the words of `HostConfig.PortBindings`. Ports in both, the old and the new, are served on without a
gap. The kernel goes first and the record follows: a daemon that is killed in between brings back what the record says.
"""

from collections.abc import Mapping, Sequence

import msgspec

from dockyard.engine.containers.collection import Entry
from dockyard.engine.containers.config import PortBinding, PortMap
from dockyard.engine.containers.network_requests import PORTS_BY, connected
from dockyard.engine.containers.ports import port_requests
from dockyard.engine.containers.record import Container
from dockyard.engine.containers.services import Services
from dockyard.errors import Conflict, NotFound
from dockyard.network.attachment import Attachment, PublishedPort
from dockyard.network.portmap.bindings import parse_port

Bindings = Mapping[str, Sequence[PortBinding]]


async def change_ports(services: Services, entry: Entry, added: PortMap, removed: PortMap) -> None:
    """Publishes `added` and no longer `removed`; the caller holds the entry's lock.

    Args:
        services: of the engine.
        entry: of the container, whatever its state.
        added: as in `PortBindings`.
        removed: the same; no binding for a port means all of it, an empty address or port of the host means any.

    Raises:
        InvalidParameter: a port, range or address is none.
        NotFound: a port of `removed` isn't published.
        Conflict: the container has no network of its own that publishes ports.
        SystemFailure: a port can't be had; in Docker's words.
    """
    record = entry.record
    host = record.host_config
    if host.network_mode == "host" or host.network_mode.startswith("container:"):
        raise Conflict(f"container {record.id} has no ports of its own to publish: its network is {host.network_mode}")
    wanted = msgspec.structs.replace(host, port_bindings=added)
    requests = port_requests(wanted)
    after = msgspec.structs.replace(host, port_bindings=changed_bindings(host.port_bindings, added, removed))
    changed = msgspec.structs.replace(record, host_config=after)
    if record.state.running:
        endpoint = _publishing(record)
        gone = [port for port in endpoint.ports if _is_meant(port, removed or {})]
        _demand_found(record, removed or {}, [*gone, *_bound(host.port_bindings)])
        endpoint = await services.networks.republish(endpoint, gone, requests)
        others = [endpoint if one.endpoint_id == endpoint.endpoint_id else one for one in record.attachments]
        changed = connected(changed, others)
    else:
        _demand_found(record, removed or {}, _bound(host.port_bindings))
    services.collection.replace(entry, changed)


def changed_bindings(before: PortMap, added: PortMap, removed: PortMap) -> dict[str, tuple[PortBinding, ...]]:
    """`HostConfig.PortBindings` as they are afterwards."""
    after: dict[str, tuple[PortBinding, ...]] = {}
    for port, bindings in (before or {}).items():
        number, protocol = parse_port(port)
        kept = tuple(one for one in bindings or (PortBinding(),) if not _matches(number, protocol, one, removed or {}))
        if kept:
            after[port] = kept
    for port, bindings in (added or {}).items():
        number, protocol = parse_port(port)
        name = f"{number}/{protocol}"
        after[name] = (*after.get(name, ()), *(bindings or (PortBinding(),)))
    return after


def _publishing(record: Container) -> Attachment:
    """The endpoint that has the ports, else the best way out among those that could have them."""
    able = [one for one in record.attachments if one.driver == PORTS_BY and not one.internal]
    if not able:
        raise Conflict(f"container {record.id} is in no network that publishes ports")
    return min(able, key=lambda one: (not one.ports, -one.gw_priority, one.network))


def _is_meant(port: PublishedPort, removed: Mapping[str, Sequence[PortBinding] | None]) -> bool:
    return _matches(port.container_port, port.protocol, PortBinding(port.host_ip, str(port.host_port)), removed)


def _matches(
    number: int, protocol: str, place: PortBinding, removed: Mapping[str, Sequence[PortBinding] | None]
) -> bool:
    for port, bindings in removed.items():
        if parse_port(port) != (number, protocol):
            continue
        if not bindings:
            return True
        for one in bindings:
            same_address = not one.host_ip or one.host_ip == place.host_ip
            if same_address and one.host_port in ("", place.host_port):
                return True
    return False


def _bound(bindings: PortMap) -> list[PublishedPort]:
    """What a record asks for, as far as it names host ports, to look for it."""
    found = []
    for port, some in (bindings or {}).items():
        number, protocol = parse_port(port)
        for one in some or (PortBinding(),):
            host_port = int(one.host_port) if one.host_port.isdigit() else 0
            found.append(PublishedPort(protocol, number, one.host_ip, host_port))
    return found


def _demand_found(
    record: Container, removed: Mapping[str, Sequence[PortBinding] | None], present: Sequence[PublishedPort]
) -> None:
    for port in removed:
        if not any(_is_meant(one, {port: removed[port]}) for one in present):
            raise NotFound(f"container {record.id} doesn't publish port {port} there")
