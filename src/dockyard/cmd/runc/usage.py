"""Resource usage in the form that runc gives it in `events`, which containerd and others read.

https://github.com/opencontainers/runc/blob/v1.1.5/types/events.go
"""

from collections.abc import Iterable, Mapping
from typing import Any

from dockyard.cgroups import Stats
from dockyard.cgroups.stats import BlkioEntry, MemoryUsage


def usage_document(stats: Stats) -> dict[str, Any]:
    """The `data` of an event of type `stats`."""
    throttling = stats.cpu.throttling
    return {
        "cpu": {
            "usage": {
                "total": stats.cpu.total,
                **_given({"percpu": list(stats.cpu.per_cpu)}),
                "kernel": stats.cpu.kernel,
                "user": stats.cpu.user,
            },
            "throttling": _given(
                {
                    "periods": throttling.periods,
                    "throttledPeriods": throttling.throttled_periods,
                    "throttledTime": throttling.throttled_nanoseconds,
                }
            ),
        },
        "memory": {
            **_given({"cache": stats.memory.cache}),
            "usage": _memory(stats.memory.memory),
            "swap": _memory(stats.memory.swap),
            "kernel": _memory(stats.memory.kernel),
            "kernelTCP": _memory(stats.memory.kernel_tcp),
            **_given({"raw": dict(stats.memory.details)}),
        },
        "pids": _given({"current": stats.pids.current, "limit": stats.pids.limit}),
        "blkio": _given(
            {
                "ioServiceBytesRecursive": _devices(stats.blkio.bytes),
                "ioServicedRecursive": _devices(stats.blkio.operations),
            }
        ),
        "hugetlb": {
            size: {**_given({"usage": pages.usage, "max": pages.max}), "failcnt": pages.failures}
            for size, pages in stats.hugetlb.items()
        },
        "intel_rdt": {},
        "network_interfaces": None,
    }


def _memory(usage: MemoryUsage) -> dict[str, int]:
    return {"limit": usage.limit, **_given({"usage": usage.usage, "max": usage.max}), "failcnt": usage.failures}


def _devices(entries: Iterable[BlkioEntry]) -> list[dict[str, Any]]:
    return [
        _given({"major": entry.major, "minor": entry.minor, "op": entry.op, "value": entry.value}) for entry in entries
    ]


def _given(document: Mapping[str, Any]) -> dict[str, Any]:
    """Without what is zero or empty, as Go's `omitempty`."""
    return {key: value for key, value in document.items() if value}
