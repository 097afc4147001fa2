"""Version 1 against a tree of files, where this machine's controllers don't show it."""

import os
from pathlib import Path
from typing import Any

import pytest

from dockyard.cgroups.stats import BlkioEntry, HugetlbStats
from dockyard.cgroups.v1 import blkio, hugetlb
from dockyard.cgroups.v1.cgroup import CgroupV1
from dockyard.cgroups.v1.hierarchy import HierarchyV1
from dockyard.errors import DeadlineExceeded, InvalidParameter, SystemFailure
from dockyard.spec.runtime import resources_from_json

FILES = {
    "cpu": "cpu.shares cpu.cfs_quota_us cpu.cfs_period_us cpu.cfs_burst_us cpu.rt_runtime_us cpu.rt_period_us cpu.idle",
    "memory": "memory.limit_in_bytes memory.memsw.limit_in_bytes memory.soft_limit_in_bytes memory.swappiness "
    "memory.oom_control memory.kmem.tcp.limit_in_bytes",
    "cpuset": "cpuset.cpus cpuset.mems",
    "pids": "pids.max",
    "blkio": "blkio.weight blkio.leaf_weight blkio.weight_device blkio.throttle.read_bps_device",
    "devices": "devices.allow devices.deny",
    "hugetlb": "hugetlb.2MB.limit_in_bytes",
    "net_cls": "net_cls.classid",
    "net_prio": "net_prio.ifpriomap",
    "freezer": "freezer.state",
    "rdma": "rdma.max",
}


@pytest.fixture
def cgroup(tmp_path: Path) -> CgroupV1:
    paths = {}
    for controller, names in FILES.items():
        directory = tmp_path / controller / "it"
        directory.mkdir(parents=True)
        for name in names.split():
            (directory / name).touch()
        paths[controller] = str(directory)
    return CgroupV1(paths)


def written(cgroup: CgroupV1) -> dict[str, str]:
    return {
        name: text
        for path in cgroup.paths.values()
        for name in os.listdir(path)
        if (text := Path(path, name).read_text())
    }


@pytest.mark.row("N3")
@pytest.mark.parametrize(
    ("document", "files"),
    [
        ({}, {}),
        ({"memory": {"limit": 100, "swap": 200, "reservation": 5, "swappiness": 0, "kernelTCP": 9}},
         {"memory.limit_in_bytes": "100", "memory.memsw.limit_in_bytes": "200", "memory.soft_limit_in_bytes": "5",
          "memory.swappiness": "0", "memory.kmem.tcp.limit_in_bytes": "9"}),
        ({"memory": {"limit": -1}}, {"memory.limit_in_bytes": "-1", "memory.memsw.limit_in_bytes": "-1"}),
        ({"memory": {"limit": 100}}, {"memory.limit_in_bytes": "100"}),
        ({"memory": {"disableOOMKiller": True}}, {"memory.oom_control": "1"}),
        ({"memory": {"kernel": 100}}, {}),
        ({"cpu": {"quota": -1, "period": 5, "burst": 6, "realtimeRuntime": 7, "realtimePeriod": 8, "idle": 1}},
         {"cpu.cfs_quota_us": "-1", "cpu.cfs_period_us": "5", "cpu.cfs_burst_us": "6", "cpu.rt_runtime_us": "7",
          "cpu.rt_period_us": "8", "cpu.idle": "1"}),
        ({"cpu": {"shares": 512}}, {"cpu.shares": "512"}),
        ({"network": {"classID": 5, "priorities": [{"name": "eth0", "priority": 3}]}},
         {"net_cls.classid": "5", "net_prio.ifpriomap": "eth0 3"}),
        ({"hugepageLimits": [{"pageSize": "2MB", "limit": 4}]}, {"hugetlb.2MB.limit_in_bytes": "4"}),
        ({"blockIO": {"weight": 500, "leafWeight": 30}}, {"blkio.weight": "500", "blkio.leaf_weight": "30"}),
        ({"blockIO": {"weightDevice": [{"major": 8, "minor": 0, "weight": 7}]}}, {"blkio.weight_device": "8:0 7"}),
        ({"rdma": {"mlx": {"hcaHandles": 1, "hcaObjects": 2}}}, {"rdma.max": "mlx hca_handle=1 hca_object=2"}),
        ({"pids": {"limit": -5}}, {"pids.max": "max"}),
    ],
)  # fmt: skip
def test_limits(cgroup: CgroupV1, document: dict[str, Any], files: dict[str, str]) -> None:
    cgroup.set(resources_from_json(document))
    assert written(cgroup) == files


