"""What a user asks of a container: `Config` (portable, from image and command line) and `HostConfig` (this machine).

These are the values that Docker calls container.Config and container.HostConfig. They are decoded once from a request
by a door, checked by `validation`, kept in the container's record, and written as `config.v2.json` and
`hostconfig.json`: hence the JSON names of the Engine API (definitions ContainerConfig and HostConfig), and `None`
where Go keeps a nil slice or map, so that `inspect` shows `null` where Docker does.

Units: memory, shm and byte rates in bytes, CPU times in microseconds, NanoCpus in 1e-9 CPUs, health-check durations in
nanoseconds, timeouts in seconds.
"""

from typing import Any

import msgspec

Strings = tuple[str, ...] | None
StringMap = dict[str, str] | None
Set = dict[str, dict[str, Any]] | None
"""A set as Go writes it: the members are keys, the values are empty objects."""


class HealthConfig(msgspec.Struct, frozen=True, rename="pascal", omit_defaults=True):
    """How to check that a container is healthy (HEALTHCHECK); durations in nanoseconds, 0 inherits."""

    test: Strings = None
    interval: int = 0
    timeout: int = 0
    start_period: int = 0
    start_interval: int = 0
    retries: int = 0


class Config(msgspec.Struct, frozen=True, rename="pascal"):
    """The portable part of a container's configuration (Engine API: ContainerConfig)."""

    hostname: str = ""
    domainname: str = ""
    user: str = ""
    attach_stdin: bool = False
    attach_stdout: bool = False
    attach_stderr: bool = False
    exposed_ports: Set = None
    tty: bool = False
    open_stdin: bool = False
    stdin_once: bool = False
    env: Strings = None
    cmd: Strings = None
    healthcheck: HealthConfig | None = None
    args_escaped: bool = False
    image: str = ""
    volumes: Set = None
    working_dir: str = ""
    entrypoint: Strings = None
    network_disabled: bool = False
    mac_address: str = ""
    on_build: Strings = None
    labels: StringMap = None
    stop_signal: str = ""
    stop_timeout: int | None = None
    shell: Strings = None


class PortBinding(msgspec.Struct, frozen=True, rename="pascal"):
    """One address of the host that leads to a port of the container; an empty port means: choose one."""

    host_ip: str = msgspec.field(default="", name="HostIp")
    host_port: str = ""


PortMap = dict[str, tuple[PortBinding, ...] | None] | None
"""`"80/tcp"` to its bindings."""


class RestartPolicy(msgspec.Struct, frozen=True, rename="pascal"):
    """When the engine starts an exited container again."""

    name: str = ""
    maximum_retry_count: int = 0


class LogConfig(msgspec.Struct, frozen=True, rename="pascal"):
    """The log driver of a container and its options."""

    type: str = ""
    config: StringMap = None


class WeightDevice(msgspec.Struct, frozen=True, rename="pascal"):
    """A block device's share of I/O, 10 to 1000."""

    path: str = ""
    weight: int = 0


class ThrottleDevice(msgspec.Struct, frozen=True, rename="pascal"):
    """A block device's limit, in bytes or operations per second."""

    path: str = ""
    rate: int = 0


class DeviceMapping(msgspec.Struct, frozen=True, rename="pascal"):
    """A device node of the host that appears in the container; permissions are of `rwm`."""

    path_on_host: str = ""
    path_in_container: str = ""
    cgroup_permissions: str = ""


class DeviceRequest(msgspec.Struct, frozen=True, rename="pascal"):
    """Devices asked of a device driver (`--gpus`)."""

    driver: str = ""
    count: int = 0
    device_ids: Strings = msgspec.field(default=None, name="DeviceIDs")
    capabilities: tuple[tuple[str, ...], ...] | None = None
    options: StringMap = None


class Ulimit(msgspec.Struct, frozen=True, rename="pascal"):
    """A resource limit of setrlimit(2); -1 means unlimited."""

    name: str = ""
    hard: int = 0
    soft: int = 0


class BindOptions(msgspec.Struct, frozen=True, rename="pascal", omit_defaults=True):
    """Options of a `--mount type=bind`."""

    propagation: str = ""
    non_recursive: bool = False
    create_mountpoint: bool = False
    read_only_non_recursive: bool = False
    read_only_force_recursive: bool = False


class VolumeDriverConfig(msgspec.Struct, frozen=True, rename="pascal", omit_defaults=True):
    """The driver that makes a volume, and its options."""

    name: str = ""
    options: StringMap = None


class VolumeOptions(msgspec.Struct, frozen=True, rename="pascal", omit_defaults=True):
    """Options of a `--mount type=volume`."""

    no_copy: bool = False
    labels: StringMap = None
    subpath: str = ""
    driver_config: VolumeDriverConfig | None = None


class TmpfsOptions(msgspec.Struct, frozen=True, rename="pascal", omit_defaults=True):
    """Options of a `--mount type=tmpfs`; the size in bytes, the mode as octal permission bits."""

    size_bytes: int = 0
    mode: int = 0
    options: tuple[tuple[str, ...], ...] | None = None


