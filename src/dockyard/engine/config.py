"""What the daemon was told: its flags and daemon.json, as one frozen value.

`cmd/daemon_config.py` makes it and has checked it; the engine, the network and the doors only read it. Every field is
honoured by somebody: what Dockyard can't do yet is refused while the flags are read, so it has no field here.
"""

from dataclasses import dataclass, field
from typing import NamedTuple

DEFAULT_DATA_ROOT = "/var/lib/dockyard"
DEFAULT_EXEC_ROOT = "/run/dockyard"
DEFAULT_HOST = "unix:///run/dockyard/dockyard.sock"
DEFAULT_PIDFILE = "/run/dockyard.pid"
BUILT_IN_RUNTIME = "runc"
"""The name of the runtime inside Dockyard: Docker's name, so that `--runtime runc` and `docker info` fit."""


class RuntimeCommand(NamedTuple):
    """An OCI runtime that is driven by its command line (`--add-runtime name=path`)."""

    path: str
    args: tuple[str, ...] = ()


class UlimitDefault(NamedTuple):
    """A resource limit for containers that don't bring their own (`--default-ulimit`); -1 is without limit."""

    name: str
    soft: int
    hard: int


class AddressPool(NamedTuple):
    """Where networks without a subnet of their own get one: subnets of prefix length `size` inside `base` (CIDR)."""

    base: str
    size: int


@dataclass(frozen=True, slots=True)
class DaemonConfig:
    """The daemon's configuration; field names are the names of dockerd's flags, with underscores.

    hosts: where the API listens: `unix:///path`, `tcp://address:port`, `fd://` or `fd://name` (sockets that systemd
    passes in), each with `?scope=…` or `?label=…` behind it when it isn't good for everything.
    tls: clients of TCP speak TLS, and with tls_verify they need a certificate that tls_ca_cert signed. Files are PEM.
    plain_tcp_wanted: TLS was turned off in so many words, which opens the API to whoever reaches the address.
    bridge: None is `docker0`, or `dockyard0` where another engine owns that; "none" is without default network.
    bip: address and prefix length of the bridge, such as `172.18.0.1/24`; None picks a free subnet.
    ipv6: the default bridge has IPv6 addresses, of `fixed_cidr_v6` or `bip6` or a subnet that is chosen.
    default_network_options: by driver, options of new networks that don't say otherwise themselves.
    mtu: 0 is the default of the network driver (1500).
    group: group that owns the unix sockets; `group_given` tells a wish from the default, whose absence is no error.
    storage_driver: None picks overlay2, and vfs where overlayfs can't be mounted.
    default_cgroupns_mode: None is `host` on cgroup v1 and `private` on v2.
    seccomp_profile: None is the built-in profile, "unconfined" is none, else the path of a JSON file.
    registry_mirrors: of Docker Hub; mirrors_of: of other registries, by their name.
    http_proxy, https_proxy, no_proxy: of the daemon's own requests, from its environment or its flags.
    buildkit: clients are told to build with BuildKit's API; both APIs are there in any case.
    buildkit_host: a socket for BuildKit's API alone, `unix:///path`; "" is without.
    discard_unpacked_layers: keep no compressed layers beside the unpacked ones.
    pull_referrers: pulls bring what refers to the image along, unless their client says otherwise.
    restart_unhealthy: restart containers whose health check fails, unless their label says otherwise.
    userns_remap: whose subordinate ids containers have, `default` or `user[:group]`; "" is the host's own ids.
    overlay_address: of this host, among the hosts that overlay networks span; "" is without such networks.
    overlay_peers: addresses of the others.
    host_gateway_ips: what `host-gateway` in --add-host stands for; empty is the address of the bridge.
    warnings: what the user must be told in the log before the API answers.
    config_file: the daemon.json that was read (it may not exist); SIGHUP reads it again.
    """

    hosts: tuple[str, ...] = (DEFAULT_HOST,)
    data_root: str = DEFAULT_DATA_ROOT
    exec_root: str = DEFAULT_EXEC_ROOT
    pidfile: str = DEFAULT_PIDFILE
    group: str = "docker"
    group_given: bool = False
    tls: bool = False
    tls_verify: bool = False
    tls_ca_cert: str = ""
    tls_cert: str = ""
    tls_key: str = ""
    plain_tcp_wanted: bool = False
    config_file: str = "/etc/dockyard/daemon.json"
    debug: bool = False
    log_level: str = "info"
    labels: tuple[str, ...] = ()
    experimental: bool = False
    live_restore: bool = True
    shutdown_timeout: int = 15

    bridge: str | None = None
    bip: str | None = None
    fixed_cidr: str | None = None
    default_gateway: str | None = None
    ipv6: bool = False
    bip6: str | None = None
    fixed_cidr_v6: str | None = None
    default_gateway_v6: str | None = None
    ip6tables: bool = True
    allow_direct_routing: bool = False
    default_network_options: dict[str, dict[str, str]] = field(default_factory=dict)
    mtu: int = 0
    icc: bool = True
    ip: str = "0.0.0.0"
    iptables: bool = True
    ip_forward: bool = True
    ip_masq: bool = True
    userland_proxy: bool = True
    overlay_address: str = ""
    overlay_peers: tuple[str, ...] = ()
    default_address_pools: tuple[AddressPool, ...] = ()
    host_gateway_ips: tuple[str, ...] = ()
    dns: tuple[str, ...] = ()
    dns_options: tuple[str, ...] = ()
    dns_search: tuple[str, ...] = ()

    storage_driver: str | None = None
    registry_mirrors: tuple[str, ...] = ()
    insecure_registries: tuple[str, ...] = ()
    mirrors_of: dict[str, tuple[str, ...]] = field(default_factory=dict)
    http_proxy: str = ""
    https_proxy: str = ""
    no_proxy: str = ""
    max_concurrent_downloads: int = 3
    max_concurrent_uploads: int = 5
    max_download_attempts: int = 5

    runtimes: dict[str, RuntimeCommand] = field(default_factory=dict)
    default_runtime: str = BUILT_IN_RUNTIME
    log_driver: str = "json-file"
    log_options: dict[str, str] = field(default_factory=dict)
    default_ulimits: tuple[UlimitDefault, ...] = ()
    default_shm_size: int = 64 << 20
    default_ipc_mode: str = "private"
    default_cgroupns_mode: str | None = None
    cgroup_parent: str | None = None
    init: bool = False
    init_path: str | None = None
    no_new_privileges: bool = False
    seccomp_profile: str | None = None
    userns_remap: str = ""
    selinux_enabled: bool = False
    restart_unhealthy: bool = False
    buildkit: bool = True
    buildkit_host: str = ""
    discard_unpacked_layers: bool = False
    pull_referrers: bool = False

    warnings: tuple[str, ...] = ()