def test_order_of_memory_and_swap(cgroup: CgroupV1, monkeypatch: pytest.MonkeyPatch) -> None:
    """The kernel refuses a swap limit below the memory limit, at every moment between the two writes."""
    from dockyard.cgroups.v1 import memory

    order: list[str] = []
    monkeypatch.setattr(memory, "write", lambda _directory, name, _value: order.append(name))
    monkeypatch.setattr(memory, "try_write", lambda _directory, name, _value: order.append(name))
    for present, limit, swap, expected in (
        (100, 200, 400, ["memsw", "memory"]),
        (1000, 200, 400, ["memory", "memsw"]),
        (1000, 2000, -1, ["memsw", "memory"]),
    ):
        Path(cgroup.paths["memory"], "memory.limit_in_bytes").write_text(f"{present}\n")
        memory.set_limits(cgroup.paths["memory"], resources_from_json({"memory": {"limit": limit, "swap": swap}}))
        assert ["memsw" if "memsw" in name else "memory" for name in order] == expected
        order.clear()


@pytest.mark.parametrize(
    ("document", "message"),
    [
        ({"cpu": {"shares": 1}}, "the minimum allowed cpu-shares is 2"),
        ({"memory": {"swappiness": 101}}, "invalid memory swappiness value: 101"),
        ({"unified": {"memory.high": "1"}}, "cgroup v1 does not support unified resources"),
    ],
)
def test_limits_that_can_not_be(cgroup: CgroupV1, document: dict[str, Any], message: str) -> None:
    with pytest.raises(InvalidParameter, match=message):
        cgroup.set(resources_from_json(document))


def test_a_controller_that_is_not_mounted() -> None:
    with pytest.raises(InvalidParameter, match="cannot set memory limit"):
        CgroupV1({}).set(resources_from_json({"memory": {"limit": 5}}))
    CgroupV1({}).set(resources_from_json({"memory": {}, "cpu": {}, "pids": {"limit": 0}, "blockIO": {}}))


def test_new_cgroups_inherit_processors(tmp_path: Path) -> None:
    for path in ("", "a", "a/b"):
        (tmp_path / path).mkdir(exist_ok=True)
        for name in ("cpuset.cpus", "cpuset.mems"):
            (tmp_path / path / name).touch()
    (tmp_path / "cpuset.cpus").write_text("0-3\n")
    (tmp_path / "cpuset.mems").write_text("0\n")
    CgroupV1({"cpuset": str(tmp_path / "a/b")}).create()
    assert (tmp_path / "a/cpuset.cpus").read_text() == (tmp_path / "a/b/cpuset.cpus").read_text() == "0-3"


def test_block_counters(tmp_path: Path) -> None:
    text = "8:0 Read 4096\n8:0 Write 0\n8:0 Total 4096\nTotal 4096\n"
    (tmp_path / "blkio.bfq.io_service_bytes_recursive").write_text(text)
    (tmp_path / "blkio.throttle.io_service_bytes_recursive").write_text("Total 0\n")
    found = blkio.stats(str(tmp_path)).bytes
    assert found == (BlkioEntry(8, 0, "Read", 4096), BlkioEntry(8, 0, "Write", 0), BlkioEntry(8, 0, "Total", 4096))


def test_huge_pages(tmp_path: Path) -> None:
    for name, text in (("limit", "9"), ("usage", "1"), ("max_usage", "2")):
        (tmp_path / f"hugetlb.2MB.{name}_in_bytes").write_text(text)
    (tmp_path / "hugetlb.2MB.rsvd.limit_in_bytes").touch()
    (tmp_path / "hugetlb.2MB.failcnt").write_text("3")
    assert hugetlb.stats(str(tmp_path)) == {"2MB": HugetlbStats(1, 2, 3)}


def test_what_can_not_be_frozen_goes_on(cgroup: CgroupV1, monkeypatch: pytest.MonkeyPatch) -> None:
    from dockyard.cgroups.v1 import freezer

    monkeypatch.setattr(freezer, "read", lambda _directory, _name: "FREEZING")
    monkeypatch.setattr(freezer, "_TRIES", 3)
    with pytest.raises(DeadlineExceeded, match="unable to freeze"):
        cgroup.freeze()
    assert Path(cgroup.paths["freezer"], "freezer.state").read_text() == "THAWED"


def test_without_a_freezer() -> None:
    with pytest.raises(SystemFailure, match="the freezer cgroup is not mounted"):
        CgroupV1({}).freeze()
    assert not CgroupV1({}).frozen()


def test_paths(tmp_path: Path) -> None:
    (tmp_path / "own").write_text("9:name=systemd:/\n4:memory:/in/it\n2:cpu,cpuacct:/c\n0::/\n")
    mounts = {"memory": "/m", "cpu": "/cc", "cpuacct": "/cc", "name=systemd": "/s"}
    hierarchy = HierarchyV1(mounts, str(tmp_path / "own"))
    assert hierarchy.controllers == {"memory", "cpu", "cpuacct"}
    assert hierarchy.cgroup("/a/./../b//c").paths["memory"] == "/m/b/c"
    assert hierarchy.cgroup("/../../a").paths["memory"] == "/m/a"
    assert hierarchy.cgroup("a").paths == {
        "memory": "/m/in/it/a", "cpu": "/cc/c/a", "cpuacct": "/cc/c/a", "name=systemd": "/s/a",
    }  # fmt: skip
    with pytest.raises(InvalidParameter, match="invalid cgroup path"):
        hierarchy.cgroup("/a\nb")
