"""The answer of GET /info as text, in the order that Docker's users know."""

from __future__ import annotations

from dockyard.cli.output.units import binary_size

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Any


def server_text(info: Any) -> str:
    """The text beneath `Server:`, each line with its end."""
    lines = [*_counts(info), *_drivers(info), *_swarm(info), *_runtimes(info), *_security(info), *_machine(info)]
    lines += [*_debug(info), *_proxies(info), *_registries(info)]
    return "".join(f" {line}\n" for line in lines)


def _counts(info: Any) -> list[str]:
    return [
        f"Containers: {info['Containers']}",
        f" Running: {info['ContainersRunning']}",
        f" Paused: {info['ContainersPaused']}",
        f" Stopped: {info['ContainersStopped']}",
        f"Images: {info['Images']}",
        *_given("Server Version", info.get("ServerVersion")),
    ]


def _given(title: str, value: object) -> list[str]:
    return [f"{title}: {value}"] if value not in (None, "") else []


def _drivers(info: Any) -> list[str]:
    plugins = info.get("Plugins") or {}
    lines = [f"Storage Driver: {info['Driver']}"]
    lines += [f" {key}: {value}" for key, value in info.get("DriverStatus") or ()]
    for pair in info.get("SystemStatus") or ():
        lines.append(f"{pair[0]}: {pair[1]}")
    lines += _given("Logging Driver", info.get("LoggingDriver"))
    lines += _given("Cgroup Driver", info.get("CgroupDriver"))
    lines += _given("Cgroup Version", info.get("CgroupVersion"))
    lines += ["Plugins:", f" Volume: {' '.join(plugins.get('Volume') or ())}"]
    lines.append(f" Network: {' '.join(plugins.get('Network') or ())}")
    if plugins.get("Authorization"):
        lines.append(f" Authorization: {' '.join(plugins['Authorization'])}")
    lines.append(f" Log: {' '.join(plugins.get('Log') or ())}")
    if info.get("CDISpecDirs"):
        lines += ["CDI spec directories:", *_indented(info["CDISpecDirs"])]
    return lines


def _swarm(info: Any) -> list[str]:
    swarm = info.get("Swarm") or {}
    lines = [f"Swarm: {swarm.get('LocalNodeState') or 'inactive'}"]
    if swarm.get("LocalNodeState") not in (None, "", "inactive", "locked"):
        lines += [f" NodeID: {swarm.get('NodeID', '')}", f" Is Manager: {_bool(swarm.get('ControlAvailable'))}"]
    return lines


def _runtimes(info: Any) -> list[str]:
    lines = []
    if info.get("Runtimes"):
        lines.append(f"Runtimes: {' '.join(sorted(info['Runtimes']))}")
        lines.append(f"Default Runtime: {info.get('DefaultRuntime', '')}")
    if info.get("OSType") != "linux":
        return lines
    lines += _given("Init Binary", info.get("InitBinary"))
    for title, key in (("containerd", "ContainerdCommit"), ("runc", "RuncCommit"), ("init", "InitCommit")):
        commit = info.get(key) or {}
        lines.append(f"{title} version: {commit.get('ID', '')}")
    return lines


def _security(info: Any) -> list[str]:
    options = info.get("SecurityOptions") or ()
    lines = ["Security Options:"] if options else []
    for option in options:
        fields = dict(field.partition("=")[::2] for field in option.split(","))
        lines.append(f" {fields.pop('name', option)}")
        lines += [f"  {key.title()}: {value}" for key, value in fields.items()]
    return lines


def _machine(info: Any) -> list[str]:
    return [
        *_given("Kernel Version", info.get("KernelVersion")),
        *_given("Operating System", info.get("OperatingSystem")),
        *_given("OSType", info.get("OSType")),
        *_given("Architecture", info.get("Architecture")),
        f"CPUs: {info['NCPU']}",
        f"Total Memory: {binary_size(info['MemTotal'])}",
        *_given("Name", info.get("Name")),
        *_given("ID", info.get("ID")),
        f"Docker Root Dir: {info['DockerRootDir']}",
        f"Debug Mode: {_bool(info.get('Debug'))}",
    ]


def _debug(info: Any) -> list[str]:
    if not info.get("Debug"):
        return []
    return [
        f" File Descriptors: {info.get('NFd', 0)}",
        f" Goroutines: {info.get('NGoroutines', 0)}",
        f" System Time: {info.get('SystemTime', '')}",
        f" EventsListeners: {info.get('NEventsListener', 0)}",
    ]


def _proxies(info: Any) -> list[str]:
    lines = _given("HTTP Proxy", info.get("HttpProxy")) + _given("HTTPS Proxy", info.get("HttpsProxy"))
    lines += _given("No Proxy", info.get("NoProxy"))
    if info.get("Labels"):
        lines += ["Labels:", *_indented(info["Labels"])]
    return lines


def _registries(info: Any) -> list[str]:
    registry = info.get("RegistryConfig") or {}
    lines = [f"Experimental: {_bool(info.get('ExperimentalBuild'))}"]
    indexes = registry.get("IndexConfigs") or {}
    insecure = [name for name in sorted(indexes) if not indexes[name].get("Secure")]
    insecure += registry.get("InsecureRegistryCIDRs") or []
    if insecure:
        lines += ["Insecure Registries:", *_indented(insecure)]
    if registry.get("Mirrors"):
        lines += ["Registry Mirrors:", *_indented(registry["Mirrors"])]
    lines.append(f"Live Restore Enabled: {_bool(info.get('LiveRestoreEnabled'))}")
    lines += _given("Product License", info.get("ProductLicense"))
    if info.get("DefaultAddressPools"):
        lines.append("Default Address Pools:")
        lines += [f"  Base: {pool['Base']}, Size: {pool['Size']}" for pool in info["DefaultAddressPools"]]
    return lines


def _indented(items: Iterable[object]) -> list[str]:
    return [f" {item}" for item in items]


def _bool(value: object) -> str:
    return "true" if value else "false"
