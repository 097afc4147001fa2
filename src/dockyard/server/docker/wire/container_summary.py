"""One line of `docker ps` (Engine API: ContainerSummary)."""

from typing import Any

from dockyard.engine.containers.health import Health
from dockyard.engine.containers.record import Container
from dockyard.server.docker.wire.container_network import networks, port_summaries
from dockyard.server.docker.wire.container_status import status_text
from dockyard.server.docker.wire.durations import SECOND_NS
from dockyard.server.docker.wire.mount_points import mount_points


def container_summary(
    container: Container, image: str, now_ns: int, sizes: tuple[int, int] | None = None
) -> dict[str, Any]:
    """The container as a list shows it.

    `image` is the name to show; `sizes` are bytes of the writable layer and of the whole root file system, where asked.
    """
    document: dict[str, Any] = {
        "Id": container.id,
        "Names": [f"/{container.name}"] if container.name else [],
        "Image": image,
        "ImageID": container.image_id,
        "Command": command_line(container.path, container.args),
        "Created": container.created_at_ns // SECOND_NS,
        "Ports": port_summaries(container),
        "Labels": container.config.labels or {},
        "State": container.state.status.value,
        "Status": status_text(container.state, now_ns),
        "HostConfig": {"NetworkMode": container.host_config.network_mode},
        "Health": health_summary(container.state.health),
        "NetworkSettings": {"Networks": networks(container)},
        "Mounts": mount_points(container.mounts, container.host_config.tmpfs or ()),
    }
    if container.host_config.annotations:
        document["HostConfig"]["Annotations"] = container.host_config.annotations
    if sizes is not None:
        document |= {name: size for name, size in zip(("SizeRw", "SizeRootFs"), sizes, strict=True) if size}
    return document


def health_summary(health: Health | None) -> dict[str, Any]:
    """Verdict and failures in a row; `none` for a container without a health check."""
    if health is None:
        return {"Status": "none", "FailingStreak": 0}
    return {"Status": health.status, "FailingStreak": health.failing_streak}


def command_line(path: str, args: tuple[str, ...]) -> str:
    """The command in one line; arguments with a space in quotes, as Docker does (it isn't meant for a shell)."""
    return " ".join([path, *(f"'{argument}'" if " " in argument else argument for argument in args)])
