"""Limits of memory, CPU, processes, block devices: the Resources of the API, for `run`, `create` and `update`."""

from __future__ import annotations

from dockyard.cli.flags.spec import Parsed

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

_KEYS = {
    "cpu-shares": "CpuShares",
    "memory": "Memory",
    "cpus": "NanoCpus",
    "blkio-weight": "BlkioWeight",
    "blkio-weight-device": "BlkioWeightDevice",
    "device-read-bps": "BlkioDeviceReadBps",
    "device-write-bps": "BlkioDeviceWriteBps",
    "device-read-iops": "BlkioDeviceReadIOps",
    "device-write-iops": "BlkioDeviceWriteIOps",
    "cpu-period": "CpuPeriod",
    "cpu-quota": "CpuQuota",
    "cpu-rt-period": "CpuRealtimePeriod",
    "cpu-rt-runtime": "CpuRealtimeRuntime",
    "cpuset-cpus": "CpusetCpus",
    "cpuset-mems": "CpusetMems",
    "memory-reservation": "MemoryReservation",
    "memory-swap": "MemorySwap",
    "oom-kill-disable": "OomKillDisable",
    "pids-limit": "PidsLimit",
    "oom-score-adj": "OomScoreAdj",
    "shm-size": "ShmSize",
}


def resources(options: Parsed) -> dict[str, Any]:
    """The keys for what was said; of several limits with one name the last counts."""
    found: dict[str, Any] = {key: options[flag] for flag, key in _KEYS.items() if options.values.get(flag)}
    limits = {name: (soft, hard) for name, soft, hard in options.values.get("ulimit", ())}
    if limits:
        found["Ulimits"] = [{"Name": name, "Soft": soft, "Hard": hard} for name, (soft, hard) in sorted(limits.items())]
    return found
