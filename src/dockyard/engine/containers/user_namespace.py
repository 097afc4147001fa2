"""`--userns-remap` for one container: whether it counts, which namespaces it joins, and what it forbids.

A remapped container's user namespace is made together with its network namespace, before it starts, because that must
belong to it (`dockyard.supervisor.sandbox`). Whoever shares another container's network, processes or IPC shares its
user namespace, too: in any other one it would have no right over them (Docker's rule).
"""

from collections.abc import Awaitable, Callable

from dockyard.engine.containers.config import HostConfig
from dockyard.engine.containers.record import Container
from dockyard.engine.containers.services import Services
from dockyard.engine.containers.spec.build import Machine
from dockyard.engine.security.remap import Remap
from dockyard.errors import Conflict, InvalidParameter
from dockyard.supervisor.sandbox_client import make_sandbox

IDMAPPED_LAYERS_SINCE = (5, 19)
"""The kernel in which overlayfs takes layers from id-mapped mounts."""

SHARED_WITH = ("network_mode", "pid_mode", "ipc_mode")
"""The modes that may name a container."""


def check_remap(machine: Machine) -> None:
    """InvalidParameter when the kernel can't give files other owners for containers."""
    if machine.remap is not None and machine.kernel < IDMAPPED_LAYERS_SINCE:
        raise InvalidParameter("userns-remap needs Linux 5.19 or newer: overlayfs on id-mapped mounts")


def check_modes(host: HostConfig, *, remapped: bool) -> None:
    """InvalidParameter, in Docker's words, for what can't be had in a user namespace."""
    if not remapped or host.userns_mode == "host":
        return
    if host.privileged:
        raise InvalidParameter(
            "privileged mode is incompatible with user namespaces.  You must run the container in the host namespace "
            "when running privileged mode"
        )
    if host.network_mode == "host":
        raise InvalidParameter("cannot share the host's network namespace when user namespaces are enabled")
    if host.pid_mode == "host":
        raise InvalidParameter("cannot share the host PID namespace when user namespaces are enabled")


def remap_of(machine: Machine, host: HostConfig) -> Remap | None:
    """The ids of a container with this configuration; None when they are the host's."""
    return None if host.userns_mode == "host" else machine.remap


def shared_user_namespace(services: Services, record: Container) -> str:
    """The user namespace of the container whose other namespaces `record` shares; "" when it shares none.

    Raises:
        Conflict: that container has the host's ids and this one hasn't.
    """
    for field in SHARED_WITH:
        kind, _, ref = getattr(record.host_config, field).partition(":")
        if kind != "container":
            continue
        other = services.collection.find(ref).record
        if remap_of(services.machine, other.host_config) is None:
            raise Conflict(f"cannot join namespaces of container {other.id}: it is not in a user namespace")
        if other.state.running:
            return f"/proc/{other.state.pid}/ns/user"
    return ""


def sandbox_maker(services: Services, record: Container) -> Callable[[str], Awaitable[None]] | None:
    """What makes the network namespace of a remapped container at a path, and pins its user namespace; else None."""
    remap = remap_of(services.machine, record.host_config)
    if remap is None:
        return None

    async def make(network: str) -> None:
        await make_sandbox(
            services.supervisor,
            user=services.paths.user_namespace(record.id),
            network=network,
            join=shared_user_namespace(services, record),
            uids=remap.uids,
            gids=remap.gids,
        )

    return make


def user_namespace(services: Services, record: Container) -> str:
    """The path of the user namespace that the container joins; "" for the host's."""
    if remap_of(services.machine, record.host_config) is None:
        return ""
    return shared_user_namespace(services, record) or services.paths.user_namespace(record.id)
