"""Published ports follow the way out: they are with the network that is the container's best way out of those that can
publish, and go to another one when that changes. They keep their numbers.
"""

from collections.abc import Sequence

from dockyard.engine.containers.collection import Entry
from dockyard.engine.containers.network_requests import connected, publisher, wanted_networks
from dockyard.engine.containers.ports import published_ports
from dockyard.engine.containers.record import Container
from dockyard.engine.containers.services import Services
from dockyard.network.attachment import Attachment, PortRequest, PublishedPort


async def move_ports(services: Services, entry: Entry, before: Sequence[Attachment]) -> None:
    """Publish the ports of a running container where they belong now; the caller holds its lock.

    Args:
        services: of the engine.
        entry: of the container, whose record has its present endpoints.
        before: the endpoints that it had, whose ports tell which numbers to keep.

    Raises:
        SystemFailure: a port can't be had at its new place; the others are where they were.
    """
    record = entry.record
    wanted = wanted_networks(record)
    found = {one.name: one for one in services.networks.known() if one.name in wanted}
    best = publisher({name: wanted[name] for name in found}, found)
    target = next((one for one in record.attachments if one.network == best), None)
    holder = next((one for one in record.attachments if one.ports), None)
    if target is None or target is holder:
        return
    requests = _requests(record, [port for one in before for port in one.ports])
    if not requests:
        return
    if holder is not None:
        await _republish(services, entry, holder, holder.ports, ())
    await _republish(services, entry, target, (), requests)


async def _republish(
    services: Services,
    entry: Entry,
    endpoint: Attachment,
    removed: Sequence[PublishedPort],
    requests: Sequence[PortRequest],
) -> None:
    after = await services.networks.republish(endpoint, removed, requests)
    record = entry.record
    endpoints = [after if one.endpoint_id == after.endpoint_id else one for one in record.attachments]
    services.collection.replace(entry, connected(record, endpoints))


def _requests(record: Container, had: Sequence[PublishedPort]) -> tuple[PortRequest, ...]:
    if not had:
        return published_ports(record.config, record.host_config)
    return tuple(
        PortRequest(one.protocol, one.container_port, one.host_ip, one.host_port, one.host_port) for one in had
    )
