"""Every operation of the Engine API v1.55, and those of Dockyard's own, as data: method, path, name.

The server's router, the client's requests and the tests that walk over all operations come from this one table. The
names are the `operationId`s of the definition. `{...}` is one parameter; in a path it may contain slashes (image names
do), so the router matches what stands around it.

https://docs.docker.com/reference/api/engine/version/v1.55/
"""

Route = tuple[str, str, str]

ROUTES: tuple[Route, ...] = (
    # Container
    ("GET", "/containers/json", "ContainerList"),
    ("POST", "/containers/create", "ContainerCreate"),
    ("GET", "/containers/{id}/json", "ContainerInspect"),
    ("GET", "/containers/{id}/top", "ContainerTop"),
    ("GET", "/containers/{id}/logs", "ContainerLogs"),
    ("GET", "/containers/{id}/changes", "ContainerChanges"),
    ("GET", "/containers/{id}/export", "ContainerExport"),
    ("GET", "/containers/{id}/stats", "ContainerStats"),
    ("POST", "/containers/{id}/resize", "ContainerResize"),
    ("POST", "/containers/{id}/start", "ContainerStart"),
    ("POST", "/containers/{id}/stop", "ContainerStop"),
    ("POST", "/containers/{id}/restart", "ContainerRestart"),
    ("POST", "/containers/{id}/kill", "ContainerKill"),
    ("POST", "/containers/{id}/update", "ContainerUpdate"),
    ("POST", "/containers/{id}/rename", "ContainerRename"),
    ("POST", "/containers/{id}/pause", "ContainerPause"),
    ("POST", "/containers/{id}/unpause", "ContainerUnpause"),
    ("POST", "/containers/{id}/attach", "ContainerAttach"),
    ("GET", "/containers/{id}/attach/ws", "ContainerAttachWebsocket"),
    ("POST", "/containers/{id}/wait", "ContainerWait"),
    ("DELETE", "/containers/{id}", "ContainerDelete"),
    ("HEAD", "/containers/{id}/archive", "ContainerArchiveInfo"),
    ("GET", "/containers/{id}/archive", "ContainerArchive"),
    ("PUT", "/containers/{id}/archive", "PutContainerArchive"),
    ("POST", "/containers/prune", "ContainerPrune"),
    # Image
    ("GET", "/images/json", "ImageList"),
    ("POST", "/build", "ImageBuild"),
    ("POST", "/build/prune", "BuildPrune"),
    ("POST", "/images/create", "ImageCreate"),
    ("GET", "/images/{name}/json", "ImageInspect"),
    ("GET", "/images/{name}/attestations", "ImageAttestations"),
    ("GET", "/images/{name}/history", "ImageHistory"),
    ("POST", "/images/{name}/push", "ImagePush"),
    ("POST", "/images/{name}/tag", "ImageTag"),
    ("DELETE", "/images/{name}", "ImageDelete"),
    ("GET", "/images/search", "ImageSearch"),
    ("POST", "/images/prune", "ImagePrune"),
    ("POST", "/commit", "ImageCommit"),
    ("GET", "/images/{name}/get", "ImageGet"),
    ("GET", "/images/get", "ImageGetAll"),
    ("POST", "/images/load", "ImageLoad"),
    # System
    ("POST", "/auth", "SystemAuth"),
    ("GET", "/info", "SystemInfo"),
    ("GET", "/version", "SystemVersion"),
    ("GET", "/_ping", "SystemPing"),
    ("HEAD", "/_ping", "SystemPingHead"),
    ("GET", "/events", "SystemEvents"),
    ("GET", "/system/df", "SystemDataUsage"),
    # Exec
    ("POST", "/containers/{id}/exec", "ContainerExec"),
    ("POST", "/exec/{id}/start", "ExecStart"),
    ("POST", "/exec/{id}/resize", "ExecResize"),
    ("GET", "/exec/{id}/json", "ExecInspect"),
    # Volume
    ("GET", "/volumes", "VolumeList"),
    ("POST", "/volumes/create", "VolumeCreate"),
    ("GET", "/volumes/{name}", "VolumeInspect"),
    ("PUT", "/volumes/{name}", "VolumeUpdate"),
    ("DELETE", "/volumes/{name}", "VolumeDelete"),
    ("POST", "/volumes/prune", "VolumePrune"),
    # Network
    ("GET", "/networks", "NetworkList"),
    ("GET", "/networks/{id}", "NetworkInspect"),
    ("DELETE", "/networks/{id}", "NetworkDelete"),
    ("POST", "/networks/create", "NetworkCreate"),
    ("POST", "/networks/{id}/connect", "NetworkConnect"),
    ("POST", "/networks/{id}/disconnect", "NetworkDisconnect"),
    ("POST", "/networks/prune", "NetworkPrune"),
    # Plugin
    ("GET", "/plugins", "PluginList"),
    ("GET", "/plugins/privileges", "GetPluginPrivileges"),
    ("POST", "/plugins/pull", "PluginPull"),
    ("GET", "/plugins/{name}/json", "PluginInspect"),
    ("DELETE", "/plugins/{name}", "PluginDelete"),
    ("POST", "/plugins/{name}/enable", "PluginEnable"),
    ("POST", "/plugins/{name}/disable", "PluginDisable"),
    ("POST", "/plugins/{name}/upgrade", "PluginUpgrade"),
    ("POST", "/plugins/create", "PluginCreate"),
    ("POST", "/plugins/{name}/push", "PluginPush"),
    ("POST", "/plugins/{name}/set", "PluginSet"),
    # Node
    ("GET", "/nodes", "NodeList"),
    ("GET", "/nodes/{id}", "NodeInspect"),
    ("DELETE", "/nodes/{id}", "NodeDelete"),
    ("POST", "/nodes/{id}/update", "NodeUpdate"),
    # Swarm
    ("GET", "/swarm", "SwarmInspect"),
    ("POST", "/swarm/init", "SwarmInit"),
    ("POST", "/swarm/join", "SwarmJoin"),
    ("POST", "/swarm/leave", "SwarmLeave"),
    ("POST", "/swarm/update", "SwarmUpdate"),
    ("GET", "/swarm/unlockkey", "SwarmUnlockkey"),
    ("POST", "/swarm/unlock", "SwarmUnlock"),
    # Service
    ("GET", "/services", "ServiceList"),
    ("POST", "/services/create", "ServiceCreate"),
    ("GET", "/services/{id}", "ServiceInspect"),
    ("DELETE", "/services/{id}", "ServiceDelete"),
    ("POST", "/services/{id}/update", "ServiceUpdate"),
    ("GET", "/services/{id}/logs", "ServiceLogs"),
    # Task
    ("GET", "/tasks", "TaskList"),
    ("GET", "/tasks/{id}", "TaskInspect"),
    ("GET", "/tasks/{id}/logs", "TaskLogs"),
    # Secret
    ("GET", "/secrets", "SecretList"),
    ("POST", "/secrets/create", "SecretCreate"),
    ("GET", "/secrets/{id}", "SecretInspect"),
    ("DELETE", "/secrets/{id}", "SecretDelete"),
    ("POST", "/secrets/{id}/update", "SecretUpdate"),
    # Config
    ("GET", "/configs", "ConfigList"),
    ("POST", "/configs/create", "ConfigCreate"),
    ("GET", "/configs/{id}", "ConfigInspect"),
    ("DELETE", "/configs/{id}", "ConfigDelete"),
    ("POST", "/configs/{id}/update", "ConfigUpdate"),
    # Distribution
    ("GET", "/distribution/{name}/json", "DistributionInspect"),
    # Session
    ("POST", "/session", "Session"),
)

EXTENSIONS: tuple[Route, ...] = (
    ("POST", "/grpc", "Grpc"),
    ("GET", "/containers/{id}/why", "ContainerWhy"),
    ("POST", "/networks/{id}/peers", "NetworkPeers"),
    ("POST", "/volumes/{name}/rename", "VolumeRename"),
    ("POST", "/volumes/{name}/clone", "VolumeClone"),
    ("GET", "/volumes/{name}/export", "VolumeExport"),
    ("POST", "/volumes/{name}/import", "VolumeImport"),
)
"""What Docker doesn't have: the same in every version (docs/extensions.md); and `/grpc`, missing in its definition."""
