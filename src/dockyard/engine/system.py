"""The engine about itself and its machine: what `docker info` and `docker version` show."""

import os
import platform
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from dockyard import __version__
from dockyard.engine.config import BUILT_IN_RUNTIME, DaemonConfig, RuntimeCommand
from dockyard.engine.containers.services import Services
from dockyard.engine.containers.state import Status
from dockyard.engine.runtime_features import RuntimeFeatures
from dockyard.engine.settings import reload_attributes
from dockyard.errors import SystemFailure
from dockyard.fs.atomic import write_atomic
from dockyard.logdrivers.drivers import NAMES as LOG_DRIVERS

NETWORK_DRIVERS = ("bridge", "host", "ipvlan", "macvlan", "null", "overlay")
"""As in Docker, the last is for clusters, and refused outside of one."""
ARCHITECTURES = {"x86_64": "amd64", "aarch64": "arm64", "armv7l": "arm", "i686": "386"}
"""Kernel's name of a machine to Go's, which the Engine API speaks."""


@dataclass(frozen=True, slots=True)
class SystemInfo:
    """One answer to `docker info`; sizes in bytes, `time_ns` since the epoch."""

    id: str
    name: str
    server_version: str
    containers_running: int
    containers_paused: int
    containers_stopped: int
    images: int
    storage_driver: str
    driver_status: tuple[tuple[str, str], ...]
    cgroup_driver: str
    cgroup_version: str
    kernel_version: str
    operating_system: str
    os_version: str
    architecture: str
    cpus: int
    memory_bytes: int
    data_root: str
    default_runtime: str
    runtimes: Mapping[str, str]
    """Name to path of each OCI runtime."""
    log_drivers: tuple[str, ...]
    network_drivers: tuple[str, ...]
    security_options: tuple[str, ...]
    daemon: DaemonConfig
    file_descriptors: int
    tasks: int
    event_listeners: int
    time_ns: int
    ipv4_forwarding: bool
    init_binary: str
    warnings: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class SystemVersion:
    """One answer to `docker version`."""

    version: str
    build: str
    kernel_version: str
    os: str
    architecture: str
    python_version: str


class System:
    """Facts about this engine; `build` is the source revision that `version` shows."""

    def __init__(
        self, services: Services, *, build: str, tasks: Callable[[], int], built_in_runtime: RuntimeCommand
    ) -> None:
        self._services = services
        self._build = build
        self._tasks = tasks
        self._features = RuntimeFeatures(built_in_runtime)
        self._id = engine_id(f"{services.paths.data_root}/engine-id")
        self._machine = platform.uname()
        self._os_release = read_os_release()

    @property
    def id(self) -> str:
        """The engine's id: kept in the data root, so the same after a restart."""
        return self._id

    def version(self) -> SystemVersion:
        """What `docker version` shows of the server."""
        return SystemVersion(
            version=__version__,
            build=self._build,
            kernel_version=self._machine.release,
            os="linux",
            architecture=ARCHITECTURES.get(self._machine.machine, self._machine.machine),
            python_version=platform.python_version(),
        )

    def info(self) -> SystemInfo:
        """What `docker info` shows."""
        services = self._services
        statuses = [entry.record.state.status for entry in services.collection]
        running = statuses.count(Status.RUNNING)
        paused = statuses.count(Status.PAUSED)
        return SystemInfo(
            id=self._id,
            name=self._machine.node,
            server_version=__version__,
            containers_running=running,
            containers_paused=paused,
            containers_stopped=len(statuses) - running - paused,
            images=services.images.count(),
            storage_driver=services.layers.driver.name,
            driver_status=self._driver_status(),
            cgroup_driver="cgroupfs",
            cgroup_version="2" if services.machine.cgroup_v2 else "1",
            kernel_version=self._machine.release,
            operating_system=self._os_release.get("PRETTY_NAME", "Linux"),
            os_version=self._os_release.get("VERSION_ID", ""),
            architecture=self._machine.machine,
            cpus=len(os.sched_getaffinity(0)),
            memory_bytes=os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE"),
            data_root=services.paths.data_root,
            default_runtime=services.daemon.default_runtime,
            runtimes={
                BUILT_IN_RUNTIME: "dockyard-runc",
                **{name: command.path for name, command in services.daemon.runtimes.items()},
            },
            log_drivers=LOG_DRIVERS,
            network_drivers=NETWORK_DRIVERS,
            security_options=self._security_options(),
            daemon=services.daemon,
            file_descriptors=len(os.listdir("/proc/self/fd")),
            tasks=self._tasks(),
            event_listeners=services.events.subscriber_count,
            time_ns=services.clock_ns(),
            ipv4_forwarding=_reads("/proc/sys/net/ipv4/ip_forward", "1"),
            init_binary=services.daemon.init_path or "docker-init",
            warnings=self._warnings(),
        )

    async def runtime_features(self) -> dict[str, str]:
        """What each runtime that has an answer says it can do: its name and a JSON text."""
        return await self._features.of(self._services.daemon.runtimes)

    def reload(self, wanted: DaemonConfig) -> tuple[str, ...]:
        """Puts a configuration that was read again into force, and says so in an event.

        Returns the fields of `wanted` that can't change while the daemon runs, and didn't. Containers notice nothing.
        """
        services = self._services
        refused = services.settings.reload(wanted)
        attributes = reload_attributes(services.daemon, cgroup_v2=services.machine.cgroup_v2)
        services.events.publish("daemon", "reload", self._id, {**attributes, "name": self._machine.node})
        return refused

    def _driver_status(self) -> tuple[tuple[str, str], ...]:
        if self._services.layers.driver.name != "overlay2":
            return ()
        return (
            ("Backing Filesystem", filesystem_of(self._services.paths.data_root)),
            ("Supports d_type", "true"),
            ("Using metacopy", "false"),
            ("Native Overlay Diff", "true"),
            ("userxattr", "false"),
        )

    def _security_options(self) -> tuple[str, ...]:
        daemon = self._services.daemon
        profile = {None: "builtin", "unconfined": "unconfined"}.get(daemon.seccomp_profile, daemon.seccomp_profile)
        options = [f"name=seccomp,profile={profile}"]
        if self._services.machine.cgroup_v2 or daemon.default_cgroupns_mode == "private":
            options.append("name=cgroupns")
        if self._services.machine.apparmor:
            options.insert(0, "name=apparmor")
        if self._services.machine.selinux is not None:
            options.append("name=selinux")
        if self._services.machine.remap is not None:
            options.append("name=userns")
        if daemon.no_new_privileges:
            options.append("name=no-new-privileges")
        return tuple(options)

    def _warnings(self) -> tuple[str, ...]:
        daemon = self._services.daemon
        warnings = [*daemon.warnings, *exposure_warnings(daemon)]
        if not _reads("/proc/sys/net/ipv4/ip_forward", "1"):
            warnings.append("WARNING: IPv4 forwarding is disabled")
        return tuple(warnings)


