"""A walk through the API, as data: requests that together make every answer of containers, images, volumes and system.

`{exec}` in a path is the id of the exec that was created last.
"""

import json
from typing import Any, NamedTuple
from urllib.parse import quote


class Step(NamedTuple):
    """One request of an operation; `body` bytes are sent as a tar archive, anything else as JSON."""

    operation: str
    method: str
    path: str
    body: Any = None


def filters(**values: list[str]) -> str:
    """The `filters` parameter."""
    return quote(json.dumps(values))


SECOND = 1_000_000_000
CREATE = {
    "Image": "busybox",
    "Entrypoint": ["sleep"],
    "Cmd": ["1000"],
    "Labels": {"x": "y"},
    "Volumes": {"/anonymous": {}},
    "ExposedPorts": {"80/tcp": {}},
    "StopSignal": "SIGINT",
    "StopTimeout": 1,
    "Shell": ["/bin/sh", "-c"],
    "OnBuild": ["RUN true"],
    "NetworkDisabled": False,
    "Healthcheck": {
        "Test": ["CMD", "true"],
        "Interval": SECOND,
        "Timeout": SECOND,
        "Retries": 2,
        "StartPeriod": SECOND,
        "StartInterval": SECOND // 10,
    },
    "HostConfig": {
        "PortBindings": {"80/tcp": [{"HostPort": "0"}]},
        "Binds": ["walked:/data"],
        "Annotations": {"a": "b"},
        "Tmpfs": {"/t": "size=1m"},
        "Sysctls": {"net.ipv4.ip_forward": "1"},
        "Init": False,
        "LogConfig": {"Type": "json-file", "Config": {"max-size": "1m"}},
        "Mounts": [
            {
                "Type": "volume",
                "Source": "walked2",
                "Target": "/d2",
                "ReadOnly": True,
                "VolumeOptions": {"Labels": {"a": "b"}, "NoCopy": True, "DriverConfig": {"Name": "local"}},
            },
            {"Type": "bind", "Source": "/tmp", "Target": "/b", "BindOptions": {"Propagation": "rprivate"}},
            {"Type": "tmpfs", "Target": "/t2", "TmpfsOptions": {"SizeBytes": 4096, "Mode": 0o700}},
        ],
        "Devices": [{"PathOnHost": "/dev/null", "PathInContainer": "/dev/x", "CgroupPermissions": "rwm"}],
        "DeviceCgroupRules": ["c 1:3 r"],
        "Ulimits": [{"Name": "nofile", "Soft": 100, "Hard": 100}],
        "CapAdd": ["SYS_TIME"],
        "CapDrop": ["MKNOD"],
        "Dns": ["192.0.2.1"],
        "DnsOptions": ["ndots:1"],
        "DnsSearch": ["example"],
        "ExtraHosts": ["h:192.0.2.2"],
        "GroupAdd": ["5"],
        "SecurityOpt": ["no-new-privileges"],
        "Memory": 64 << 20,
        "PidsLimit": 100,
        "RestartPolicy": {"Name": "on-failure", "MaximumRetryCount": 3},
    },
}
FAILING = {"Image": "busybox", "Cmd": ["sh", "-c", "exit 3"], "HostConfig": {"RestartPolicy": {"Name": "no"}}}
EMPTY_TAR = b"\0" * 1024
COMMIT = {"Labels": {"a": "b"}, "OnBuild": ["RUN x"], "Shell": ["/bin/x"], "Volumes": {"/v": {}}, "User": "5"}
COMMIT |= {"WorkingDir": "/w", "Entrypoint": ["/e"], "StopSignal": "SIGUSR1", "ExposedPorts": {"1/udp": {}}}

