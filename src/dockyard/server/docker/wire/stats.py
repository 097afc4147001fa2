"""What a container uses (Engine API: ContainerStatsResponse); Docker's shapes for cgroup v1 and v2.

Go leaves numbers out where they are zero and their field says so; what is left out here follows that.
"""

from typing import Any

from dockyard.engine.containers.query.stats import Measured, Sample, Traffic
from dockyard.engine.containers.record import Container
from dockyard.engine.timestamps import ZERO, rfc3339

BLKIO_TABLES = (
    "io_service_bytes_recursive",
    "io_serviced_recursive",
    "io_queue_recursive",
    "io_service_time_recursive",
    "io_wait_time_recursive",
    "io_merged_recursive",
    "io_time_recursive",
    "sectors_recursive",
)
NOTHING = Sample(0)


def container_stats(
    container: Container, measured: Measured, *, cgroup_v2: bool, machine_memory_bytes: int
) -> dict[str, Any]:
    """One document of `docker stats`; of a container that doesn't run only its names.

    `machine_memory_bytes` stands for the limit of a container that has none.
    """
    sample, previous = measured.sample, measured.previous or NOTHING
    runs = bool(sample.cgroup)
    document: dict[str, Any] = {
        "id": container.id,
        "name": f"/{container.name}",
        "os_type": "linux",
        "read": rfc3339(sample.read_ns) if runs else ZERO,
        "preread": rfc3339(previous.read_ns) if runs else ZERO,
        "cpu_stats": _cpu(sample),
        "precpu_stats": _cpu(previous),
        "memory_stats": _memory(sample, machine_memory_bytes),
        "pids_stats": _nonzero(sample.cgroup.get("pids", {})),
        "blkio_stats": _blkio(sample, cgroup_v2),
        "num_procs": 0,
        "storage_stats": {},
    }
    if sample.networks:
        document["networks"] = {name: _traffic(traffic) for name, traffic in sample.networks.items()}
    return document


def _cpu(sample: Sample) -> dict[str, Any]:
    cpu = sample.cgroup.get("cpu", {})
    throttling = cpu.get("throttling", {})
    usage = {
        "total_usage": cpu.get("total", 0),
        "usage_in_kernelmode": cpu.get("kernel", 0),
        "usage_in_usermode": cpu.get("user", 0),
    }
    if cpu.get("per_cpu"):
        usage["percpu_usage"] = cpu["per_cpu"]
    return {
        "cpu_usage": usage,
        **_nonzero({"system_cpu_usage": sample.system_cpu_ns, "online_cpus": sample.online_cpus}),
        "throttling_data": {
            "periods": throttling.get("periods", 0),
            "throttled_periods": throttling.get("throttled_periods", 0),
            "throttled_time": throttling.get("throttled_nanoseconds", 0),
        },
    }


def _memory(sample: Sample, machine_memory_bytes: int) -> dict[str, Any]:
    memory = sample.cgroup.get("memory")
    if memory is None:
        return {}
    usage = memory["memory"]
    return _nonzero(
        {
            "usage": usage["usage"],
            "max_usage": usage["max"],
            "stats": memory["details"],
            "failcnt": usage["failures"],
            "limit": min(usage["limit"], machine_memory_bytes),
        }
    )


def _blkio(sample: Sample, cgroup_v2: bool) -> dict[str, Any]:
    """v1 has a table for each counter, most of them empty on kernels of today; v2 has bytes only, in small letters."""
    blkio = sample.cgroup.get("blkio")
    if blkio is None:
        return dict.fromkeys(BLKIO_TABLES)
    if cgroup_v2:
        entries = [{**entry, "op": entry["op"].lower()} for entry in blkio["bytes"]]
        return {**dict.fromkeys(BLKIO_TABLES), BLKIO_TABLES[0]: entries or None}
    tables: dict[str, Any] = {table: [] for table in BLKIO_TABLES}
    return tables | {BLKIO_TABLES[0]: blkio["bytes"], BLKIO_TABLES[1]: blkio["operations"]}


def _traffic(traffic: Traffic) -> dict[str, int]:
    return {name: getattr(traffic, name) for name in Traffic.__slots__}


def _nonzero(fields: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in fields.items() if value}
