"""A container as the engine knows it: one immutable value, replaced whole at each change.

Readers (`ps`, `inspect`, `events`) take the present value and never wait for a lock; only the code that holds the
container's lock (`lifecycle`) replaces it. The same value is what `storage` writes to `config.v2.json`.
"""

import msgspec

from dockyard.engine.containers.config import Config, HostConfig, NetworkingConfig
from dockyard.engine.containers.ending import Ending, SentSignal
from dockyard.engine.containers.health import Health
from dockyard.engine.containers.state import ALIVE, Status
from dockyard.network.attachment import Attachment


class State(msgspec.Struct, frozen=True, rename="pascal"):
    """Where the container is in its life; times in nanoseconds since the epoch, 0 for never."""

    status: Status = Status.CREATED
    pid: int = 0
    exit_code: int = 0
    error: str = ""
    oom_killed: bool = msgspec.field(default=False, name="OOMKilled")
    health: Health | None = None
    """The verdict of the health check of the present or last run; None for a container without one."""
    started_at_ns: int = 0
    finished_at_ns: int = 0

    @property
    def running(self) -> bool:
        """Whether the container has a process (paused counts)."""
        return self.status in ALIVE


class MountPoint(msgspec.Struct, frozen=True, rename="pascal"):
    """A mount of the container that its user asked for, as `inspect` shows it under Mounts.

    `source` is the path on the host (for volumes the volume's directory, empty for tmpfs); `options` are those of the
    OCI mount beyond read-only and propagation.
    """

    type: str
    destination: str
    source: str = ""
    foreign: bool = False
    """Whether a volume is a file system that isn't the engine's own, whose owners can't be mapped."""
    name: str = ""
    driver: str = ""
    mode: str = ""
    rw: bool = msgspec.field(default=True, name="RW")
    propagation: str = ""
    anonymous: bool = False
    non_recursive: bool = False
    readonly_recursive: bool = True
    subpath: str = ""
    options: tuple[str, ...] = ()


class Endpoint(msgspec.Struct, frozen=True, rename="pascal"):
    """The container's connection to one network while it runs (Engine API: EndpointSettings, answer part)."""

    network_name: str
    network_id: str
    endpoint_id: str = ""
    gateway: str = ""
    ip_address: str = ""
    ip_prefix_len: int = 0
    mac_address: str = ""
    ipv6_gateway: str = ""
    global_ipv6_address: str = ""
    global_ipv6_prefix_len: int = 0
    dns_names: tuple[str, ...] | None = None


class Container(msgspec.Struct, frozen=True, rename="pascal"):
    """Everything about a container that survives the daemon.

    `id` 64 hex digits; `name` without slash; `image_id` `sha256:…`; `path` and `args` the command after entrypoint and
    cmd were joined; `attachments` what the network package needs to undo or restore the connections, one for each
    network, that of `--network` first.
    """

    id: str
    name: str
    created_at_ns: int
    path: str
    args: tuple[str, ...]
    config: Config
    host_config: HostConfig
    image_id: str
    driver: str
    platform: str = "linux"
    networking: NetworkingConfig = NetworkingConfig()
    state: State = State()
    mounts: tuple[MountPoint, ...] = ()
    restart_count: int = 0
    sandbox_id: str = ""
    sandbox_key: str = ""
    endpoints: tuple[Endpoint, ...] = ()
    ports: dict[str, tuple[tuple[str, str], ...] | None] = {}
    """Published ports while running: `"80/tcp"` to (host address, host port); None where exposed only."""
    attachments: tuple[Attachment, ...] = ()
    manually_stopped: bool = False
    build_step: bool = False
    """Whether it is a command of a build that runs: it goes with that build. One that the build keeps is no more."""
    process_label: str = ""
    mount_label: str = ""
    """SELinux contexts of its processes and files; "" without SELinux."""
    apparmor_profile: str = msgspec.field(default="", name="AppArmorProfile")
    signals: tuple[SentSignal, ...] = ()
    """The last signals that were sent to the present run through the engine."""
    ending: Ending | None = None
    """How the last run that is over has ended; the present one may be another."""
    hostname_path: str = ""
    hosts_path: str = ""
    resolv_conf_path: str = ""
    log_path: str = ""
    image_layers: tuple[str, ...] = ()
    graph_data: dict[str, str] = {}
