"""Every operation that Dockyard has, and its endpoint; what is not here is answered 501 with its name.

An endpoint that `waits` only asks, waits or streams: it is cancelled when its client goes away. The others change
something and run to their end.
"""

from collections.abc import Awaitable, Callable, Mapping
from typing import NamedTuple

from dockyard.server.docker.call import Call
from dockyard.server.docker.endpoints import (
    build,
    buildkit,
    disk_usage,
    events,
    execs,
    network_changes,
    network_peers,
    networks,
    ping,
    plugins,
    registries,
    system,
    volume_transfer,
    volumes,
)
from dockyard.server.docker.endpoints.containers import (
    archive,
    attach,
    commit,
    create,
    lifecycle,
    lists,
    logs,
    prune,
    queries,
    stats,
    update,
    wait,
    why,
)
from dockyard.server.docker.endpoints.images import archives, names, push
from dockyard.server.docker.endpoints.images import lists as image_lists
from dockyard.server.docker.endpoints.swarm import SWARM_ENDPOINTS
from dockyard.server.docker.http.answers import Answer


class Endpoint(NamedTuple):
    """What answers an operation."""

    handle: Callable[[Call], Awaitable[Answer]]
    waits: bool = False


ENDPOINTS: Mapping[str, Endpoint] = {
    "SystemPing": Endpoint(ping.ping, waits=True),
    "SystemPingHead": Endpoint(ping.ping_head, waits=True),
    "SystemInfo": Endpoint(system.info, waits=True),
    "SystemVersion": Endpoint(system.version, waits=True),
    "SystemEvents": Endpoint(events.system_events, waits=True),
    "SystemDataUsage": Endpoint(disk_usage.system_data_usage, waits=True),
    "ContainerList": Endpoint(lists.container_list, waits=True),
    "ContainerInspect": Endpoint(lists.container_inspect_one, waits=True),
    "ContainerTop": Endpoint(queries.container_top, waits=True),
    "ContainerLogs": Endpoint(logs.container_logs, waits=True),
    "ContainerStats": Endpoint(stats.container_stats_answer, waits=True),
    "ContainerChanges": Endpoint(queries.container_changes, waits=True),
    "ContainerWhy": Endpoint(why.container_why),
    "ContainerExport": Endpoint(queries.container_export, waits=True),
    "ContainerArchiveInfo": Endpoint(archive.container_archive_info, waits=True),
    "ContainerArchive": Endpoint(archive.container_archive, waits=True),
    "PutContainerArchive": Endpoint(archive.put_container_archive),
    "ContainerWait": Endpoint(wait.container_wait, waits=True),
    "ContainerAttach": Endpoint(attach.container_attach, waits=True),
    "ContainerAttachWebsocket": Endpoint(attach.container_attach_websocket, waits=True),
    "ContainerCreate": Endpoint(create.container_create),
    "ContainerStart": Endpoint(lifecycle.container_start),
    "ContainerStop": Endpoint(lifecycle.container_stop),
    "ContainerRestart": Endpoint(lifecycle.container_restart),
    "ContainerKill": Endpoint(lifecycle.container_kill),
    "ContainerPause": Endpoint(lifecycle.container_pause),
    "ContainerUnpause": Endpoint(lifecycle.container_unpause),
    "ContainerRename": Endpoint(lifecycle.container_rename),
    "ContainerResize": Endpoint(lifecycle.container_resize),
    "ContainerUpdate": Endpoint(update.container_update),
    "ContainerDelete": Endpoint(lifecycle.container_delete),
    "ContainerPrune": Endpoint(prune.container_prune),
    "ContainerExec": Endpoint(execs.container_exec),
    "ExecStart": Endpoint(execs.exec_start),
    "ExecResize": Endpoint(execs.exec_resize),
    "ExecInspect": Endpoint(execs.exec_inspect_one, waits=True),
    "ImageList": Endpoint(image_lists.image_list, waits=True),
    "ImageInspect": Endpoint(image_lists.image_inspect_one, waits=True),
    "ImageHistory": Endpoint(image_lists.image_history, waits=True),
    "ImageAttestations": Endpoint(image_lists.image_attestations, waits=True),
    "ImageTag": Endpoint(names.image_tag),
    "ImageDelete": Endpoint(names.image_delete),
    "ImagePrune": Endpoint(names.image_prune),
    "ImageCommit": Endpoint(commit.image_commit),
    "ImageBuild": Endpoint(build.image_build, waits=True),
    "BuildPrune": Endpoint(build.build_prune),
    "Session": Endpoint(buildkit.session),
    "Grpc": Endpoint(buildkit.grpc),
    "ImageLoad": Endpoint(archives.image_load, waits=True),
    "ImageGet": Endpoint(archives.image_get, waits=True),
    "ImageGetAll": Endpoint(archives.image_get_all, waits=True),
    "ImageCreate": Endpoint(archives.image_create),
    "NetworkList": Endpoint(networks.network_list, waits=True),
    "NetworkInspect": Endpoint(networks.network_inspect_one, waits=True),
    "NetworkCreate": Endpoint(network_changes.network_create),
    "NetworkDelete": Endpoint(network_changes.network_delete),
    "NetworkConnect": Endpoint(network_changes.network_connect),
    "NetworkDisconnect": Endpoint(network_changes.network_disconnect),
    "NetworkPrune": Endpoint(network_changes.network_prune),
    "ImagePush": Endpoint(push.image_push, waits=True),
    "ImageSearch": Endpoint(registries.image_search, waits=True),
    "DistributionInspect": Endpoint(registries.distribution_inspect, waits=True),
    "SystemAuth": Endpoint(registries.system_auth, waits=True),
    "PluginList": Endpoint(plugins.plugin_list),
    "PluginInspect": Endpoint(plugins.plugin_named),
    "PluginDelete": Endpoint(plugins.plugin_named),
    "PluginEnable": Endpoint(plugins.plugin_enable),
    "PluginDisable": Endpoint(plugins.plugin_named),
    "PluginUpgrade": Endpoint(plugins.plugin_named),
    "PluginPush": Endpoint(plugins.plugin_named),
    "PluginSet": Endpoint(plugins.plugin_named),
    "GetPluginPrivileges": Endpoint(plugins.plugin_refused),
    "PluginPull": Endpoint(plugins.plugin_refused),
    "PluginCreate": Endpoint(plugins.plugin_refused),
    "VolumeList": Endpoint(volumes.volume_list, waits=True),
    "VolumeInspect": Endpoint(volumes.volume_inspect, waits=True),
    "VolumeCreate": Endpoint(volumes.volume_create),
    "VolumeUpdate": Endpoint(volumes.volume_update),
    "VolumeDelete": Endpoint(volumes.volume_delete),
    "VolumePrune": Endpoint(volumes.volume_prune),
    "NetworkPeers": Endpoint(network_peers.network_peers),
    "VolumeRename": Endpoint(volume_transfer.volume_rename),
    "VolumeClone": Endpoint(volume_transfer.volume_clone),
    "VolumeExport": Endpoint(volume_transfer.volume_export, waits=True),
    "VolumeImport": Endpoint(volume_transfer.volume_import),
    **{operation: Endpoint(handle) for operation, handle in SWARM_ENDPOINTS.items()},
}