def exposure_warnings(daemon: DaemonConfig) -> list[str]:
    """What Docker says of an API on TCP that anybody may use who reaches it."""
    if daemon.tls_verify:
        return []
    scheme, missing = ("https", "TLS client verification") if daemon.tls else ("http", "encryption")
    addresses = [host.removeprefix("tcp://").partition("?")[0] for host in daemon.hosts if host.startswith("tcp://")]
    return [
        f"WARNING: API is accessible on {scheme}://{address} without {missing}.\n"
        "         Access to the remote API is equivalent to root access on the host. Refer\n"
        "         to the 'Docker daemon attack surface' section in the documentation for\n"
        "         more information: https://docs.docker.com/go/attack-surface/"
        for address in addresses
    ]


def engine_id(path: str) -> str:
    """The id kept in the file at `path`, which is made when it isn't there."""
    try:
        with open(path, encoding="ascii") as file:
            if found := file.read().strip():
                return found
    except FileNotFoundError:
        pass
    except (OSError, UnicodeDecodeError) as error:
        raise SystemFailure(f"reading {path}: {error}") from error
    new = str(uuid.uuid4())
    write_atomic(path, new.encode(), durable=True)
    return new


def read_os_release() -> dict[str, str]:
    """The fields of os-release(5); empty where there is no such file."""
    for path in ("/etc/os-release", "/usr/lib/os-release"):
        try:
            with open(path, encoding="utf-8", errors="replace") as file:
                pairs = (line.strip().partition("=") for line in file if "=" in line)
                return {name: value.strip("\"'") for name, _, value in pairs}
        except OSError:
            continue
    return {}


def filesystem_of(path: str) -> str:
    """The type of the file system that `path` lies on, by /proc/self/mountinfo; ext4 as Docker calls it."""
    device = os.stat(path).st_dev
    wanted = f"{os.major(device)}:{os.minor(device)}"
    with open("/proc/self/mountinfo", encoding="utf-8", errors="replace") as file:
        for line in file:
            fields, _, rest = line.partition(" - ")
            if fields.split()[2] == wanted:
                found = rest.split()[0]
                return "extfs" if found in ("ext2", "ext3", "ext4") else found
    return "unknown"


def _reads(path: str, wanted: str) -> bool:
    try:
        with open(path, encoding="ascii") as file:
            return file.read().strip() == wanted
    except OSError:
        return False
