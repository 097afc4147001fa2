"""The parsed line of `run` or `create` as the body of POST /containers/create."""

from __future__ import annotations

from dockyard.cli.container.options.devices import devices
from dockyard.cli.container.options.environment import environment, labels, pairs
from dockyard.cli.container.options.health import healthcheck
from dockyard.cli.container.options.networks import networking
from dockyard.cli.container.options.ports import exposed, published
from dockyard.cli.container.options.resources import resources
from dockyard.cli.container.options.restart import restart_policy
from dockyard.cli.container.options.security import capabilities, security_options
from dockyard.cli.container.options.volumes import tmpfs, volumes
from dockyard.cli.flags.spec import Parsed
from dockyard.errors import InvalidParameter, NotImplementedYet

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

_NOT_YET = ("use-api-socket", "kernel-memory", "io-maxbandwidth", "io-maxiops", "cpu-count", "cpu-percent")


_MAY_BE_EMPTY = ("MaskedPaths", "ReadonlyPaths", "Init")


def create_body(options: Parsed, own_environment: Mapping[str, str]) -> dict[str, Any]:
    """The body, with keys only for what was said and for what Docker's client always says.

    Raises InvalidParameter with Docker's message for what is malformed or contradicts itself.
    """
    _refuse(options)
    image, *command = options.arguments
    config = _config(options, own_environment)
    config["Image"] = image
    if command:
        config["Cmd"] = command
    binds, anonymous = volumes(options["volume"])
    if anonymous:
        config["Volumes"] = anonymous
    bindings = published(options["publish"])
    config["ExposedPorts"] = exposed(options["expose"], bindings)
    host = _host_config(options)
    host.update({"Binds": binds, "PortBindings": bindings})
    mode, endpoints = networking(options)
    host["NetworkMode"] = mode
    config["HostConfig"] = {key: value for key, value in host.items() if value or key in _MAY_BE_EMPTY}
    config["HostConfig"].update(resources(options))
    if options["memory-swappiness"] != -1 and not 0 <= options["memory-swappiness"] <= 100:
        value = options["memory-swappiness"]
        raise InvalidParameter(f"invalid value: {value}. Valid memory swappiness range is 0-100")
    config["HostConfig"]["MemorySwappiness"] = options["memory-swappiness"]
    config["NetworkingConfig"] = {"EndpointsConfig": endpoints}
    return config


def _refuse(options: Parsed) -> None:
    for name in _NOT_YET:
        if options[name]:
            raise NotImplementedYet(f"--{name} is not supported by Dockyard")
    if not options["disable-content-trust"]:
        raise NotImplementedYet("--disable-content-trust=false is not supported by Dockyard yet")
    if options["pull"] not in ("always", "missing", "never"):
        raise InvalidParameter(
            f'invalid pull option: \'{options["pull"]}\': must be one of "always", "missing" or "never"'
        )


def attached(options: Parsed) -> tuple[bool, bool, bool]:
    """Which of stdin, stdout, stderr the container's start is connected to: those of -a, else as -i says."""
    chosen = options["attach"]
    interactive = options["interactive"]
    if chosen:
        return "stdin" in chosen or interactive, "stdout" in chosen, "stderr" in chosen
    return interactive, True, True


def _config(options: Parsed, own_environment: Mapping[str, str]) -> dict[str, Any]:
    stdin, stdout, stderr = attached(options)
    config: dict[str, Any] = {
        "Hostname": options["hostname"],
        "Domainname": options["domainname"],
        "User": options["user"],
        "AttachStdin": stdin,
        "AttachStdout": stdout,
        "AttachStderr": stderr,
        "Tty": options["tty"],
        "OpenStdin": options["interactive"],
        "StdinOnce": options["interactive"] and stdin,
        "Env": environment(options["env-file"], options["env"], own_environment),
        "WorkingDir": options["workdir"],
        "Labels": labels(options["label-file"], options["label"]),
        "StopSignal": options["stop-signal"],
        "StopTimeout": options["stop-timeout"],
        "Healthcheck": healthcheck(options),
    }
    if options["entrypoint"] is not None:
        config["Entrypoint"] = [options["entrypoint"]]
    return {key: value for key, value in config.items() if value not in (None, "", [], {})}


def _host_config(options: Parsed) -> dict[str, Any]:
    mapped, requests = devices(options["device"])
    secured, unmasked = security_options(options["security-opt"])
    add, drop = capabilities(options["cap-add"], options["cap-drop"])
    host: dict[str, Any] = {
        "ContainerIDFile": options["cidfile"],
        "LogConfig": _log(options),
        "RestartPolicy": _restart(options),
        "AutoRemove": options["rm"],
        "VolumeDriver": options["volume-driver"],
        "VolumesFrom": options["volumes-from"],
        "CapAdd": add,
        "CapDrop": drop,
        "Dns": options["dns"],
        "DnsOptions": [*options["dns-option"], *options["dns-opt"]],
        "DnsSearch": options["dns-search"],
        "ExtraHosts": options["add-host"],
        "GroupAdd": options["group-add"],
        "Links": options["link"],
        "Privileged": options["privileged"],
        "PublishAllPorts": options["publish-all"],
        "ReadonlyRootfs": options["read-only"],
        "SecurityOpt": secured,
        "StorageOpt": _storage(options),
        "Tmpfs": tmpfs(options["tmpfs"]),
        "Mounts": options["mount"],
        "Sysctls": pairs(options["sysctl"]),
        "Runtime": options["runtime"],
        "Isolation": options["isolation"],
        "Devices": mapped,
        "DeviceCgroupRules": options["device-cgroup-rule"],
        "DeviceRequests": [*options["gpus"], *requests],
        "Annotations": pairs(options["annotation"]),
        "CgroupParent": options["cgroup-parent"],
        **_namespaces(options),
    }
    if options["init"] or "init" in options.changed:
        host["Init"] = options["init"]
    kept = {key: value for key, value in host.items() if value not in (None, "", [], {})}
    if unmasked:
        kept.update({"MaskedPaths": [], "ReadonlyPaths": []})
    return kept


def _namespaces(options: Parsed) -> dict[str, str | None]:
    modes = {
        "pid": ("PidMode", "PID", ("host",), ("container:",)),
        "uts": ("UTSMode", "UTS", ("host",), ()),
        "userns": ("UsernsMode", "USER", ("host",), ()),
        "cgroupns": ("CgroupnsMode", "CGROUP", ("host", "private"), ()),
    }
    found: dict[str, str | None] = {"IpcMode": options["ipc"]}
    for flag, (key, title, words, beginnings) in modes.items():
        value = options[flag]
        if value and value not in words and not any(value.startswith(begin) and value != begin for begin in beginnings):
            raise InvalidParameter(f"--{flag}: invalid {title} mode")
        found[key] = value
    return found


def _restart(options: Parsed) -> dict[str, Any] | None:
    policy = restart_policy(options["restart"])
    if options["rm"] and policy is not None and policy["Name"] != "no":
        raise InvalidParameter("conflicting options: cannot specify both --restart and --rm")
    return policy


def _log(options: Parsed) -> dict[str, Any] | None:
    driver, settings = options["log-driver"] or "", pairs(options["log-opt"])
    if driver == "none" and settings:
        raise InvalidParameter(f"invalid logging opts for driver {driver}")
    return {"Type": driver, "Config": settings} if driver or settings else None


def _storage(options: Parsed) -> dict[str, str]:
    if not all("=" in item for item in options["storage-opt"]):
        raise InvalidParameter("invalid storage option")
    return pairs(options["storage-opt"])
