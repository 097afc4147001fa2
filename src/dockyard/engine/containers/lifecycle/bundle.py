"""The OCI bundle of a start: the files that a container needs beside its root, and its `config.json`."""

import contextlib
import json
import os

from dockyard.engine.containers.collection import Entry
from dockyard.engine.containers.init import init_program
from dockyard.engine.containers.lifecycle.volume_mounts import bound_sources, shim_mounts
from dockyard.engine.containers.links import environment_of
from dockyard.engine.containers.record import Container
from dockyard.engine.containers.rootfs_files import read_from_view
from dockyard.engine.containers.services import Services
from dockyard.engine.containers.spec.build import Prepared, build_spec
from dockyard.engine.containers.spec.namespaces import Joined
from dockyard.engine.containers.spec.user import ResolvedUser, resolve_user
from dockyard.engine.containers.user_namespace import remap_of, user_namespace
from dockyard.engine.security.apparmor import DEFAULT_PROFILE, ensure_default_profile
from dockyard.engine.security.selinux import relabel
from dockyard.errors import Conflict, InvalidParameter, NotFound
from dockyard.fs.atomic import write_once
from dockyard.fs.mount import IdMap, Mount
from dockyard.spec.runtime import to_json
from dockyard.store.graphdriver.view import View


def write_bundle(services: Services, entry: Entry) -> None:
    """Writes hosts, hostname, resolv.conf and `config.json` for a start of this container."""
    record = entry.record
    layer = services.layers.rw(record.id)
    host = record.host_config
    view = layer.view()
    prepared = Prepared(
        rootfs=root(services, record),
        joined=_joined(services, record),
        user=_user(record, view),
        network_files=_network_files(services, record),
        shm_source=_shm_source(services, record),
        bound_sources=bound_sources(record, services.paths.bundle(record.id)),
        init_path=_init_path(services) if host.init else None,
        remap=remap_of(services.machine, host),
        linked=linked_environment(services, record),
        private_env=entry.private_env,
    )
    _confine(record)
    spec = build_spec(record, prepared, services.daemon, services.machine)
    bundle = services.paths.bundle(record.id)
    os.makedirs(bundle, mode=0o711, exist_ok=True)
    path = f"{bundle}/config.json"
    if entry.memory:  # which the runtime finds by a link: what it says is on no disk
        with contextlib.suppress(FileNotFoundError):
            os.unlink(path)
        os.symlink(f"{entry.memory}/config.json", path)
    # Nobody reads it before the supervisor is asked, and what can't be parsed is no bundle.
    write_once(path, json.dumps(to_json(spec), separators=(",", ":")).encode())


def _user(record: Container, view: View) -> ResolvedUser:
    with view.reader() as reader:
        groups = record.host_config.group_add or ()
        return resolve_user(record.config.user, groups, lambda path: read_from_view(reader, path))


def linked_environment(services: Services, record: Container) -> tuple[str, ...]:
    """The variables that come of `--link`; SystemFailure when a container that it names can't be linked to."""
    if not record.host_config.links:
        return ()

    def find(ref: str) -> Container | None:
        try:
            return services.collection.find(ref).record
        except (NotFound, InvalidParameter):
            return None

    return environment_of(record, find)


def _confine(record: Container) -> None:
    """What the security modules need before a start: the profile in the kernel, labels on volumes with `:z` or `:Z`."""
    if record.apparmor_profile == DEFAULT_PROFILE:
        ensure_default_profile()
    if record.mount_label:
        for point in record.mounts:
            modes = set(point.mode.split(","))
            if modes & {"z", "Z"} and point.type in ("bind", "volume"):
                relabel(point.source, record.mount_label, shared="Z" not in modes)


def root(services: Services, record: Container) -> str:
    """Where the container's root is once `root_mounts` are there."""
    layer = services.layers.rw(record.id)
    if layer.mounts() or remap_of(services.machine, record.host_config) is None:
        return layer.root()
    path = f"{services.paths.container(record.id)}/mounts/root"
    os.makedirs(path, mode=0o700, exist_ok=True)
    return path


