"""The engine: its parts put together, brought up in the right order, and let go of.

`open_engine` is what `cmd/dockyardd` calls. The order of bringing up is the order of trust: what is on disk, what lives
(shims), what the kernel has (networks), and only then what the restart policies want.
"""

import asyncio
import contextlib
import logging
import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

from dockyard.engine.builds import Builds
from dockyard.engine.config import DaemonConfig, RuntimeCommand
from dockyard.engine.containers.collection import Collection
from dockyard.engine.containers.containers import Containers
from dockyard.engine.containers.lifecycle import restore
from dockyard.engine.containers.services import Background, Services
from dockyard.engine.containers.storage import ContainerStorage
from dockyard.engine.containers.user_namespace import check_remap
from dockyard.engine.deletion import Deletion
from dockyard.engine.event_journal import EventJournal
from dockyard.engine.events import Events
from dockyard.engine.execs import Execs
from dockyard.engine.images import Images
from dockyard.engine.logs.forwarder import LogForwarder
from dockyard.engine.machine import load_profile, this_machine
from dockyard.engine.networks import Networks
from dockyard.engine.open_store import open_store
from dockyard.engine.paths import Paths
from dockyard.engine.private_memory import let_go
from dockyard.engine.registries import Registries
from dockyard.engine.security.remap import Remap
from dockyard.engine.settings import Settings
from dockyard.engine.system import System
from dockyard.engine.volumes import Volumes
from dockyard.engine.volumes.plugin_files import PluginDirectories
from dockyard.errors import NotModified, SystemFailure
from dockyard.network.config import DEFAULT_ADDRESS_POOLS, DEFAULT_MTU_BYTES, AddressPool, NetworkConfig
from dockyard.network.controller import NetworkController
from dockyard.spec.image.descriptor import Platform
from dockyard.supervisor.client import SupervisorClient
from dockyard.supervisor.sandbox_client import release_all

LOG = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Engine:
    """One engine: what the doors call."""

    containers: Containers
    execs: Execs
    images: Images
    networks: Networks
    volumes: Volumes
    registries: Registries
    builds: Builds
    events: Events
    system: System
    services: Services

    async def stop_containers(self, timeout_seconds: int) -> None:
        """Stops all running containers, each with its own patience but no longer than `timeout_seconds`."""
        running = [record.id for record in self.containers.list()]
        stops = (self.containers.stop(container_id, timeout_seconds) for container_id in running)
        for result in await asyncio.gather(*stops, return_exceptions=True):
            if isinstance(result, BaseException) and not isinstance(result, NotModified):
                LOG.error("stopping a container failed: %s", result)

    async def close(self) -> None:
        """Lets go of everything; containers, their shims and the supervisor go on."""
        await self.services.background.cancel()
        secrets = self.services.paths.build_secrets
        let_go([f"{secrets}/{name}" for name in os.listdir(secrets)] if os.path.isdir(secrets) else ())
        with contextlib.suppress(SystemFailure):  # logged already
            await asyncio.to_thread(self.services.layers.confirm)
        await self.registries.close()
        await self.networks.close()
        await self.services.supervisor.close()


