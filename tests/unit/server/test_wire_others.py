"""Images, networks, volumes, execs, the daemon itself as JSON; and lines of progress."""

from typing import Any

import pytest
from tests.unit.server.records import RUNNING

from dockyard.engine.config import AddressPool, DaemonConfig
from dockyard.engine.containers.query.stats import Measured, Sample, Traffic
from dockyard.engine.execs import ExecConfig, ExecSnapshot
from dockyard.engine.images.details import ImageDetails
from dockyard.engine.images.listing import ListedImage
from dockyard.engine.system import SystemInfo, SystemVersion
from dockyard.errors import InvalidParameter
from dockyard.network.attachment import Attachment, NetworkInfo, Subnet
from dockyard.server.docker.endpoints.networks import select_networks
from dockyard.server.docker.wire import progress
from dockyard.server.docker.wire.exec import exec_inspect
from dockyard.server.docker.wire.image import history_item, image_inspect, image_summary, removed_item, unix_seconds
from dockyard.server.docker.wire.network import network_inspect, network_summary
from dockyard.server.docker.wire.stats import container_stats
from dockyard.server.docker.wire.system import registry_config, system_info, system_version
from dockyard.server.docker.wire.volume import volume
from dockyard.spec.image.config import Image, ImageConfig, RootFS
from dockyard.store.images import Removed, RemovedKind, StoredImage
from dockyard.store.images.history import HistoryRow
from dockyard.store.volumes import Volume

STORED = StoredImage(
    "sha256:aa",
    Image(
        "amd64",
        "linux",
        created="2023-11-14T22:13:20.5Z",
        config=ImageConfig(cmd=("sh",)),
        rootfs=RootFS(("sha256:d",)),
    ),
    None,
    "",
)


@pytest.mark.parametrize(
    ("created", "seconds"),
    [("2023-11-14T22:13:20.5Z", 1_700_000_000), ("1970-01-01T00:00:01Z", 1), ("", -62135596800),
     ("0001-01-01T00:00:00Z", -62135596800)],
)  # fmt: skip
def test_times_of_images(created: str, seconds: int) -> None:
    assert unix_seconds(created) == seconds


def test_image_summary() -> None:
    assert image_summary(ListedImage(STORED, ("busybox:latest",), (), 5, 2, {})) == {
        "Containers": 2,
        "Created": 1_700_000_000,
        "Id": "sha256:aa",
        "Labels": None,
        "ParentId": "",
        "RepoDigests": (),
        "RepoTags": ("busybox:latest",),
        "SharedSize": -1,
        "Size": 5,
    }


def test_image_inspect_leaves_out_what_is_not_said() -> None:
    details = ImageDetails(STORED, None, ("busybox:latest",), (), 5, "overlay2", {"UpperDir": "/u"})  # type: ignore[arg-type]
    assert image_inspect(details) == {
        "Id": "sha256:aa",
        "RepoTags": ("busybox:latest",),
        "RepoDigests": (),
        "Created": "2023-11-14T22:13:20.5Z",
        "Config": {"Cmd": ["sh"]},
        "Architecture": "amd64",
        "Os": "linux",
        "Size": 5,
        "GraphDriver": {"Data": {"UpperDir": "/u"}, "Name": "overlay2"},
        "RootFS": {"Type": "layers", "Layers": ("sha256:d",)},
        "Metadata": {"LastTagTime": "0001-01-01T00:00:00Z"},
    }


def test_history_and_removal() -> None:
    assert history_item(HistoryRow("<missing>", "", "RUN x", (), 3, "c")) == {
        "Comment": "c",
        "Created": -62135596800,
        "CreatedBy": "RUN x",
        "Id": "<missing>",
        "Size": 3,
        "Tags": None,
    }
    assert removed_item(Removed(RemovedKind.UNTAGGED, "a:b", "sha256:aa")) == {"Untagged": "a:b"}
    assert removed_item(Removed(RemovedKind.DELETED, "sha256:aa", "sha256:aa")) == {"Deleted": "sha256:aa"}


ENDPOINT = Attachment(
    "c1", "web", "s1", "e1", "bridge", "n1", "bridge", mac="02:42:ac:11:00:02", ipv4="172.17.0.2", prefix_length=16
)
BRIDGE = NetworkInfo(
    "n1", "bridge", "2026-01-01T00:00:00Z", "bridge", subnets=(Subnet("172.17.0.0/16", "172.17.0.1"),),
    options=(("com.docker.network.bridge.name", "docker0"),), containers=(ENDPOINT,),
)  # fmt: skip
HOST = NetworkInfo("n2", "host", "2026-01-01T00:00:00Z", "host")


def test_networks() -> None:
    summary = network_summary(BRIDGE)
    assert summary["IPAM"] == {
        "Driver": "default",
        "Options": None,
        "Config": [{"Subnet": "172.17.0.0/16", "Gateway": "172.17.0.1"}],
    }
    assert summary["Options"] == {"com.docker.network.bridge.name": "docker0"}
    assert "Containers" not in summary
    assert network_inspect(BRIDGE)["Containers"] == {
        "c1": {
            "Name": "web",
            "EndpointID": "e1",
            "MacAddress": "02:42:ac:11:00:02",
            "IPv4Address": "172.17.0.2/16",
            "IPv6Address": "",
        }
    }
    assert network_summary(HOST)["IPAM"]["Config"] is None


