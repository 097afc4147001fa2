"""The fields of HostConfig that limit resources: what is asked, and what the cgroup's files then say."""

import os
from pathlib import Path

from tests.e2e.containers.fields.kit import Case, Check, Refused, Running, equal, prints, writes
from tests.support.cgroups import TOP, controller_folder, is_v1
from tests.support.engine import Engine

MB = 1 << 20
HAS_WEIGHT = any(TOP.glob("blkio/blkio*.weight")) or any(TOP.glob("*/io*.weight"))


def _disk() -> tuple[str, str]:
    """A disk of this machine and its numbers: limits of I/O count for whole disks."""
    for disk in sorted(Path("/sys/block").iterdir()):
        if Path(f"/dev/{disk.name}").is_block_device() and not disk.name.startswith(("loop", "ram", "zram")):
            return f"/dev/{disk.name}", (disk / "dev").read_text().strip()
    return "", ""


PATH, NUMBERS = _disk()


def _throttles(v1: str, v2: str, rate: int) -> Check:
    def check(container: Running) -> None:
        if is_v1("blkio"):
            assert container.limit("blkio", f"blkio.throttle.{v1}_device") == f"{NUMBERS} {rate}"
        else:
            assert f"{v2}={rate}" in container.limit("io", "io.max")

    return check


def _weight(container: Running) -> None:
    if not HAS_WEIGHT:
        assert container.shown("HostConfig.BlkioWeight") == 0  # dropped with a warning, as in Docker
        return
    assert container.limit("blkio", "blkio.bfq.weight", "io.bfq.weight").endswith("300")


def _device_weight(container: Running) -> None:
    if not HAS_WEIGHT:
        assert not container.shown("HostConfig.BlkioWeightDevice")


def _parent(engine: Engine) -> str:
    """A cgroup below the engine's own, with which it goes away."""
    return f"/{engine.bridge}/of-one-case"


def _in_its_parent(container: Running) -> None:
    assert str(controller_folder(container.pid, "memory").parent).endswith(_parent(container.engine))


def _has_device(container: Running) -> None:
    assert container.sh("ls -l /dev/mine").startswith("crw-rw-rw-")
    assert container.sh("head -c 4 /dev/mine | wc -c") == "4"
    assert "can't" in container.sh("echo x 2>&1 > /dev/mine || true; echo can\\'t")


def _allows(container: Running) -> None:
    if is_v1("devices"):
        assert "c 10:200 rw" in container.limit("devices", "devices.list").splitlines()


def _realtime(container: Running) -> None:
    assert container.limit("cpu", "cpu.rt_period_us") == "500000"


REALTIME = (TOP / "cpu" / "cpu.rt_runtime_us").exists()
NO_REALTIME = Refused(400, "kernel does not support CPU real-time scheduler")
TOO_MUCH = Refused(400, "cpu real-time runtime cannot be higher than cpu real-time period")
NANO = {"v1": "cpu.cfs_quota_us", "v2": "cpu.max"}


def _throttle(field: str, v1: str, v2: str, rate: int) -> tuple[Case, Case]:
    return (
        Case(field, [{"Path": PATH, "Rate": rate}], _throttles(v1, v2, rate)),
        Case(field, [{"Path": "/dev/not-there", "Rate": rate}], Refused(400, "/dev/not-there", at="start")),
    )


