"""HostConfig's limits as the `linux.resources` of an OCI configuration (runtime-spec v1.2, config-linux.md)."""

import os
import stat
from collections.abc import Iterable

from dockyard.engine.containers import config
from dockyard.errors import InvalidParameter
from dockyard.spec import runtime as oci

CPU_PERIOD_MICROSECONDS = 100_000
"""The CFS period against which `--cpus` is counted, as in Docker and the kernel's default."""


def resources(host: config.Resources, devices: tuple[oci.DeviceRule, ...]) -> oci.Resources:
    """All limits that `host` asks for; what it leaves at zero is left to the kernel."""
    return oci.Resources(
        devices=devices,
        memory=_memory(host),
        cpu=_cpu(host),
        pids=oci.Pids(limit=host.pids_limit) if host.pids_limit else None,
        block_io=_block_io(host),
    )


def _memory(host: config.Resources) -> oci.Memory | None:
    memory = oci.Memory(
        limit=host.memory or None,
        reservation=host.memory_reservation or None,
        swap=host.memory_swap or None,
        swappiness=host.memory_swappiness if host.memory_swappiness not in (None, -1) else None,
        disable_oom_killer=host.oom_kill_disable or None,
    )
    return memory if any(value is not None for value in memory) else None


def _cpu(host: config.Resources) -> oci.Cpu | None:
    period, quota = host.cpu_period or None, host.cpu_quota or None
    if host.nano_cpus:
        period, quota = CPU_PERIOD_MICROSECONDS, host.nano_cpus * CPU_PERIOD_MICROSECONDS // 1_000_000_000
    cpu = oci.Cpu(
        shares=host.cpu_shares or None,
        quota=quota,
        period=period,
        realtime_runtime=host.cpu_realtime_runtime or None,
        realtime_period=host.cpu_realtime_period or None,
        cpus=host.cpuset_cpus,
        mems=host.cpuset_mems,
    )
    return cpu if cpu != oci.Cpu() else None


def _block_io(host: config.Resources) -> oci.BlockIo | None:
    block_io = oci.BlockIo(
        weight=host.blkio_weight or None,
        weight_device=tuple(
            oci.WeightDevice(*device_numbers(device.path), weight=device.weight)
            for device in host.blkio_weight_device or ()
        ),
        throttle_read_bps_device=_throttles(host.blkio_device_read_bps),
        throttle_write_bps_device=_throttles(host.blkio_device_write_bps),
        throttle_read_iops_device=_throttles(host.blkio_device_read_iops),
        throttle_write_iops_device=_throttles(host.blkio_device_write_iops),
    )
    return block_io if block_io != oci.BlockIo() else None


def _throttles(devices: Iterable[config.ThrottleDevice] | None) -> tuple[oci.ThrottleDevice, ...]:
    return tuple(oci.ThrottleDevice(*device_numbers(device.path), rate=device.rate) for device in devices or ())


def device_numbers(path: str) -> tuple[int, int]:
    """Major and minor number of the device node at `path` on the host; InvalidParameter when it is none."""
    try:
        status = os.stat(path)
    except OSError as error:
        raise InvalidParameter(f"stat {path}: {(error.strerror or '').lower()}") from error
    if not (stat.S_ISBLK(status.st_mode) or stat.S_ISCHR(status.st_mode)):
        raise InvalidParameter(f"{path} is not a device node")
    return os.major(status.st_rdev), os.minor(status.st_rdev)