class ImageOptions(msgspec.Struct, frozen=True, rename="pascal", omit_defaults=True):
    """Options of a `--mount type=image`."""

    subpath: str = ""


class Mount(msgspec.Struct, frozen=True, rename="pascal", omit_defaults=True):
    """One `--mount`."""

    type: str = ""
    source: str = ""
    target: str = ""
    read_only: bool = False
    consistency: str = ""
    bind_options: BindOptions | None = None
    volume_options: VolumeOptions | None = None
    tmpfs_options: TmpfsOptions | None = None
    image_options: ImageOptions | None = None


class Resources(msgspec.Struct, frozen=True, rename="pascal"):
    """Limits of a container: the part of HostConfig that `update` can change while it runs."""

    cpu_shares: int = 0
    memory: int = 0
    nano_cpus: int = 0
    cgroup_parent: str = ""
    blkio_weight: int = 0
    blkio_weight_device: tuple[WeightDevice, ...] | None = None
    blkio_device_read_bps: tuple[ThrottleDevice, ...] | None = None
    blkio_device_write_bps: tuple[ThrottleDevice, ...] | None = None
    blkio_device_read_iops: tuple[ThrottleDevice, ...] | None = msgspec.field(default=None, name="BlkioDeviceReadIOps")
    blkio_device_write_iops: tuple[ThrottleDevice, ...] | None = msgspec.field(
        default=None, name="BlkioDeviceWriteIOps"
    )
    cpu_period: int = 0
    cpu_quota: int = 0
    cpu_realtime_period: int = 0
    cpu_realtime_runtime: int = 0
    cpuset_cpus: str = ""
    cpuset_mems: str = ""
    devices: tuple[DeviceMapping, ...] | None = None
    device_cgroup_rules: Strings = None
    device_requests: tuple[DeviceRequest, ...] | None = None
    kernel_memory: int = 0
    kernel_memory_tcp: int = msgspec.field(default=0, name="KernelMemoryTCP")
    memory_reservation: int = 0
    memory_swap: int = 0
    memory_swappiness: int | None = None
    oom_kill_disable: bool | None = None
    pids_limit: int | None = None
    ulimits: tuple[Ulimit, ...] | None = None
    cpu_count: int = 0
    cpu_percent: int = 0
    io_maximum_iops: int = msgspec.field(default=0, name="IOMaximumIOps")
    io_maximum_bandwidth: int = msgspec.field(default=0, name="IOMaximumBandwidth")


class HostConfig(Resources, frozen=True, rename="pascal"):
    """The part of a container's configuration that depends on this machine (Engine API: HostConfig)."""

    binds: Strings = None
    container_id_file: str = msgspec.field(default="", name="ContainerIDFile")
    log_config: LogConfig = LogConfig()
    network_mode: str = ""
    port_bindings: PortMap = None
    restart_policy: RestartPolicy = RestartPolicy()
    auto_remove: bool = False
    volume_driver: str = ""
    volumes_from: Strings = None
    console_size: tuple[int, int] = (0, 0)
    annotations: StringMap = None
    cap_add: Strings = None
    cap_drop: Strings = None
    cgroupns_mode: str = ""
    dns: Strings = None
    dns_options: Strings = None
    dns_search: Strings = None
    extra_hosts: Strings = None
    group_add: Strings = None
    ipc_mode: str = ""
    cgroup: str = ""
    links: Strings = None
    oom_score_adj: int = 0
    pid_mode: str = ""
    privileged: bool = False
    publish_all_ports: bool = False
    readonly_rootfs: bool = False
    security_opt: Strings = None
    storage_opt: StringMap = None
    tmpfs: StringMap = None
    uts_mode: str = msgspec.field(default="", name="UTSMode")
    userns_mode: str = ""
    shm_size: int = 0
    sysctls: StringMap = None
    runtime: str = ""
    isolation: str = ""
    mounts: tuple[Mount, ...] | None = None
    masked_paths: Strings = None
    readonly_paths: Strings = None
    init: bool | None = None


class EndpointIpamConfig(msgspec.Struct, frozen=True, rename="pascal", omit_defaults=True):
    """Addresses that the user wants for an endpoint."""

    ipv4_address: str = msgspec.field(default="", name="IPv4Address")
    ipv6_address: str = msgspec.field(default="", name="IPv6Address")
    link_local_ips: Strings = msgspec.field(default=None, name="LinkLocalIPs")


class EndpointConfig(msgspec.Struct, frozen=True, rename="pascal"):
    """What the user wants of a container's connection to one network (Engine API: EndpointSettings, request part)."""

    ipam_config: EndpointIpamConfig | None = msgspec.field(default=None, name="IPAMConfig")
    links: Strings = None
    mac_address: str = ""
    aliases: Strings = None
    driver_opts: StringMap = None
    gw_priority: int = 0


class NetworkingConfig(msgspec.Struct, frozen=True, rename="pascal"):
    """Networks to connect at creation: name to what is wanted there."""

    endpoints_config: dict[str, EndpointConfig | None] | None = None
