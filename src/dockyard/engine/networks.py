"""The networks of the engine: the network package's controller, called from one thread of its own.

`connect` and `disconnect` translate between a container's record and the controller's values.
"""

import asyncio
import dataclasses
from collections.abc import Awaitable, Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from typing import TypeVar

import msgspec

from dockyard.engine.config import DaemonConfig
from dockyard.engine.containers.collection import Collection
from dockyard.engine.containers.links import linked_ports
from dockyard.engine.containers.network_requests import attach_requests, connected, wanted_networks
from dockyard.engine.containers.record import Container
from dockyard.engine.etc_files import EtcFiles
from dockyard.engine.events import Events
from dockyard.engine.identifiers import new_id
from dockyard.errors import InvalidParameter, NotFound
from dockyard.network.attachment import (
    Attachment,
    AttachRequest,
    BridgeInfo,
    NetworkInfo,
    PortRequest,
    PublishedPort,
    RemoteEndpoint,
)
from dockyard.network.companion.directory import Settings
from dockyard.network.controller import NetworkController
from dockyard.network.request import NetworkRequest

Answer = TypeVar("Answer")


class Networks:
    """The networks of one engine; methods are for the event loop's thread unless they say otherwise."""

    def __init__(
        self,
        daemon: DaemonConfig,
        collection: Collection,
        events: Events,
        make_controller: Callable[[], NetworkController],
    ) -> None:
        self._events = events
        self._collection = collection
        self._executor = ThreadPoolExecutor(1, "dockyard-network")
        self._make_controller = make_controller
        self._controller: NetworkController | None = None
        self._started = asyncio.Event()
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
        await self._changed()
        self._started.set()
        return self.bridge

    def known(self) -> Sequence[NetworkInfo]:
        """All networks, without their endpoints: what can be asked without waiting."""
        return self._known

    async def list(self) -> Sequence[NetworkInfo]:
        """All networks with their endpoints."""
        return [self._with_names(network) for network in await self._run(self._use().networks)]

    async def inspect(self, ref: str, scope: str = "") -> NetworkInfo:
        """The network with this name, id or unique prefix of an id, and of that scope; NotFound in Docker's words."""
        return find_network([one for one in await self.list() if scope in ("", one.scope)], ref)

    async def create(self, request: NetworkRequest) -> tuple[NetworkInfo, Sequence[str]]:
        """Makes a network; it, and what the user should know. DockyardError when it can't be had."""
        made, warnings = await self._run(self._use().create_network, request)
        await self._changed()
        self._announce(made, "create")
        return made, warnings

    async def set_remote_endpoints(self, ref: str, endpoints: Sequence[RemoteEndpoint]) -> None:
        """Says which containers of an overlay network are on other hosts; NotFound, InvalidParameter, SystemFailure."""
        await self._run(self._use().set_remote_endpoints, find_network(self._known, ref).id, endpoints)

    async def remove(self, ref: str) -> None:
        """Removes a network that nobody is in; NotFound, Forbidden."""
        removed = await self._run(self._use().remove_network, find_network(self._known, ref).id)
        await self._changed()
        if not removed.config_only:
            self._events.publish("network", "destroy", removed.id, {"name": removed.name, "type": removed.driver})

    async def connect(
        self, record: Container, make_sandbox: Callable[[str], Awaitable[None]] | None = None
    ) -> Container:
        """Makes the container's sandbox and endpoints; the record with what came out.

        `make_sandbox` makes the namespace at a path, for a container that it mustn't be the host's root's.
        """
        await self._started.wait()
        sandbox_id = new_id()
        # A name that meant a network before doesn't come to mean another one by the beginning of its id.
        meant = {endpoint.network_name for endpoint in record.endpoints if endpoint.network_id}
        found = {name: find_network(self._known, name, exactly=name in meant) for name in wanted_networks(record)}
        linked = linked_ports(record, (entry.record for entry in self._collection))
        requests = attach_requests(record, sandbox_id, found, linked)
        if make_sandbox is not None:
            await make_sandbox(self._use().sandbox_path(sandbox_id))
        path, attachments = await self._run(self._connect, sandbox_id, requests, self.files.names(record))
        record = msgspec.structs.replace(record, sandbox_id=sandbox_id if path else "", sandbox_key=path)
        return connected(record, attachments)

    async def disconnect(self, record: Container) -> None:
        """Takes back endpoints and sandbox of a record that `connect` returned, in this or an earlier daemon's life.

        A container may end before `start`: that one has taken all of it back, or it is done afterwards.
        """
        await self._started.wait()
        await self._run(self._disconnect, record)

    async def attach(self, record: Container, request: AttachRequest) -> Attachment:
        """One more endpoint for the sandbox of a container that lives."""
        await self._run(self._use().settle_names, record.sandbox_id, self.files.names(record))
        return await self._run(self._use().attach, request)

    async def publishing_warnings(self, requests: Sequence[PortRequest]) -> Sequence[str]:
        """What a user should know who publishes these ports."""
        return await self._run(self._use().publishing_warnings, requests) if requests else ()

    async def republish(
        self, attachment: Attachment, removed: Sequence[PublishedPort], requests: Sequence[PortRequest]
    ) -> Attachment:
        """Other published ports for an endpoint of a container that runs; it, as it is then. DockyardError."""
        return await self._run(self._use().republish, attachment.endpoint_id, removed, requests)

    async def rename(self, attachment: Attachment) -> None:
        """Other names for an endpoint of a container that runs."""
        await self._run(self._use().rename, attachment)

    async def detach(self, attachment: Attachment) -> None:
        """Takes an endpoint out of a sandbox that lives on."""
        await self._run(self._use().disconnect, attachment)

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

    def _connect(
        self, sandbox_id: str, requests: Sequence[AttachRequest], names: Settings
    ) -> tuple[str, Sequence[Attachment]]:
        controller = self._use()
        host = self._host_id()
        path = "" if any(request.network == host for request in requests) else controller.create_sandbox(sandbox_id)
        done: dict[str, Attachment] = {}
        with ExitStack() as undo:
            if path:
                undo.callback(controller.remove_sandbox, sandbox_id)
                controller.settle_names(sandbox_id, names)
            for request in requests:
                done[request.endpoint_id] = controller.attach(request)
                undo.callback(controller.detach, done[request.endpoint_id])
            if path and not requests:
                controller.leave_alone(sandbox_id)
            undo.pop_all()
        return path, tuple(done.values())

    def _host_id(self) -> str:
        return next((network.id for network in self._known if network.name == "host"), "host")

    def _disconnect(self, record: Container) -> None:
        controller = self._use()
        with ExitStack() as steps:  # each is taken, whatever becomes of the others
            if record.sandbox_id:
                steps.callback(controller.remove_sandbox, record.sandbox_id)
            for attachment in record.attachments:
                steps.callback(controller.detach, attachment)

    async def _changed(self) -> None:
        self._known = await self._run(self._use().networks)

    def _announce(self, network: NetworkInfo, action: str) -> None:
        self._events.publish("network", action, network.id, {"name": network.name, "type": network.driver})

    def _use(self) -> NetworkController:
        assert self._controller is not None, "start() comes first"
        return self._controller

    async def _run(self, function: Callable[..., Answer], *arguments: object) -> Answer:
        return await asyncio.get_running_loop().run_in_executor(self._executor, function, *arguments)


def find_network(networks: Sequence[NetworkInfo], ref: str, *, exactly: bool = False) -> NetworkInfo:
    """The network with this id, name, or, unless it shall be `exactly` that, unique prefix of an id.

    Raises:
        NotFound: none; in Docker's words.
        InvalidParameter: a prefix of several.
    """
    exact = [network for network in networks if ref == network.id] or [one for one in networks if ref == one.name]
    found = exact or [one for one in networks if ref and not exactly and one.id.startswith(ref)]
    if len(found) > 1:
        raise InvalidParameter(f"{len(found)} matches found based on ID prefix: network {ref} is ambiguous")
    if not found:
        raise NotFound(f"network {ref} not found")
    return found[0]