BEFORE = (
    Step("SystemPing", "GET", "/_ping"),
    Step("SystemPingHead", "HEAD", "/_ping"),
    Step("SystemInfo", "GET", "/info"),
    Step("SystemVersion", "GET", "/version"),
    Step("ImageList", "GET", "/images/json?shared-size=1&manifests=1"),
    Step("ImageList", "GET", f"/images/json?filters={filters(nope=['x'])}"),
    Step("ImageInspect", "GET", "/images/busybox/json?manifests=1"),
    Step("ImageInspect", "GET", "/images/nope/json"),
    Step("ImageHistory", "GET", "/images/busybox/history"),
    Step("ImageHistory", "GET", "/images/nope/history"),
    Step("ContainerCreate", "POST", "/containers/create?name=walked", CREATE),
    Step("ContainerCreate", "POST", "/containers/create?name=walked", CREATE),
    Step("ContainerCreate", "POST", "/containers/create", {"Image": "nope"}),
    Step("ContainerCreate", "POST", "/containers/create", {}),
    Step("ContainerCreate", "POST", "/containers/create?name=failing", FAILING),
    Step("ContainerStart", "POST", "/containers/failing/start"),
    Step("ContainerStart", "POST", "/containers/walked/start"),
    Step("ContainerStart", "POST", "/containers/walked/start"),
    Step("ContainerStart", "POST", "/containers/nope/start"),
    Step("ContainerWait", "POST", "/containers/failing/wait"),
    Step("ContainerWait", "POST", "/containers/nope/wait"),
    Step("ContainerWait", "POST", "/containers/failing/wait?condition=nope"),
)
"""Up to a container whose health is to be known before the walk goes on."""