@pytest.mark.parametrize(
    ("filters", "names"),
    [
        ({}, ["bridge", "host"]),
        ({"name": ("ho",)}, ["host"]),
        ({"id": ("n1",)}, ["bridge"]),
        ({"driver": ("host", "bridge")}, ["bridge", "host"]),
        ({"type": ("custom",)}, []),
        ({"scope": ("local",)}, ["bridge", "host"]),
        ({"dangling": ("true",)}, []),
        ({"dangling": ("false",)}, ["bridge", "host"]),
        ({"label": ("a",)}, []),
        ({"name": ()}, ["bridge", "host"]),
    ],
)
def test_filters_of_networks(filters: dict[str, tuple[str, ...]], names: list[str]) -> None:
    assert [network.name for network in select_networks([BRIDGE, HOST], filters)] == names


@pytest.mark.parametrize("filters", [{"nope": ("x",)}, {"type": ("nope",)}])
def test_filters_of_networks_that_do_not_exist(filters: dict[str, tuple[str, ...]]) -> None:
    with pytest.raises(InvalidParameter, match="invalid filter"):
        select_networks([BRIDGE], filters)


def test_volume() -> None:
    value = Volume("v", "local", "/v/_data", "2026-01-01T00:00:00Z", {"a": "b"})
    assert volume(value, (1, 5)) == {
        "CreatedAt": "2026-01-01T00:00:00Z",
        "Driver": "local",
        "Labels": {"a": "b"},
        "Mountpoint": "/v/_data",
        "Name": "v",
        "Options": None,
        "Scope": "local",
        "UsageData": {"RefCount": 1, "Size": 5},
    }
    assert "UsageData" not in volume(value)


def test_exec() -> None:
    config = ExecConfig(cmd=("ls", "-l"), user="nobody", attach_stdout=True)
    document = exec_inspect(ExecSnapshot("e", "c", config, False, 77, 3))
    assert document["ProcessConfig"] == {
        "tty": False,
        "entrypoint": "ls",
        "arguments": ("-l",),
        "privileged": False,
        "user": "nobody",
    }
    assert (document["ExitCode"], document["CanRemove"], document["Pid"]) == (3, True, 77)


def info(**daemon: Any) -> dict[str, Any]:
    return system_info(
        SystemInfo(
            id="i", name="vm", server_version="1", containers_running=2, containers_paused=1, containers_stopped=3,
            images=4,
            storage_driver="overlay2", driver_status=(("a", "b"),), cgroup_driver="cgroupfs", cgroup_version="1",
            kernel_version="6.1", operating_system="Debian", os_version="12", architecture="x86_64", cpus=2,
            memory_bytes=1, data_root="/d", default_runtime="runc", runtimes={"runc": "dockyard-runc"},
            log_drivers=("json-file",), network_drivers=("bridge",), security_options=("name=seccomp,profile=builtin",),
            daemon=DaemonConfig(**daemon), file_descriptors=5, tasks=6, event_listeners=7, time_ns=0,
            ipv4_forwarding=True, init_binary="docker-init", warnings=(),
        ),
        {"runc": "{}"},
    )  # fmt: skip


@pytest.mark.row("A16")
def test_info_has_every_key_that_docker_info_prints() -> None:
    document = info(labels=("a=b",), default_address_pools=(AddressPool("10.0.0.0/8", 24),))
    assert set(document) >= {
        "ID", "Containers", "ContainersRunning", "ContainersPaused", "ContainersStopped", "Images", "Driver",
        "DriverStatus", "Plugins", "MemoryLimit", "SwapLimit", "CpuCfsPeriod", "CpuCfsQuota", "CPUShares", "CPUSet",
        "PidsLimit", "IPv4Forwarding", "Debug", "NFd", "OomKillDisable", "NGoroutines", "SystemTime", "LoggingDriver",
        "CgroupDriver", "CgroupVersion", "NEventsListener", "KernelVersion", "OperatingSystem", "OSVersion", "OSType",
        "Architecture", "IndexServerAddress", "RegistryConfig", "NCPU", "MemTotal", "GenericResources", "DockerRootDir",
        "HttpProxy", "HttpsProxy", "NoProxy", "Name", "Labels", "ExperimentalBuild", "ServerVersion", "Runtimes",
        "DefaultRuntime", "Swarm", "LiveRestoreEnabled", "Isolation", "InitBinary", "ContainerdCommit", "RuncCommit",
        "InitCommit", "SecurityOptions", "FirewallBackend", "CDISpecDirs", "Warnings", "DefaultAddressPools",
    }  # fmt: skip
    assert (document["Containers"], document["Labels"]) == (6, ("a=b",))
    assert document["DefaultAddressPools"] == [{"Base": "10.0.0.0/8", "Size": 24}]
    assert "DefaultAddressPools" not in info()


