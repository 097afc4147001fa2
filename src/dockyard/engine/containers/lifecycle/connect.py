"""`network connect` and `disconnect`: a container comes into a network, or leaves it, running or not.

In a container that runs, the order keeps the record ahead of loss: an endpoint is made first and recorded then, and
recorded as gone first and taken away then. A SIGKILL in between leaves an endpoint that no record knows, which the next
start of the daemon removes from the sandbox.
"""

import msgspec

from dockyard.engine.containers.collection import Entry
from dockyard.engine.containers.config import EndpointConfig
from dockyard.engine.containers.endpoints import check_endpoint
from dockyard.engine.containers.lifecycle.move_ports import move_ports
from dockyard.engine.containers.network_requests import (
    SHARING,
    attach_request,
    check_together,
    connected,
    wanted_networks,
    with_networks,
)
from dockyard.engine.containers.record import Container, Endpoint
from dockyard.engine.containers.services import Services
from dockyard.engine.containers.state import Status
from dockyard.engine.networks import find_network
from dockyard.errors import Forbidden, InvalidParameter, NotFound, SystemFailure
from dockyard.network.attachment import NetworkInfo


async def connect(services: Services, entry: Entry, ref: str, endpoint: EndpointConfig) -> None:
    """Brings a container into a network.

    Raises:
        NotFound: a running container and no such network; one that is stopped may wait for the network.
        InvalidParameter: the endpoint, or these networks together, can't be had.
        Forbidden: the container is in that network, and runs.
    """
    async with entry.lock:
        record = _usable(entry)
        if record.host_config.network_mode.startswith(SHARING):
            raise InvalidParameter(
                "container sharing network namespace with another container or host cannot be connected to any other "
                "network"
            )
        try:
            network = find_network(services.networks.known(), ref)
        except NotFound:
            if record.state.running:
                raise
            _replace_networks(services, entry, {**wanted_networks(record), ref: endpoint})
            return
        check_endpoint(network, endpoint)
        wanted = wanted_networks(record)
        present = network.name in wanted
        if not present:
            found = _found(services, [*wanted, network.name])
            check_together(record.host_config.network_mode, [one.driver for one in found.values()])
        if record.state.running:
            if present:
                raise Forbidden(f"endpoint with name {record.name} already exists in network {network.name}")
            await _connect_running(services, entry, network, endpoint)
        elif not present:
            _replace_networks(services, entry, {**wanted, network.name: endpoint})


async def disconnect(services: Services, entry: Entry, ref: str, *, force: bool) -> None:
    """Takes a container out of a network.

    Raises:
        NotFound: there is no such network, and `force` isn't given.
        InvalidParameter: the network is the host's.
        SystemFailure: the container isn't in the network; Docker's status for that.
    """
    async with entry.lock:
        record = _usable(entry)
        network: NetworkInfo | None = None
        try:
            network = find_network(services.networks.known(), ref)
        except NotFound:
            if record.state.running and not force:
                raise
        name = network.name if network is not None else ref
        wanted = wanted_networks(record)
        if network is not None and network.driver == "host" and record.host_config.network_mode == "host":
            raise InvalidParameter(
                "cannot disconnect container from host network - container was created in host network mode"
            )
        if name not in wanted:
            article = "" if record.state.running else "the "
            raise SystemFailure(f"container {record.id} is not connected to {article}network {name}")
        del wanted[name]
        if record.state.running:
            await _disconnect_running(services, entry, name, wanted)
        else:
            _replace_networks(services, entry, wanted)


async def _connect_running(services: Services, entry: Entry, network: NetworkInfo, endpoint: EndpointConfig) -> None:
    record = entry.record
    wanted = {**wanted_networks(record), network.name: endpoint}
    attachment = await services.networks.attach(
        record, attach_request(record, record.sandbox_id, network, endpoint, ())
    )
    after = connected(with_networks(record, wanted), (*record.attachments, attachment))
    try:
        services.collection.replace(entry, after)
    except BaseException:
        await services.networks.detach(attachment)
        raise
    services.networks.files.change(after, record)
    await move_ports(services, entry, record.attachments)
    services.announce_network(after, network.id, network.name, "connect")


async def _disconnect_running(services: Services, entry: Entry, name: str, wanted: dict[str, EndpointConfig]) -> None:
    record = entry.record
    gone = [one for one in record.attachments if one.network == name]
    after = connected(with_networks(record, wanted), [one for one in record.attachments if one.network != name])
    after = services.collection.replace(entry, after)
    try:
        for attachment in gone:
            await services.networks.detach(attachment)
        await move_ports(services, entry, record.attachments)
    finally:
        services.networks.files.change(after, record)
        for attachment in gone:
            services.announce_network(record, attachment.network_id, name, "disconnect")


def _replace_networks(services: Services, entry: Entry, wanted: dict[str, EndpointConfig]) -> None:
    """Another set of networks for a container that doesn't run."""
    record = entry.record
    found = {one.name: one.id for one in services.networks.known()}
    endpoints = tuple(Endpoint(network_name=name, network_id=found.get(name, "")) for name in wanted)
    services.collection.replace(entry, msgspec.structs.replace(with_networks(record, wanted), endpoints=endpoints))


def _found(services: Services, names: list[str]) -> dict[str, NetworkInfo]:
    known = {one.name: one for one in services.networks.known()}
    return {name: known[name] for name in names if name in known}


def _usable(entry: Entry) -> Container:
    record = entry.record
    if entry.removed.done() or record.state.status in (Status.REMOVING, Status.DEAD):
        raise SystemFailure(
            f"Container {record.id} is marked for removal and cannot be connected or disconnected to the network"
        )
    return record
