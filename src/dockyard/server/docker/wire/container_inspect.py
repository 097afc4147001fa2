"""Everything about one container (Engine API: ContainerInspectResponse)."""

from collections.abc import Sequence
from typing import Any

from dockyard.engine.containers.record import Container, State
from dockyard.engine.containers.state import ALIVE, Status
from dockyard.engine.timestamps import rfc3339
from dockyard.server.docker.wire.container_config import config, host_config
from dockyard.server.docker.wire.container_network import networks, port_map
from dockyard.server.docker.wire.mount_points import mount_points


def container_inspect(
    container: Container, sizes: tuple[int, int] | None = None, exec_ids: Sequence[str] = ()
) -> dict[str, Any]:
    """The container whole, with the ids of the execs that run in it.

    `sizes` are bytes of the writable layer and of the whole root file system, where asked.
    """
    document: dict[str, Any] = {
        "Id": container.id,
        "Created": rfc3339(container.created_at_ns),
        "Path": container.path,
        "Args": container.args,
        "State": state(container.state),
        "Image": container.image_id,
        "ResolvConfPath": container.resolv_conf_path,
        "HostnamePath": container.hostname_path,
        "HostsPath": container.hosts_path,
        "LogPath": container.log_path,
        "Name": f"/{container.name}",
        "RestartCount": container.restart_count,
        "Driver": container.driver,
        "Platform": container.platform.partition("/")[0],
        "MountLabel": container.mount_label,
        "ProcessLabel": container.process_label,
        "AppArmorProfile": container.apparmor_profile,
        "ExecIDs": tuple(exec_ids) or None,
        "HostConfig": host_config(container.host_config),
        "GraphDriver": {"Data": {"ID": container.id, **container.graph_data}, "Name": container.driver},
        "Mounts": mount_points(container.mounts, container.host_config.tmpfs or ()),
        "Config": config(container.config),
        "NetworkSettings": {
            "SandboxID": container.sandbox_id,
            "SandboxKey": container.sandbox_key,
            "Ports": port_map(container),
            "Networks": networks(container),
        },
    }
    if sizes is not None:
        document["SizeRw"], document["SizeRootFs"] = sizes
    return document


def state(value: State) -> dict[str, Any]:
    """The state as the set of booleans that Docker's clients read; a container that waits for its restart runs, too."""
    document: dict[str, Any] = {
        "Status": value.status.value,
        "Running": value.status in ALIVE or value.status is Status.RESTARTING,
        "Paused": value.status is Status.PAUSED,
        "Restarting": value.status is Status.RESTARTING,
        "OOMKilled": value.oom_killed,
        "Dead": value.status is Status.DEAD,
        "Pid": value.pid,
        "ExitCode": value.exit_code,
        "Error": value.error,
        "StartedAt": rfc3339(value.started_at_ns),
        "FinishedAt": rfc3339(value.finished_at_ns),
    }
    if value.health is not None:
        document["Health"] = {
            "Status": value.health.status,
            "FailingStreak": value.health.failing_streak,
            "Log": [
                {
                    "Start": rfc3339(probe.start_ns),
                    "End": rfc3339(probe.end_ns),
                    "ExitCode": probe.exit_code,
                    "Output": probe.output,
                }
                for probe in value.health.log
            ],
        }
    return document
