"""The configuration that is in force, and how it changes while the daemon runs.

Whoever needs a setting that can change reads it here when it needs it, and keeps no copy: `settings.current` is one
frozen value, so what is read together fits together. Docker's list of what a reload changes:
https://docs.docker.com/reference/cli/dockerd/#configuration-reload-behavior
"""

import json
from collections.abc import Sequence
from dataclasses import fields, replace

from dockyard.engine.config import BUILT_IN_RUNTIME, DaemonConfig

RELOADABLE = frozenset(
    {
        "debug",
        "default_cgroupns_mode",
        "default_ipc_mode",
        "default_runtime",
        "default_shm_size",
        "default_ulimits",
        "insecure_registries",
        "labels",
        "live_restore",
        "log_level",
        "max_concurrent_downloads",
        "max_concurrent_uploads",
        "max_download_attempts",
        "mirrors_of",
        "pull_referrers",
        "registry_mirrors",
        "restart_unhealthy",
        "runtimes",
        "shutdown_timeout",
        "warnings",
    }
)
"""Fields of DaemonConfig that a reload changes: what Docker reloads, and the log level and ulimits besides."""

NOT_SETTINGS = frozenset({"config_file", "group_given"})
"""Fields that say how the configuration was read."""


class Settings:
    """Holds the daemon's configuration; all of the engine shares one."""

    __slots__ = ("_current",)

    def __init__(self, config: DaemonConfig) -> None:
        self._current = config

    @property
    def current(self) -> DaemonConfig:
        """The configuration in force."""
        return self._current

    def reload(self, wanted: DaemonConfig) -> tuple[str, ...]:
        """Puts into force what can change of `wanted`; returns the names of fields that differ and need a restart."""
        changed = {name: getattr(wanted, name) for name in RELOADABLE}
        refused = tuple(
            field.name
            for field in fields(DaemonConfig)
            if field.name not in RELOADABLE | NOT_SETTINGS
            and getattr(wanted, field.name) != getattr(self._current, field.name)
        )
        self._current = replace(self._current, **changed)
        return refused


def reload_attributes(config: DaemonConfig, *, cgroup_v2: bool) -> dict[str, str]:
    """The attributes of the daemon's `reload` event: what was reloaded, as Docker writes it."""
    runtimes = {BUILT_IN_RUNTIME: "dockyard-runc", **{name: one.path for name, one in config.runtimes.items()}}
    return {
        "debug": _boolean(config.debug),
        "default-cgroupns-mode": config.default_cgroupns_mode or ("private" if cgroup_v2 else "host"),
        "default-ipc-mode": config.default_ipc_mode,
        "default-runtime": config.default_runtime,
        "default-shm-size": str(config.default_shm_size),
        "features": "map[]" if config.buildkit else "map[buildkit:false]",
        "insecure-registries": _array(config.insecure_registries),
        "labels": _array(config.labels),
        "live-restore": _boolean(config.live_restore),
        "max-concurrent-downloads": str(config.max_concurrent_downloads),
        "max-concurrent-uploads": str(config.max_concurrent_uploads),
        "max-download-attempts": str(config.max_download_attempts),
        "registry-mirrors": _array([mirror.rstrip("/") for mirror in config.registry_mirrors]),
        "runtimes": " ".join(f"{name}:{path}" for name, path in sorted(runtimes.items())),
        "shutdown-timeout": str(config.shutdown_timeout),
    }


def _boolean(value: bool) -> str:
    return "true" if value else "false"


def _array(values: Sequence[str]) -> str:
    return json.dumps(list(values), separators=(",", ":"))
