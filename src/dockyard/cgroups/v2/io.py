"""Block IO, version 2: cgroup-v2.rst "IO"."""

import os

from dockyard.cgroups.files import read_if_present, write
from dockyard.cgroups.stats import BlkioEntry, BlkioStats
from dockyard.spec.runtime import Resources

_COUNTERS = {
    "rbytes": ("bytes", "Read"),
    "wbytes": ("bytes", "Write"),
    "rios": ("operations", "Read"),
    "wios": ("operations", "Write"),
}


def weight_of(blkio_weight: int) -> int:
    """The weight (1 to 10000) for a v1 weight (10 to 1000), linear, as runtimes agree."""
    return 1 + (blkio_weight - 10) * 9999 // 990


def set_limits(directory: str, resources: Resources) -> None:
    """Write weights and ceilings. BFQ has its own file and scale; without it the weight goes to io.weight."""
    blkio = resources.block_io
    if blkio is None:
        return
    bfq = os.path.exists(f"{directory}/io.bfq.weight")
    if blkio.weight:
        if bfq:
            write(directory, "io.bfq.weight", blkio.weight)
        else:
            write(directory, "io.weight", weight_of(blkio.weight))
    for device in blkio.weight_device:
        if device.weight:
            weight = device.weight if bfq else weight_of(device.weight)
            write(directory, "io.bfq.weight" if bfq else "io.weight", f"{device.major}:{device.minor} {weight}")
    for key, ceilings in (
        ("rbps", blkio.throttle_read_bps_device),
        ("wbps", blkio.throttle_write_bps_device),
        ("riops", blkio.throttle_read_iops_device),
        ("wiops", blkio.throttle_write_iops_device),
    ):
        for ceiling in ceilings:
            write(directory, "io.max", f"{ceiling.major}:{ceiling.minor} {key}={ceiling.rate or 'max'}")


def stats(directory: str) -> BlkioStats:
    """The lines `8:0 rbytes=1 wbytes=2 rios=3 wios=4 …` of io.stat."""
    found: dict[str, list[BlkioEntry]] = {"bytes": [], "operations": []}
    for line in read_if_present(directory, "io.stat").splitlines():
        device, *pairs = line.split()
        major, _, minor = device.partition(":")
        for pair in pairs:
            key, _, value = pair.partition("=")
            if major.isdigit() and key in _COUNTERS:
                kind, op = _COUNTERS[key]
                found[kind].append(BlkioEntry(int(major), int(minor), op, int(value)))
    return BlkioStats(tuple(found["bytes"]), tuple(found["operations"]))