RESOURCES = (
    Case("CpuShares", 512, writes("cpu", "512", "cpu.shares", "cpu.weight", v2_wanted="59")),
    Case("CpuShares", -1, Refused(400, "invalid CPU shares (-1): value must be a positive integer")),
    Case("Memory", 32 * MB, writes("memory", str(32 * MB), "memory.limit_in_bytes", "memory.max")),
    Case("Memory", MB, Refused(400, "Minimum memory limit allowed is 6MB")),
    Case("CgroupParent", _parent, _in_its_parent),
    Case("BlkioWeight", 300, _weight),
    *((Case("BlkioWeight", 5, Refused(400, "Range of blkio weight is from 10 to 1000")),) if HAS_WEIGHT else ()),
    Case("BlkioWeightDevice", [{"Path": PATH, "Weight": 300}], _device_weight),
    *_throttle("BlkioDeviceReadBps", "read_bps", "rbps", 5 * MB),
    *_throttle("BlkioDeviceWriteBps", "write_bps", "wbps", 6 * MB),
    *_throttle("BlkioDeviceReadIOps", "read_iops", "riops", 700),
    *_throttle("BlkioDeviceWriteIOps", "write_iops", "wiops", 800),
    Case("CpuPeriod", 50000, writes("cpu", "50000", "cpu.cfs_period_us", "cpu.max", v2_wanted="max 50000")),
    Case("CpuPeriod", 10, Refused(400, "CPU cfs period can not be less than 1ms")),
    Case("CpuQuota", 20000, writes("cpu", "20000", "cpu.cfs_quota_us", "cpu.max", v2_wanted="20000 100000")),
    Case("CpuQuota", 10, Refused(400, "CPU cfs quota can not be less than 1ms")),
    Case("CpuRealtimePeriod", 500000, _realtime if REALTIME else NO_REALTIME),
    Case("CpuRealtimeRuntime", 900000, TOO_MUCH if REALTIME else NO_REALTIME, host={"CpuRealtimePeriod": 500000}),
    Case("CpusetCpus", "0", equal(lambda one: one.status()["Cpus_allowed_list"], "0")),
    Case("CpusetCpus", "x", Refused(400, "Invalid value x for cpuset cpus")),
    Case("CpusetMems", "0", equal(lambda one: one.status()["Mems_allowed_list"], "0")),
    Case("CpusetMems", "x", Refused(400, "Invalid value x for cpuset mems")),
    Case(
        "Devices",
        [{"PathOnHost": "/dev/zero", "PathInContainer": "/dev/mine", "CgroupPermissions": "r"}],
        _has_device,
    ),
    Case(
        "Devices",
        [{"PathOnHost": "/dev/not-there", "PathInContainer": "/dev/x", "CgroupPermissions": "r"}],
        Refused(400, 'error gathering device information while adding custom device "/dev/not-there"', at="start"),
    ),
    Case("DeviceCgroupRules", ["c 10:200 rw"], _allows),
    Case("DeviceCgroupRules", ["x"], Refused(400, "invalid device cgroup rule format: 'x'")),
    Case(
        "DeviceRequests",
        [{"Driver": "", "Count": -1, "Capabilities": [["gpu"]]}],
        Refused(400, 'could not select device driver "" with capabilities: [[gpu]]', at="start"),
    ),
    Case("MemoryReservation", 16 * MB, writes("memory", str(16 * MB), "memory.soft_limit_in_bytes", "memory.low")),
    Case("MemoryReservation", 1, Refused(400, "Minimum memory reservation allowed is 6MB")),
    Case(
        "MemorySwap",
        48 * MB,
        writes("memory", str(48 * MB), "memory.memsw.limit_in_bytes", "memory.swap.max", v2_wanted=str(16 * MB)),
        host={"Memory": 32 * MB},
    ),
    Case("MemorySwap", 48 * MB, Refused(400, "You should always set the Memory limit when using Memoryswap limit")),
    Case("MemorySwappiness", 20, writes("memory", "20", "memory.swappiness")),
    Case("MemorySwappiness", 101, Refused(400, "Invalid value: 101, valid memory swappiness range is 0-100")),
    Case("NanoCpus", 500_000_000, writes("cpu", "50000", NANO["v1"], NANO["v2"], v2_wanted="50000 100000")),
    Case("NanoCpus", 10**12, Refused(400, f"as there are only {os.cpu_count()} CPUs available")),
    Case(
        "OomKillDisable",
        True,
        equal(lambda one: one.limit("memory", "memory.oom_control").splitlines()[0], "oom_kill_disable 1"),
        host={"Memory": 32 * MB},
    ),
    Case("Init", True, prints("cat /proc/1/comm", "docker-init")),
    Case("PidsLimit", 20, writes("pids", "20", "pids.max")),
    Case("PidsLimit", -1, writes("pids", "max", "pids.max")),
    Case("Ulimits", [{"Name": "nofile", "Soft": 100, "Hard": 200}], prints("ulimit -n; ulimit -Hn", "100\n200")),
    Case("Ulimits", [{"Name": "x", "Soft": 1, "Hard": 1}], Refused(400, "invalid ulimit type: x")),
    Case("CpuCount", 1, Refused(400, "invalid option: Windows")),
    Case("CpuPercent", 1, Refused(400, "invalid option: Windows")),
    Case("IOMaximumIOps", 1, Refused(400, "invalid option: Windows")),
    Case("IOMaximumBandwidth", 1, Refused(400, "invalid option: Windows")),
)
