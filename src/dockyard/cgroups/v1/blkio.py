"""Block IO, version 1: Documentation/admin-guide/cgroup-v1/blkio-controller.rst."""

import os

from dockyard.cgroups.files import read_if_present, write
from dockyard.cgroups.stats import BlkioEntry, BlkioStats
from dockyard.spec.runtime import Resources

BYTES = ("blkio.throttle.io_service_bytes_recursive", "blkio.bfq.io_service_bytes_recursive")
OPERATIONS = ("blkio.throttle.io_serviced_recursive", "blkio.bfq.io_serviced_recursive")
"""The files with the counters, by what the scheduler in use fills; the first that has any line counts."""


def set_limits(directory: str, resources: Resources) -> None:
    """Write weights and ceilings. SystemFailure where the device or the scheduler doesn't have them."""
    blkio = resources.block_io
    if blkio is None:
        return
    weight = _weight_file(directory)
    if blkio.weight:
        write(directory, weight, blkio.weight)
    if blkio.leaf_weight:
        write(directory, "blkio.leaf_weight", blkio.leaf_weight)
    for device in blkio.weight_device:
        if device.weight:
            write(directory, f"{weight}_device", f"{device.major}:{device.minor} {device.weight}")
        if device.leaf_weight:
            write(directory, "blkio.leaf_weight_device", f"{device.major}:{device.minor} {device.leaf_weight}")
    for name, ceilings in (
        ("read_bps", blkio.throttle_read_bps_device),
        ("write_bps", blkio.throttle_write_bps_device),
        ("read_iops", blkio.throttle_read_iops_device),
        ("write_iops", blkio.throttle_write_iops_device),
    ):
        for ceiling in ceilings:
            content = f"{ceiling.major}:{ceiling.minor} {ceiling.rate}"
            write(directory, f"blkio.throttle.{name}_device", content)


def _weight_file(directory: str) -> str:
    """The weight belongs to the scheduler: BFQ's when it is there, else that of the former CFQ."""
    return "blkio.bfq.weight" if os.path.exists(f"{directory}/blkio.bfq.weight") else "blkio.weight"


def stats(directory: str) -> BlkioStats:
    """Bytes and operations by device."""
    return BlkioStats(_first(directory, BYTES), _first(directory, OPERATIONS))


def _first(directory: str, names: tuple[str, ...]) -> tuple[BlkioEntry, ...]:
    for name in names:
        if entries := _entries(read_if_present(directory, name)):
            return entries
    return ()


def _entries(text: str) -> tuple[BlkioEntry, ...]:
    """Lines `8:0 Read 4096`; the sum in the last line (`Total 4096`) has no device and is skipped."""
    entries = []
    for line in text.splitlines():
        fields = line.replace(":", " ").split()
        if len(fields) == 4:
            entries.append(BlkioEntry(int(fields[0]), int(fields[1]), fields[2], int(fields[3])))
    return tuple(entries)
