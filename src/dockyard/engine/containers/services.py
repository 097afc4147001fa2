"""What the container verbs work with: the parts of the engine, given to each verb as one argument."""

import asyncio
from collections.abc import Callable, Coroutine, Mapping
from dataclasses import dataclass, field
from typing import Any

from dockyard.engine.config import DaemonConfig
from dockyard.engine.containers.collection import Collection
from dockyard.engine.containers.record import Container
from dockyard.engine.containers.spec.build import Machine
from dockyard.engine.deletion import Deletion
from dockyard.engine.events import Events
from dockyard.engine.images import Images
from dockyard.engine.logs.forwarder import LogForwarder
from dockyard.engine.networks import Networks
from dockyard.engine.paths import Paths
from dockyard.engine.settings import Settings
from dockyard.engine.volumes import Volumes
from dockyard.store.layers import LayerStore
from dockyard.supervisor.client import SupervisorClient


@dataclass(slots=True)
class Background:
    """Work that no request waits for; `finish` waits for all of it when the engine closes."""

    on_error: Callable[[str, BaseException], None]
    _tasks: set["asyncio.Task[Any]"] = field(default_factory=set)

    def start(self, name: str, work: Coroutine[Any, Any, Any]) -> "asyncio.Task[Any]":
        """Runs `work` as a task; its error is reported, never lost."""
        task = asyncio.create_task(work, name=name)
        self._tasks.add(task)
        task.add_done_callback(self._done)
        return task

    async def finish(self) -> None:
        """Waits until nothing is under way."""
        while self._tasks:
            await asyncio.wait(tuple(self._tasks))

    async def cancel(self) -> None:
        """Ends all work that is under way."""
        for task in tuple(self._tasks):
            task.cancel()
        await self.finish()

    def _done(self, task: "asyncio.Task[Any]") -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            self.on_error(task.get_name(), error)


@dataclass(frozen=True, slots=True)
class Services:
    """The engine's parts, as the verbs of a container need them."""

    settings: Settings
    machine: Machine
    paths: Paths
    collection: Collection
    layers: LayerStore
    images: Images
    volumes: Volumes
    networks: Networks
    supervisor: SupervisorClient
    events: Events
    background: Background
    deletion: Deletion
    log_forwarder: LogForwarder
    clock_ns: Callable[[], int]
    figures: Callable[[str], Mapping[str, Any]]
    """What the cgroup at a `linux.cgroupsPath` counts; DockyardError when it is gone."""

    @property
    def daemon(self) -> DaemonConfig:
        """The daemon's configuration as it is now: a reload may replace it, so don't keep it."""
        return self.settings.current

    def announce(self, container: Container, action: str, **attributes: str) -> None:
        """Publishes a container event with the attributes that Docker gives each: labels, image and name."""
        actor = {**(container.config.labels or {}), **attributes}
        actor.update(image=container.config.image, name=container.name)
        self.events.publish("container", action, container.id, actor)

    def announce_mounts(self, container: Container) -> None:
        """Publishes a volume event `mount` for each volume of a container that starts."""
        for one in container.mounts:
            if one.type == "volume":
                how = {"destination": one.destination, "propagation": one.propagation}
                writable = {"read/write": "true" if one.rw else "false"}
                whose = {"container": container.id, "driver": one.driver}
                self.events.publish("volume", "mount", one.name, {**whose, **how, **writable})

    def announce_unmounts(self, container: Container) -> None:
        """Publishes a volume event `unmount` for each volume of a container that has ended."""
        for one in container.mounts:
            if one.type == "volume":
                whose = {"container": container.id, "driver": one.driver}
                self.events.publish("volume", "unmount", one.name, whose)

    def announce_networks(self, container: Container, action: str) -> None:
        """Publishes a network event (`connect`, `disconnect`) for each endpoint that the container has."""
        for endpoint in container.endpoints:
            self.announce_network(container, endpoint.network_id, endpoint.network_name, action)

    def announce_network(self, container: Container, network_id: str, network_name: str, action: str) -> None:
        """Publishes a network event (`connect`, `disconnect`) of one container."""
        driver = next((one.driver for one in self.networks.known() if one.id == network_id), "")
        attributes = {"container": container.id, "name": network_name, "type": driver}
        self.events.publish("network", action, network_id, attributes)
