"""Limits of a container's control group: OCI runtime-spec v1.2, config-linux.md "Control groups".

https://github.com/opencontainers/runtime-spec/blob/v1.2.0/config-linux.md#control-groups
None means "leave as it is"; sizes are bytes, times microseconds, -1 means no limit.
"""

from collections.abc import Mapping
from typing import NamedTuple

from dockyard.spec.runtime.empty import EMPTY


class DeviceRule(NamedTuple):
    """One entry of the device allowlist; `type` is `a`, `b` or `c`; None for a number is any; `access` of `rwm`."""

    allow: bool
    type: str = ""
    major: int | None = None
    minor: int | None = None
    access: str = ""


class Memory(NamedTuple):
    """Memory limits; `swap` is memory plus swap, as v1 counts it."""

    limit: int | None = None
    reservation: int | None = None
    swap: int | None = None
    kernel: int | None = None
    kernel_tcp: int | None = None
    swappiness: int | None = None
    disable_oom_killer: bool | None = None
    use_hierarchy: bool | None = None
    check_before_update: bool | None = None


class Cpu(NamedTuple):
    """CPU time and placement."""

    shares: int | None = None
    quota: int | None = None
    burst: int | None = None
    period: int | None = None
    realtime_runtime: int | None = None
    realtime_period: int | None = None
    cpus: str = ""
    mems: str = ""
    idle: int | None = None


class Pids(NamedTuple):
    """Number of tasks; zero or less is no limit."""

    limit: int | None = None


class WeightDevice(NamedTuple):
    """Block IO weight of one device."""

    major: int
    minor: int
    weight: int | None = None
    leaf_weight: int | None = None


class ThrottleDevice(NamedTuple):
    """Ceiling for one device: bytes or operations per second."""

    major: int
    minor: int
    rate: int = 0


class BlockIo(NamedTuple):
    """Block IO weights and ceilings."""

    weight: int | None = None
    leaf_weight: int | None = None
    weight_device: tuple[WeightDevice, ...] = ()
    throttle_read_bps_device: tuple[ThrottleDevice, ...] = ()
    throttle_write_bps_device: tuple[ThrottleDevice, ...] = ()
    throttle_read_iops_device: tuple[ThrottleDevice, ...] = ()
    throttle_write_iops_device: tuple[ThrottleDevice, ...] = ()


class HugepageLimit(NamedTuple):
    """Ceiling in bytes for pages of one size, written as `2MB`, `1GB`, `64KB`."""

    page_size: str
    limit: int


class InterfacePriority(NamedTuple):
    """Priority of traffic through one interface."""

    name: str
    priority: int


class Network(NamedTuple):
    """net_cls class and net_prio map."""

    class_id: int | None = None
    priorities: tuple[InterfacePriority, ...] = ()


class RdmaLimit(NamedTuple):
    """Ceilings for one RDMA device."""

    hca_handles: int | None = None
    hca_objects: int | None = None


class Resources(NamedTuple):
    """All limits; `unified` is file name to content for cgroup v2, written last and unchanged."""

    devices: tuple[DeviceRule, ...] = ()
    memory: Memory | None = None
    cpu: Cpu | None = None
    pids: Pids | None = None
    block_io: BlockIo | None = None
    hugepage_limits: tuple[HugepageLimit, ...] = ()
    network: Network | None = None
    rdma: Mapping[str, RdmaLimit] = EMPTY
    unified: Mapping[str, str] = EMPTY
