"""The networks of the engine: the network package's controller, called from one thread of its own.

`connect` and `disconnect` translate between a container's record and the controller's values.
"""

import asyncio
import dataclasses
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

import msgspec

from dockyard.engine.config import DaemonConfig
from dockyard.engine.containers.collection import Collection
from dockyard.engine.containers.config import EndpointConfig
from dockyard.engine.containers.ports import published_ports
from dockyard.engine.containers.record import Container, Endpoint
from dockyard.engine.etc_files import EtcFiles
from dockyard.engine.identifiers import new_id
from dockyard.errors import NotFound
from dockyard.network.attachment import Attachment, AttachRequest, BridgeInfo, NetworkInfo
from dockyard.network.controller import NetworkController
from dockyard.network.portmap.bindings import port_map
from dockyard.network.resolver.directory import Settings

Answer = TypeVar("Answer")


class Networks:
    """The networks of one engine; methods are for the event loop's thread unless they say otherwise."""

    def __init__(
        self, daemon: DaemonConfig, collection: Collection, make_controller: Callable[[], NetworkController]
    ) -> None:
        self._collection = collection
        self._executor = ThreadPoolExecutor(1, "dockyard-network")
        self._make_controller = make_controller
        self._controller: NetworkController | None = None
        self._known: list[NetworkInfo] = []
        self.bridge = BridgeInfo("")
        self.files = EtcFiles(daemon, collection, lambda: self.bridge)

    async def start(self, living: Sequence[Container]) -> BridgeInfo:
        """Brings up bridge, rules and sandboxes, and keeps what the containers of `living` use."""
        self._controller = await self._run(self._make_controller)
        attachments = [attachment for record in living for attachment in record.attachments]
        self.bridge = await self._run(self._controller.start, attachments)
        names = {record.sandbox_id: self.files.names(record) for record in living if record.sandbox_id}
        await self._run(self._controller.start_names, names)
        for record in living:
            self.files.change(record, record)
        self._known = await self._run(self._controller.networks)
        return self.bridge

    def known(self) -> Sequence[NetworkInfo]:
        """All networks, without their endpoints: what can be asked without waiting."""
        return self._known

    async def list(self) -> Sequence[NetworkInfo]:
        """All networks with their endpoints."""
        return [self._with_names(network) for network in await self._run(self._use().networks)]

    async def inspect(self, ref: str) -> NetworkInfo:
        """The network with this name, id or unique prefix of an id; NotFound in Docker's words."""
        networks = await self.list()
        exact = [network for network in networks if ref in (network.name, network.id)]
        found = exact or [network for network in networks if ref and network.id.startswith(ref)]
        if len(found) != 1:
            raise NotFound(f"network {ref} not found")
        return found[0]

    async def connect(self, record: Container) -> Container:
        """Makes the container's sandbox and endpoint; the record with what came out."""
        sandbox_id = new_id()
        request = AttachRequest(
            container_id=record.id,
            container_name=record.name,
            sandbox_id=sandbox_id,
            endpoint_id=new_id(),
            network=record.host_config.network_mode,
            ports=published_ports(record.config, record.host_config),
            mac=_wanted_mac(record),
            ipv4=_wanted_ipv4(record),
        )
        path, attachment = await self._run(self._connect, request, self.files.names(record))
        return msgspec.structs.replace(
            record,
            sandbox_id=sandbox_id if path else "",
            sandbox_key=path,
            attachments=(attachment,),
            endpoints=(_endpoint(attachment),),
            ports=_ports(record, attachment),
        )

    async def disconnect(self, record: Container) -> None:
        """Takes back endpoint and sandbox of a record that `connect` returned."""
        await self._run(self._disconnect, record)

    async def reassert(self) -> None:
        """Makes rules and links right again after somebody changed them."""
        await self._run(self._use().reassert)

    async def close(self) -> None:
        """Ends the controller; containers keep their network."""
        if self._controller is not None:
            await self._run(self._controller.close)
        self._executor.shutdown()

    def _with_names(self, network: NetworkInfo) -> NetworkInfo:
        """`network` with the names that its containers have now: an attachment keeps the one that it was made with."""
        names = {entry.record.id: entry.record.name for entry in self._collection}
        containers = tuple(
            dataclasses.replace(one, container_name=names.get(one.container_id, one.container_name))
            for one in network.containers
        )
        return dataclasses.replace(network, containers=containers)

    def _connect(self, request: AttachRequest, names: Settings) -> tuple[str, Attachment]:
        controller = self._use()
        path = "" if request.network == "host" else controller.create_sandbox(request.sandbox_id)
        try:
            if path:
                controller.settle_names(request.sandbox_id, names)
            return path, controller.attach(request)
        except BaseException:
            if path:
                controller.remove_sandbox(request.sandbox_id)
            raise

    def _disconnect(self, record: Container) -> None:
        controller = self._use()
        try:
            for attachment in record.attachments:
                controller.detach(attachment)
        finally:
            if record.sandbox_id:
                controller.remove_sandbox(record.sandbox_id)

    def _use(self) -> NetworkController:
        assert self._controller is not None, "start() comes first"
        return self._controller

    async def _run(self, function: Callable[..., Answer], *arguments: object) -> Answer:
        return await asyncio.get_running_loop().run_in_executor(self._executor, function, *arguments)


def _endpoint(attachment: Attachment) -> Endpoint:
    return Endpoint(
        network_name=attachment.network,
        network_id=attachment.network_id,
        endpoint_id=attachment.endpoint_id,
        gateway=attachment.gateway,
        ip_address=attachment.ipv4,
        ip_prefix_len=attachment.prefix_length,
        mac_address=attachment.mac,
        ipv6_gateway=attachment.ipv6_gateway,
        global_ipv6_address=attachment.ipv6,
        global_ipv6_prefix_len=attachment.ipv6_prefix_length,
        dns_names=attachment.dns_names or None,
    )


def _ports(record: Container, attachment: Attachment) -> dict[str, tuple[tuple[str, str], ...] | None]:
    """Published ports as `inspect` shows them; exposed ones that aren't published have None."""
    if attachment.driver != "bridge":
        return {}
    exposed = {*(record.config.exposed_ports or {}), *(record.host_config.port_bindings or {})}
    return {
        port: None if places is None else tuple((place["HostIp"], place["HostPort"]) for place in places)
        for port, places in port_map(attachment.ports, exposed).items()
    }


def _wanted_mac(record: Container) -> str | None:
    endpoint = _wanted_endpoint(record)
    return (endpoint.mac_address if endpoint else "") or record.config.mac_address or None


def _wanted_ipv4(record: Container) -> str | None:
    endpoint = _wanted_endpoint(record)
    return (endpoint.ipam_config.ipv4_address or None) if endpoint and endpoint.ipam_config else None


def _wanted_endpoint(record: Container) -> EndpointConfig | None:
    wanted = record.networking.endpoints_config or {}
    return next(iter(wanted.values()), None)
