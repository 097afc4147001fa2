"""The daemon about itself (Engine API: SystemInfo, SystemVersion)."""

from collections.abc import Mapping
from typing import Any

from dockyard.api.versions import MAXIMUM_VERSION, MINIMUM_VERSION
from dockyard.engine.config import DaemonConfig
from dockyard.engine.system import SystemInfo, SystemVersion
from dockyard.engine.timestamps import rfc3339
from dockyard.store.distribution.registry.proxies import hidden

INDEX_SERVER = "https://index.docker.io/v1/"
FEATURES = "org.opencontainers.runtime-spec.features"
LOOPBACK_REGISTRIES = ("::1/128", "127.0.0.0/8")
NO_SWARM = {
    "NodeID": "",
    "NodeAddr": "",
    "LocalNodeState": "inactive",
    "ControlAvailable": False,
    "Error": "",
    "RemoteManagers": None,
}


def system_info(info: SystemInfo, features: Mapping[str, str]) -> dict[str, Any]:
    """`docker info`; `features` of runtimes are JSON texts by name.

    What cgroups can limit is true throughout: Dockyard uses every controller that the kernel has.
    """
    daemon = info.daemon
    stopped, running, paused = info.containers_stopped, info.containers_running, info.containers_paused
    return {
        "ID": info.id,
        "Containers": stopped + running + paused,
        "ContainersRunning": running,
        "ContainersPaused": paused,
        "ContainersStopped": stopped,
        "Images": info.images,
        "Driver": info.storage_driver,
        "DriverStatus": info.driver_status,
        "Plugins": {
            "Volume": ["local"],
            "Network": info.network_drivers,
            "Authorization": None,
            "Log": info.log_drivers,
        },
        "MemoryLimit": True,
        "SwapLimit": True,
        "CpuCfsPeriod": True,
        "CpuCfsQuota": True,
        "CPUShares": True,
        "CPUSet": True,
        "PidsLimit": True,
        "IPv4Forwarding": info.ipv4_forwarding,
        "Debug": daemon.debug,
        "NFd": info.file_descriptors,
        "OomKillDisable": info.cgroup_version == "1",
        "NGoroutines": info.tasks,
        "SystemTime": rfc3339(info.time_ns),
        "LoggingDriver": daemon.log_driver,
        "CgroupDriver": info.cgroup_driver,
        "CgroupVersion": info.cgroup_version,
        "NEventsListener": info.event_listeners,
        "KernelVersion": info.kernel_version,
        "OperatingSystem": info.operating_system,
        "OSVersion": info.os_version,
        "OSType": "linux",
        "Architecture": info.architecture,
        "IndexServerAddress": INDEX_SERVER,
        "RegistryConfig": registry_config(daemon),
        "NCPU": info.cpus,
        "MemTotal": info.memory_bytes,
        "GenericResources": None,
        "DockerRootDir": info.data_root,
        "HttpProxy": hidden(daemon.http_proxy),
        "HttpsProxy": hidden(daemon.https_proxy),
        "NoProxy": daemon.no_proxy,
        "Name": info.name,
        "Labels": daemon.labels,
        "ExperimentalBuild": daemon.experimental,
        "ServerVersion": info.server_version,
        "Runtimes": {name: _runtime(path, features.get(name)) for name, path in info.runtimes.items()},
        "DefaultRuntime": info.default_runtime,
        "Swarm": NO_SWARM,
        "LiveRestoreEnabled": daemon.live_restore,
        "Isolation": "",
        "InitBinary": info.init_binary,
        "ContainerdCommit": {"ID": info.server_version},
        "RuncCommit": {"ID": info.server_version},
        "InitCommit": {"ID": ""},
        "SecurityOptions": info.security_options,
        **_address_pools(daemon),
        "FirewallBackend": {"Driver": "nftables"},
        "CDISpecDirs": [],
        "Warnings": info.warnings or None,
    }


def _runtime(path: str, features: str | None) -> dict[str, Any]:
    return {"path": path} if features is None else {"path": path, "status": {FEATURES: features}}


def _address_pools(daemon: DaemonConfig) -> dict[str, Any]:
    pools = [{"Base": pool.base, "Size": pool.size} for pool in daemon.default_address_pools]
    return {"DefaultAddressPools": pools} if pools else {}


def registry_config(daemon: DaemonConfig) -> dict[str, Any]:
    """Which registries may be spoken to without TLS, and which mirrors are asked first."""
    mirrors = [mirror if mirror.endswith("/") else f"{mirror}/" for mirror in daemon.registry_mirrors]
    networks = [*LOOPBACK_REGISTRIES, *(one for one in daemon.insecure_registries if "/" in one)]
    hosts = [one for one in daemon.insecure_registries if "/" not in one]
    indexes = {"docker.io": _index("docker.io", mirrors, secure=True)}
    indexes |= {host: _index(host, [], secure=False) for host in hosts}
    for name, others in daemon.mirrors_of.items():
        indexes[name] = _index(name, list(others), secure=name not in hosts)
    return {
        "IndexConfigs": indexes,
        "InsecureRegistryCIDRs": networks,
        "Mirrors": mirrors or None,
    }


def _index(name: str, mirrors: list[str], *, secure: bool) -> dict[str, Any]:
    return {"Mirrors": mirrors, "Name": name, "Official": name == "docker.io", "Secure": secure}


def system_version(version: SystemVersion, *, experimental: bool) -> dict[str, Any]:
    """`docker version`, the server's half. GoVersion keeps its name and tells which Python it is."""
    python = f"python{version.python_version}"
    engine = {
        "ApiVersion": MAXIMUM_VERSION,
        "Arch": version.architecture,
        "BuildTime": "",
        "Experimental": "true" if experimental else "false",
        "GitCommit": version.build,
        "GoVersion": python,
        "KernelVersion": version.kernel_version,
        "MinAPIVersion": MINIMUM_VERSION,
        "Os": version.os,
    }
    parts = {"containerd": "dockyard-supervisor", "runc": "dockyard-runc"}
    return {
        "Platform": {"Name": "Dockyard"},
        "Version": version.version,
        "ApiVersion": MAXIMUM_VERSION,
        "MinAPIVersion": MINIMUM_VERSION,
        "Os": version.os,
        "Arch": version.architecture,
        "Components": [
            {"Name": "Engine", "Version": version.version, "Details": engine},
            *(
                {"Name": name, "Version": version.version, "Details": {"GitCommit": version.build, "Program": program}}
                for name, program in parts.items()
            ),
        ],
        "GitCommit": version.build,
        "GoVersion": python,
        "KernelVersion": version.kernel_version,
        **({"Experimental": True} if experimental else {}),
        "BuildTime": "",
    }