def test_registries() -> None:
    config = registry_config(
        DaemonConfig(registry_mirrors=("https://m.example",), insecure_registries=("r.example:5000", "10.0.0.0/8"))
    )
    assert config["Mirrors"] == ["https://m.example/"]
    assert config["InsecureRegistryCIDRs"] == ["::1/128", "127.0.0.0/8", "10.0.0.0/8"]
    assert config["IndexConfigs"]["r.example:5000"] == {
        "Mirrors": [],
        "Name": "r.example:5000",
        "Official": False,
        "Secure": False,
    }
    assert config["IndexConfigs"]["docker.io"]["Mirrors"] == ["https://m.example/"]


def test_version() -> None:
    document = system_version(SystemVersion("1.0", "abc", "6.1", "linux", "amd64", "3.11.7"), experimental=False)
    assert (document["ApiVersion"], document["MinAPIVersion"]) == ("1.55", "1.24")
    assert document["Components"][0]["Details"]["Experimental"] == "false"
    assert [part["Name"] for part in document["Components"]] == ["Engine", "containerd", "runc"]
    assert "Experimental" not in document


def test_progress() -> None:
    assert progress.stream("Loaded image: a\n") == b'{"stream":"Loaded image: a\\n"}\r\n'
    assert progress.status("x") == b'{"status":"x"}\r\n'
    assert progress.progress("Loading layer", "ab", 1, 2) == (
        b'{"status":"Loading layer","progressDetail":{"current":1,"total":2},"id":"ab"}\r\n'
    )
    assert progress.failure(ValueError("no")) == b'{"errorDetail":{"message":"no"},"error":"no"}\r\n'


CGROUP: dict[str, Any] = {
    "cpu": {"total": 9, "kernel": 1, "user": 8, "per_cpu": [4, 5], "throttling": {"periods": 3, "throttled_periods": 2,
            "throttled_nanoseconds": 7}},
    "memory": {"memory": {"usage": 100, "max": 200, "limit": (1 << 63) - 1, "failures": 0}, "details": {"cache": 0}},
    "pids": {"current": 2, "limit": 0},
    "blkio": {"bytes": [{"major": 8, "minor": 0, "op": "Read", "value": 1}], "operations": []},
}  # fmt: skip
TRAFFIC = {"eth0": Traffic(1, 2, 3, 4, 5, 6, 7, 8)}
NO_CPU = {
    "cpu_usage": {"total_usage": 0, "usage_in_kernelmode": 0, "usage_in_usermode": 0},
    "throttling_data": {"periods": 0, "throttled_periods": 0, "throttled_time": 0},
}


def test_stats_of_cgroup_v1() -> None:
    sample = Sample(1_000_000_000, CGROUP, TRAFFIC, 50, 2)
    document = container_stats(RUNNING, Measured(sample, None), cgroup_v2=False, machine_memory_bytes=1000)
    assert document["read"] == "1970-01-01T00:00:01Z"
    assert document["preread"] == "0001-01-01T00:00:00Z"
    assert document["cpu_stats"] == {
        "cpu_usage": {"total_usage": 9, "usage_in_kernelmode": 1, "usage_in_usermode": 8, "percpu_usage": [4, 5]},
        "system_cpu_usage": 50,
        "online_cpus": 2,
        "throttling_data": {"periods": 3, "throttled_periods": 2, "throttled_time": 7},
    }
    assert document["precpu_stats"] == NO_CPU
    assert document["memory_stats"] == {"usage": 100, "max_usage": 200, "stats": {"cache": 0}, "limit": 1000}
    assert document["pids_stats"] == {"current": 2}
    assert document["blkio_stats"]["io_service_bytes_recursive"] == [{"major": 8, "minor": 0, "op": "Read", "value": 1}]
    assert document["blkio_stats"]["sectors_recursive"] == []
    assert document["networks"]["eth0"]["tx_bytes"] == 5


def test_stats_of_cgroup_v2_and_of_two_samples() -> None:
    first, second = Sample(1_000_000_000, CGROUP), Sample(2_000_000_000, CGROUP)
    document = container_stats(RUNNING, Measured(second, first), cgroup_v2=True, machine_memory_bytes=1000)
    assert document["preread"] == "1970-01-01T00:00:01Z"
    assert document["precpu_stats"]["cpu_usage"]["total_usage"] == 9
    assert document["blkio_stats"]["io_service_bytes_recursive"][0]["op"] == "read"
    assert document["blkio_stats"]["sectors_recursive"] is None
    assert "networks" not in document


def test_stats_of_what_does_not_run() -> None:
    document = container_stats(RUNNING, Measured(Sample(5), None), cgroup_v2=False, machine_memory_bytes=1000)
    assert (document["name"], document["read"], document["memory_stats"]) == (
        "/keen_turing",
        "0001-01-01T00:00:00Z",
        {},
    )
    assert document["cpu_stats"] == NO_CPU
    assert set(document["blkio_stats"].values()) == {None}
