"""`create`: from a request to a container that can be started. Nothing runs yet.

Order: check, reserve the name, make the layer and the volumes, and last write the record. A SIGKILL before the record
leaves a directory without a readable record and a layer without a container: both are swept when the daemon starts.
"""

import asyncio
import contextlib
import os
from dataclasses import dataclass

import msgspec

from dockyard.engine.containers import defaults, validation
from dockyard.engine.containers.config import Config, EndpointConfig, HostConfig, NetworkingConfig
from dockyard.engine.containers.endpoints import check_endpoints, is_private
from dockyard.engine.containers.kernel_support import keepable
from dockyard.engine.containers.lifecycle.mount_points import MountPoints
from dockyard.engine.containers.links import resolved
from dockyard.engine.containers.mount_requests import requested_mounts
from dockyard.engine.containers.ports import port_requests
from dockyard.engine.containers.record import Container, Endpoint, MountPoint
from dockyard.engine.containers.services import Services
from dockyard.engine.containers.spec.build import container_capabilities
from dockyard.engine.containers.spec.security_options import (
    apparmor_profile,
    check_writable_cgroups,
    parse_security_options,
)
from dockyard.engine.containers.volumes_from import inherited_mounts, merged
from dockyard.engine.identifiers import NAME_PATTERN, new_id, random_name
from dockyard.engine.images import EngineImage
from dockyard.engine.networks import find_network
from dockyard.engine.security.selinux import ContainerLabels, container_labels
from dockyard.errors import DockyardError, InvalidParameter, NotFound
from dockyard.fs.rooted import remove_tree
from dockyard.network.attachment import NetworkInfo
from dockyard.spec.image.descriptor import Platform


@dataclass(frozen=True, slots=True)
class Created:
    """The answer to a creation: the new id, and what the user should know."""

    id: str
    warnings: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class BuildStep:
    """What a build's RUN has that a user's container can't: layers that no image has yet, and mounts by path."""

    image: EngineImage
    mounts: tuple[MountPoint, ...] = ()


async def create(
    services: Services,
    name: str | None,
    config: Config,
    host_config: HostConfig,
    networking: NetworkingConfig,
    *,
    binds_recursive: bool = True,
    platform: Platform | None = None,
    build_step: BuildStep | None = None,
) -> Created:
    """Makes a container; raises NotFound for an unknown image, AlreadyExists for a taken name, InvalidParameter.

    `binds_recursive`: a read-only `-v` makes what is mounted below it read-only, too.
    """
    image = services.images.for_container(config.image, platform) if build_step is None else build_step.image
    validation.check_joined(config, host_config)  # before the ports that the image exposes are added
    config = defaults.with_image(config, image.config)
    if config.network_disabled:
        host_config = msgspec.structs.replace(host_config, network_mode="none")
    host_config = _with_ids(services, host_config)
    machine = services.machine
    host = defaults.with_daemon(
        host_config, services.daemon, cgroup_v2=machine.cgroup_v2, masked_paths=machine.masked_paths
    )
    host, dropped = keepable(host, block_io_weight=machine.block_io_weight, selinux=machine.selinux is not None)
    warnings = [*dropped, *validation.check(config, host, services.daemon)]
    if is_private(host.network_mode):
        warnings += await services.networks.publishing_warnings(port_requests(host))
    container_capabilities(host, services.machine, privileged=host.privileged)
    parse_security_options(host.security_opt or (), services.daemon.no_new_privileges)
    inherited, requests = merged(
        inherited_mounts(host.volumes_from or (), lambda ref: services.collection.find(ref).record.mounts),
        requested_mounts(config, host, binds_recursive=binds_recursive),
    )
    networking, networks = _networks(services, host, networking)
    container_id = new_id()
    name = _checked_name(name) if name else random_name(services.collection.names)
    services.collection.reserve_name(name, container_id)
    try:
        host = msgspec.structs.replace(host, links=resolved(host, name, lambda ref: _named(services, ref)))
        if host.links and not services.daemon.icc and not services.daemon.iptables:
            warnings.append("Links give names only, and open no ports: the daemon runs with --iptables=false")
        record = _record(services, container_id, name, config, host, networking, image, networks)
        record = _confined(services, record)
        mount_points = MountPoints(services, container_id)
        try:
            if build_step is None and image.chain_id and services.layers.is_unconfirmed(image.chain_id):
                # The container is to outlive a power cut.
                await asyncio.to_thread(services.layers.confirm, image.chain_id)
            # A millisecond of small files: handing it to a thread would cost more than it takes.
            graph_data = _make_on_disk(services, record, image)
            mounts = await mount_points.make(requests, inherited)
            if build_step is not None:
                mounts = tuple(sorted((*mounts, *build_step.mounts), key=lambda point: point.destination))
            record = msgspec.structs.replace(
                record, graph_data=graph_data, mounts=mounts, build_step=build_step is not None
            )
            services.collection.create(record)
            mount_points.release()
        except BaseException:
            await mount_points.undo()
            await asyncio.to_thread(_unmake, services, container_id)
            raise
    except BaseException:
        services.collection.release_name(name, container_id)
        raise
    services.announce(record, "create")
    return Created(container_id, (*image.warnings, *warnings))