def root_mounts(services: Services, record: Container) -> tuple[Mount, ...]:
    """What the shim mounts on the host for this container: root, parts of volumes, images, a shareable /dev/shm."""
    layer = services.layers.rw(record.id)
    label = (f'context="{record.mount_label}"',) if record.mount_label else ()
    mounts = tuple(mount._replace(options=(*mount.options, *label)) for mount in layer.mounts())
    remap = remap_of(services.machine, record.host_config)
    id_map = None
    if remap is not None:
        # A directory that is a root as it stands is mounted all the same, for its owners.
        mounts = mounts or (Mount("bind", layer.root(), root(services, record), ("bind",)),)
        id_map = IdMap(f"{services.paths.data_root}/{services.layers.driver.name}", remap.uids, remap.gids)
        mounts = tuple(mount._replace(id_map=id_map) for mount in mounts)
    mounts = (*mounts, *shim_mounts(services, record, services.paths.bundle(record.id), id_map))
    if record.host_config.ipc_mode == "shareable":
        options: tuple[str, ...] = (
            "nosuid",
            "noexec",
            "nodev",
            "mode=1777",
            f"size={record.host_config.shm_size}",
            *label,
        )
        if remap is not None:
            options = (*options, f"uid={remap.root[0]}", f"gid={remap.root[1]}")
        mounts = (*mounts, Mount("tmpfs", "shm", _shm_path(services, record), options))
    return (*mounts, *services.collection.find(record.id).host_mounts)


def _shm_path(services: Services, record: Container) -> str:
    return f"{services.paths.container(record.id)}/mounts/shm"


def _shm_source(services: Services, record: Container) -> str | None:
    mode = record.host_config.ipc_mode
    if mode == "shareable":
        path = _shm_path(services, record)
        os.makedirs(path, mode=0o700, exist_ok=True)
        return path
    if mode.startswith("container:"):
        return _shm_path(services, running_container(services, mode, "IPC"))
    return None


def _joined(services: Services, record: Container) -> Joined:
    host = record.host_config
    network, pid, ipc = record.sandbox_key, "", ""
    if host.network_mode.startswith("container:"):
        network = f"/proc/{network_owner(services, host.network_mode).state.pid}/ns/net"
    if host.pid_mode.startswith("container:"):
        pid = f"/proc/{running_container(services, host.pid_mode, 'PID').state.pid}/ns/pid"
    if host.ipc_mode.startswith("container:"):
        other = running_container(services, host.ipc_mode, "IPC")
        if other.host_config.ipc_mode != "shareable":
            raise InvalidParameter(
                f"can't join IPC of container {other.id}: non-shareable IPC "
                "(hint: use IpcMode:shareable for the donor container)"
            )
        ipc = f"/proc/{other.state.pid}/ns/ipc"
    return Joined(network, pid, ipc, user_namespace(services, record))


def running_container(services: Services, mode: str, namespace: str) -> Container:
    """The running container whose `namespace` (PID, IPC) a mode `container:<ref>` names; Conflict if it doesn't run."""
    record = services.collection.find(mode.removeprefix("container:")).record
    if not record.state.running:
        raise Conflict(f"failed to join {namespace} namespace: container {record.id} is not running")
    return record


def network_owner(services: Services, mode: str) -> Container:
    """The running container whose network a mode `container:<ref>` names; NotFound, Conflict in Docker's words."""
    try:
        record = services.collection.find(mode.removeprefix("container:")).record
    except NotFound as error:
        raise NotFound(f"joining network namespace of container: {error}") from error
    if not record.state.running:
        status = f"container {record.name} is {record.state.status}"
        raise Conflict(f"cannot join network namespace of a non running container: {status}")
    return record


def _init_path(services: Services) -> str:
    return init_program(services.daemon.init_path, os.uname().machine, services.paths.data_root)


def _network_files(services: Services, record: Container) -> tuple[tuple[str, str], ...]:
    """Destination and source of the three files; those of the other container when the network is shared."""
    if record.host_config.network_mode.startswith("container:"):
        owner = network_owner(services, record.host_config.network_mode)
    else:
        owner = record
        services.networks.files.write(record)
    places = (owner.hostname_path, owner.hosts_path, owner.resolv_conf_path)
    return tuple(zip(("/etc/hostname", "/etc/hosts", "/etc/resolv.conf"), places, strict=True))