AFTER = (
    Step("ContainerInspect", "GET", "/containers/walked/json?size=1"),
    Step("ContainerInspect", "GET", "/containers/nope/json"),
    Step("ContainerList", "GET", "/containers/json?size=1&all=1"),
    Step("ContainerList", "GET", "/containers/json?filters=x"),
    Step("ContainerTop", "GET", "/containers/walked/top"),
    Step("ContainerTop", "GET", "/containers/nope/top"),
    Step("ContainerStats", "GET", "/containers/walked/stats?stream=0"),
    Step("ContainerStats", "GET", "/containers/nope/stats?stream=0"),
    Step("PutContainerArchive", "PUT", "/containers/walked/archive?path=/", EMPTY_TAR),
    Step("PutContainerArchive", "PUT", "/containers/walked/archive?path=/nope", EMPTY_TAR),
    Step("PutContainerArchive", "PUT", "/containers/walked/archive?path=/", b"no archive"),
    Step("ContainerArchive", "GET", "/containers/walked/archive?path=/etc/passwd"),
    Step("ContainerArchive", "GET", "/containers/walked/archive?path=/nope"),
    Step("ContainerArchive", "GET", "/containers/walked/archive"),
    Step("ContainerArchiveInfo", "HEAD", "/containers/walked/archive?path=/etc"),
    Step("ContainerArchiveInfo", "HEAD", "/containers/walked/archive?path=/nope"),
    Step("ContainerArchiveInfo", "HEAD", "/containers/walked/archive"),
    Step("ContainerLogs", "GET", "/containers/failing/logs?stdout=1"),
    Step("ContainerLogs", "GET", "/containers/nope/logs?stdout=1"),
    Step("ContainerExec", "POST", "/containers/walked/exec", {"Cmd": ["cp", "/bin/busybox", "/f"], "User": "root"}),
    Step("ContainerExec", "POST", "/containers/nope/exec", {"Cmd": ["true"]}),
    Step("ContainerExec", "POST", "/containers/failing/exec", {"Cmd": ["true"]}),
    Step("ExecInspect", "GET", "/exec/{exec}/json"),
    Step("ExecInspect", "GET", "/exec/nope/json"),
    Step("ExecStart", "POST", "/exec/{exec}/start", {"Detach": True}),
    Step("ExecStart", "POST", "/exec/{exec}/start", {"Detach": True}),
    Step("ExecStart", "POST", "/exec/nope/start", {"Detach": True}),
    Step("ExecResize", "POST", "/exec/nope/resize?h=1&w=1"),
    Step("ExecResize", "POST", "/exec/nope/resize?h=x&w=1"),
    Step("ContainerList", "GET", "/containers/json?size=1"),
    Step("ContainerChanges", "GET", "/containers/walked/changes"),
    Step("ContainerChanges", "GET", "/containers/nope/changes"),
    Step("ContainerResize", "POST", "/containers/walked/resize?h=1&w=1"),
    Step("ContainerResize", "POST", "/containers/nope/resize?h=1&w=1"),
    Step("ContainerUpdate", "POST", "/containers/walked/update", {"Memory": 128 << 20, "MemorySwap": -1}),
    Step("ContainerUpdate", "POST", "/containers/nope/update", {"Memory": 128 << 20}),
    Step("ContainerPause", "POST", "/containers/walked/pause"),
    Step("ContainerPause", "POST", "/containers/nope/pause"),
    Step("ContainerUnpause", "POST", "/containers/walked/unpause"),
    Step("ContainerUnpause", "POST", "/containers/nope/unpause"),
    Step("ContainerRename", "POST", "/containers/walked/rename?name=failing"),
    Step("ContainerRename", "POST", "/containers/walked/rename?name=walked3"),
    Step("ContainerRename", "POST", "/containers/walked3/rename?name=walked"),
    Step("ContainerExport", "GET", "/containers/nope/export"),
    Step("ContainerAttach", "POST", "/containers/nope/attach?stream=1&stdout=1"),
    Step("ContainerAttachWebsocket", "GET", "/containers/nope/attach/ws"),
    Step("ImageCommit", "POST", "/commit?container=walked&repo=committed&author=me&comment=hi", COMMIT),
    Step("ImageCommit", "POST", "/commit?container=nope", {}),
    Step("ImageInspect", "GET", "/images/committed/json"),
    Step("ImageHistory", "GET", "/images/committed/history"),
    Step("ImageTag", "POST", "/images/committed/tag?repo=a/b&tag=c"),
    Step("ImageTag", "POST", "/images/nope/tag?repo=a/b&tag=c"),
    Step("ImageTag", "POST", "/images/committed/tag?repo=A"),
    Step("ImageGet", "GET", "/images/committed/get"),
    Step("ImageGetAll", "GET", "/images/get?names=committed&names=busybox"),
    Step("ImageLoad", "POST", "/images/load", EMPTY_TAR),
    Step("ImageDelete", "DELETE", "/images/a/b:c"),
    Step("ImageDelete", "DELETE", "/images/nope"),
    Step("ImageDelete", "DELETE", "/images/busybox"),
    Step("SystemDataUsage", "GET", "/system/df"),
    Step("SystemDataUsage", "GET", "/system/df?verbose=1"),
    Step("SystemDataUsage", "GET", "/system/df?type=nope"),
    Step("VolumeCreate", "POST", "/volumes/create", {"Name": "walked3", "Labels": {"a": "b"}}),
    Step("VolumeList", "GET", "/volumes"),
    Step("VolumeInspect", "GET", "/volumes/walked3"),
    Step("VolumeInspect", "GET", "/volumes/nope"),
    Step("VolumeUpdate", "PUT", "/volumes/walked3?version=1", {}),
    Step("VolumeDelete", "DELETE", "/volumes/walked3"),
    Step("VolumeDelete", "DELETE", "/volumes/walked"),
    Step("VolumeDelete", "DELETE", "/volumes/nope"),
    Step("NetworkList", "GET", "/networks"),
    Step("NetworkInspect", "GET", "/networks/bridge?verbose=1"),
    Step("NetworkInspect", "GET", "/networks/nope"),
    Step("ContainerKill", "POST", "/containers/walked/kill?signal=0"),
    Step("ContainerKill", "POST", "/containers/walked/kill?signal=USR1"),
    Step("ContainerKill", "POST", "/containers/nope/kill"),
    Step("ContainerRestart", "POST", "/containers/walked/restart?t=0"),
    Step("ContainerRestart", "POST", "/containers/nope/restart?t=0"),
    Step("ContainerStop", "POST", "/containers/walked/stop?t=0"),
    Step("ContainerStop", "POST", "/containers/walked/stop?t=0"),
    Step("ContainerStop", "POST", "/containers/nope/stop?t=0"),
    Step("ContainerKill", "POST", "/containers/walked/kill"),
    Step("ContainerStart", "POST", "/containers/walked/start"),
    Step("ContainerDelete", "DELETE", "/containers/walked"),
    Step("ContainerDelete", "DELETE", "/containers/walked?v=1&force=1"),
    Step("ContainerDelete", "DELETE", "/containers/nope"),
    Step("ContainerCreate", "POST", "/containers/create?name=kept", FAILING),
    Step("ContainerDelete", "DELETE", "/containers/failing"),
    Step("ContainerPrune", "POST", f"/containers/prune?filters={filters(label=['nope'])}"),
    Step("ImagePrune", "POST", f"/images/prune?filters={filters(dangling=['false'])}"),
    Step("ContainerPrune", "POST", "/containers/prune"),
    Step("VolumePrune", "POST", f"/volumes/prune?filters={filters(all=['1'])}"),
    Step("SystemEvents", "GET", "/events?since=0&until={now}"),
    Step("SystemEvents", "GET", "/events?since=2&until=1"),
)
