"""From the daemon's configuration to what the client of registries wants to know."""

import ipaddress
import os
from collections.abc import Callable

from dockyard.engine.config import DaemonConfig
from dockyard.store.distribution.registry.hosts import HostsConfig
from dockyard.store.distribution.registry.proxies import Proxies

SHARED_DIRECTORIES = ("/etc/docker/certs.d", "/etc/containerd/certs.d")
"""Where Docker and containerd keep what they know of registries; looked at after the directory beside daemon.json."""


def hosts_config(daemon: DaemonConfig) -> HostsConfig:
    """Mirrors, insecure registries, and where certificates and hosts.toml are."""
    own = f"{os.path.dirname(os.path.abspath(daemon.config_file))}/certs.d"
    return HostsConfig(
        mirrors={"docker.io": daemon.registry_mirrors, **daemon.mirrors_of},
        insecure_hosts=frozenset(one.lower() for one in daemon.insecure_registries if "/" not in one),
        insecure_networks=tuple(ipaddress.ip_network(one) for one in daemon.insecure_registries if "/" in one),
        directories=tuple(dict.fromkeys((own, *SHARED_DIRECTORIES))),
    )


def proxies(daemon: DaemonConfig) -> Proxies:
    """The proxies of the daemon's own requests."""
    return Proxies(daemon.http_proxy, daemon.https_proxy, daemon.no_proxy)


def remembered(daemon: Callable[[], DaemonConfig]) -> Callable[[], HostsConfig]:
    """`hosts_config` of the configuration in force, made anew when that changes."""
    latest: list[tuple[DaemonConfig, HostsConfig]] = []

    def current() -> HostsConfig:
        config = daemon()
        if not latest or latest[0][0] is not config:
            latest[:] = [(config, hosts_config(config))]
        return latest[0][1]

    return current