async def open_engine(
    daemon: DaemonConfig,
    *,
    build: str,
    clock_ns: Callable[[], int],
    figures: Callable[[str], Mapping[str, Any]],
    built_in_runtime: RuntimeCommand,
    remap: Remap | None = None,
) -> Engine:
    """Brings an engine up on `daemon`'s directories; DockyardError says what prevents it.

    `figures`: what the cgroup at a `linux.cgroupsPath` counts (the fields of `dockyard.cgroups.stats.Stats`).

    `built_in_runtime`: what calls this engine's own OCI runtime as others are called, to ask it what it can do.

    `remap`: the ids that containers have, when they aren't the host's. Such an engine has a data root of its own below
    the one that is configured, as in Docker: its containers have nothing in common with the others.
    """
    paths = Paths(_data_root(daemon, remap), os.path.abspath(daemon.exec_root))
    paths.make()
    machine = replace(this_machine(daemon), remap=remap)
    check_remap(machine)
    await asyncio.to_thread(load_profile, machine)
    journal = EventJournal(f"{paths.data_root}/events.jsonl")
    events = Events(clock_ns, journal)
    background = Background(_report)
    storage = ContainerStorage(paths)
    collection = Collection(storage)
    store = await asyncio.to_thread(open_store, daemon, paths)
    supervisor = SupervisorClient(paths.exec_root)
    await supervisor.ensure()
    await asyncio.to_thread(release_all, paths.user_namespaces)
    networks = Networks(
        daemon,
        collection,
        events,
        lambda: NetworkController(
            paths.data_root,
            paths.exec_root,
            network_config(daemon),
            clock=lambda: datetime.fromtimestamp(clock_ns() / 1e9, UTC),
        ),
    )
    images = Images(store, collection, events, Platform(machine.arch, "linux"), clock_ns)
    settings = Settings(daemon)
    registries = Registries(store, events, images.platform, lambda: settings.current, clock_ns)
    volumes = Volumes(store.volumes, collection, events, clock_ns, PluginDirectories())
    services = Services(
        settings,
        machine,
        paths,
        collection,
        store.layers,
        images,
        volumes,
        networks,
        supervisor,
        events,
        background,
        Deletion(supervisor, background.start, _report),
        LogForwarder(paths, background.start),
        clock_ns,
        figures,
    )
    loop = asyncio.get_running_loop()
    store.layers.dispose_with(lambda paths: _from_thread(loop, services.deletion.add, paths))
    store.layers.complain_to(lambda trouble: LOG.error("%s: what came lately is gone after a power cut", trouble))
    LOG.info("Loading containers: start.")
    await restore.load(services, storage)
    services.log_forwarder.resume()
    bridge = await networks.start(restore.living(services))
    if bridge.name:
        LOG.info(bridge.announcement)
    background.start("start by policy", restore.start_by_policy(services))
    LOG.info("Loading containers: done.")
    system = System(services, build=build, tasks=lambda: len(asyncio.all_tasks()), built_in_runtime=built_in_runtime)
    builds = Builds(services, store, registries)
    return Engine(
        Containers(services), Execs(services), images, networks, volumes, registries, builds, events, system, services
    )


def _data_root(daemon: DaemonConfig, remap: Remap | None) -> str:
    root = os.path.abspath(daemon.data_root)
    if remap is None:
        return root
    os.makedirs(root, mode=0o711, exist_ok=True)
    return f"{root}/{remap.root[0]}.{remap.root[1]}"


def _from_thread(loop: asyncio.AbstractEventLoop, work: Callable[[Sequence[str]], None], paths: Sequence[str]) -> None:
    with contextlib.suppress(RuntimeError):  # the loop has ended: the next start does it
        loop.call_soon_threadsafe(work, paths)


def network_config(daemon: DaemonConfig) -> NetworkConfig:
    """The network package's part of the daemon's configuration."""
    pools = tuple(AddressPool(pool.base, pool.size) for pool in daemon.default_address_pools)
    return NetworkConfig(
        bridge=daemon.bridge,
        bip=daemon.bip,
        fixed_cidr=daemon.fixed_cidr,
        default_gateway=daemon.default_gateway,
        ipv6=daemon.ipv6,
        bip6=daemon.bip6,
        fixed_cidr_v6=daemon.fixed_cidr_v6,
        default_gateway_v6=daemon.default_gateway_v6,
        ip6tables=daemon.ip6tables,
        allow_direct_routing=daemon.allow_direct_routing,
        default_options=tuple((name, tuple(some.items())) for name, some in daemon.default_network_options.items()),
        mtu=daemon.mtu or DEFAULT_MTU_BYTES,
        icc=daemon.icc,
        ip_forward=daemon.ip_forward,
        ip_masq=daemon.ip_masq,
        iptables=daemon.iptables,
        default_address_pools=pools or DEFAULT_ADDRESS_POOLS,
        userland_proxy=daemon.userland_proxy,
        host_ip=daemon.ip,
        overlay_address=daemon.overlay_address,
        overlay_peers=daemon.overlay_peers,
    )


def _report(name: str, error: BaseException) -> None:
    LOG.error("%s failed: %s", name, error, exc_info=error)
