"""Config and HostConfig as Go encodes them: a fixed set of fields is left out while empty.

Engine API: ContainerConfig, HostConfig.
"""

from typing import Any

import msgspec

from dockyard.engine.containers.config import Config, HostConfig

OMITTED_WHEN_EMPTY = {
    "Config": (
        "ExposedPorts",
        "Healthcheck",
        "ArgsEscaped",
        "NetworkDisabled",
        "MacAddress",
        "OnBuild",
        "StopSignal",
        "StopTimeout",
        "Shell",
    ),
    "HostConfig": ("Annotations", "StorageOpt", "Tmpfs", "Sysctls", "Runtime", "Mounts", "Init"),
}
REMOVED_FROM_THE_API = ("KernelMemory", "KernelMemoryTCP")
"""Fields of HostConfig that old clients may still send and that the newest version no longer shows."""


def config(value: Config) -> dict[str, Any]:
    """The portable configuration. A StopTimeout of 0 is a value, everything else that is empty counts as not given."""
    return without_empty(msgspec.to_builtins(value))


def without_empty(document: dict[str, Any]) -> dict[str, Any]:
    """A Config as JSON without the fields that are left out while empty."""
    return {
        key: value
        for key, value in document.items()
        if value or key not in OMITTED_WHEN_EMPTY["Config"] or (key == "StopTimeout" and value is not None)
    }


def host_config(value: HostConfig) -> dict[str, Any]:
    """The machine's part of the configuration. An Init of false is a value."""
    document: dict[str, Any] = msgspec.to_builtins(value)
    for key in OMITTED_WHEN_EMPTY["HostConfig"]:
        if not document[key] and not (key == "Init" and document[key] is not None):
            del document[key]
    for key in REMOVED_FROM_THE_API:
        del document[key]
    return document