def _with_ids(services: Services, host: HostConfig) -> HostConfig:
    """`container:NAME` by id, so that a rename doesn't part what is joined.

    A container that isn't there is refused now; one whose network is wanted only at the start, as in Docker.
    """
    joined = {}
    for field in ("network_mode", "ipc_mode", "pid_mode"):
        kind, _, ref = getattr(host, field).partition(":")
        if kind == "container" and ref:
            with contextlib.suppress(*((InvalidParameter,) if field == "network_mode" else ())):
                joined[field] = f"container:{_named(services, ref).id}"
    return msgspec.structs.replace(host, **joined)


def _named(services: Services, ref: str) -> Container:
    try:
        return services.collection.find(ref).record
    except NotFound as error:
        raise InvalidParameter(str(error)) from error


def _checked_name(name: str) -> str:
    name = name.removeprefix("/")
    if not NAME_PATTERN.fullmatch(name):
        raise InvalidParameter(f"Invalid container name ({name}), only [a-zA-Z0-9][a-zA-Z0-9_.-] are allowed")
    return name


def _networks(
    services: Services, host: HostConfig, networking: NetworkingConfig
) -> tuple[NetworkingConfig, tuple[Endpoint, ...]]:
    """The networks that the container will be in, by name; its endpoints have no addresses yet.

    As in Docker, whether a network exists (or the container whose network is shared) is found out at the start.
    """
    mode = host.network_mode
    wanted = networking.endpoints_config or {}
    found: dict[str, NetworkInfo] = {}
    for name in (mode, *wanted):
        with contextlib.suppress(NotFound, InvalidParameter):
            found[name] = find_network(services.networks.known(), name)
    check_endpoints(wanted, found)
    if not is_private(mode) and any(one is not None and one.mac_address for one in wanted.values()):
        raise InvalidParameter("conflicting options: mac-address and the network mode")
    if mode.startswith("container:"):
        return NetworkingConfig(), ()
    names = {name: found[name].name if name in found else name for name in wanted or (mode,)}
    main = found[mode].name if mode in found else mode
    names = dict(sorted(names.items(), key=lambda pair: pair[1] != main))  # that of --network is connected first
    settings = {names[name]: wanted.get(name) or EndpointConfig() for name in names}
    ids = {names[name]: found[name].id if name in found else "" for name in names}
    endpoints = tuple(Endpoint(network_name=name, network_id=ids[name]) for name in settings)
    return NetworkingConfig(endpoints_config=dict(settings)), endpoints


def _record(
    services: Services,
    container_id: str,
    name: str,
    config: Config,
    host: HostConfig,
    networking: NetworkingConfig,
    image: EngineImage,
    endpoints: tuple[Endpoint, ...],
) -> Container:
    path, args = defaults.command(config)
    directory = services.paths.container(container_id)
    hostname = config.hostname or (
        os.uname().nodename if host.uts_mode == "host" or host.network_mode == "host" else container_id[:12]
    )
    return Container(
        id=container_id,
        name=name,
        created_at_ns=services.clock_ns(),
        path=path,
        args=args,
        config=msgspec.structs.replace(config, hostname=hostname),
        host_config=host,
        image_id=image.id,
        driver=services.layers.driver.name,
        networking=networking,
        endpoints=endpoints,
        hostname_path=f"{directory}/hostname",
        hosts_path=f"{directory}/hosts",
        resolv_conf_path=f"{directory}/resolv.conf",
        log_path=services.paths.log(container_id) if host.log_config.type == "json-file" else "",
    )


def _confined(services: Services, record: Container) -> Container:
    """`record` with the labels and the profile by which the kernel's security modules will know it."""
    host, machine = record.host_config, services.machine
    options = parse_security_options(host.security_opt or (), services.daemon.no_new_privileges)
    check_writable_cgroups(options, cgroup_v2=machine.cgroup_v2, cgroupns_mode=host.cgroupns_mode)
    labels = ContainerLabels()
    if machine.selinux is not None:
        others = [entry.record for entry in services.collection]
        shared = next((one for one in others if f"container:{one.id}" in (host.ipc_mode, host.pid_mode)), None)
        taken = {other.process_label for other in others}
        labels = container_labels(
            options.labels, machine.selinux, record.id, taken, shared.process_label if shared else ""
        )
    return msgspec.structs.replace(
        record,
        process_label=labels.process,
        mount_label=labels.mount,
        apparmor_profile=apparmor_profile(options.apparmor, privileged=host.privileged, enabled=machine.apparmor),
    )


def _make_on_disk(services: Services, record: Container, image: EngineImage) -> dict[str, str]:
    os.mkdir(services.paths.container(record.id), 0o710)
    layer = services.layers.create_rw(record.id, image.chain_id)
    return dict(layer.graph_data())


def _unmake(services: Services, container_id: str) -> None:
    with contextlib.suppress(DockyardError):
        services.layers.remove_rw(container_id)
    remove_tree(services.paths.container(container_id))
