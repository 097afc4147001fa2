"""Version 2 against a tree of files: what is written where, and what is read out of it."""

import os
from pathlib import Path
from typing import Any

import pytest

from dockyard.cgroups import restored
from dockyard.cgroups.stats import UNLIMITED, BlkioEntry, HugetlbStats, MemoryUsage, PidsStats, RdmaStats, Throttling
from dockyard.cgroups.v2.cgroup import CgroupV2
from dockyard.cgroups.v2.hierarchy import HierarchyV2
from dockyard.errors import InvalidParameter, SystemFailure
from dockyard.spec.runtime import resources_from_json

FILES = [
    "cgroup.procs",
    "cgroup.events",
    "cgroup.freeze",
    "cpu.weight",
    "cpu.max",
    "cpu.max.burst",
    "cpu.idle",
    "cpuset.cpus",
    "cpuset.mems",
    "memory.max",
    "memory.low",
    "memory.high",
    "memory.swap.max",
    "memory.current",
    "memory.swap.current",
    "pids.max",
    "io.weight",
    "io.max",
    "rdma.max",
    "hugetlb.2MB.max",
    "hugetlb.2MB.rsvd.max",
    "hugetlb.1GB.max",
]


class Tree:
    """A hierarchy with the cgroup /top/it, whose files are plain ones."""

    def __init__(self, root: Path) -> None:
        self.root = root
        (root / "cgroup.controllers").write_text("cpuset cpu io memory pids hugetlb\n")
        (root / "cgroup.subtree_control").touch()
        (root / "own").write_text("0::/own/path\n")
        self.path = root / "top/it"
        self.path.mkdir(parents=True)
        (root / "top/cgroup.subtree_control").touch()
        for name in FILES:
            (self.path / name).touch()
        self.cgroup = CgroupV2(str(root), str(self.path))

    def set(self, **document: Any) -> dict[str, str]:
        """Set the limits; the files that hold something after it."""
        self.cgroup.set(resources_from_json(document))
        return {name: text for name in os.listdir(self.path) if (text := (self.path / name).read_text())}


@pytest.fixture
def tree(tmp_path: Path) -> Tree:
    return Tree(tmp_path)


@pytest.mark.parametrize(
    ("document", "files"),
    [
        ({}, {}),
        ({"memory": {"limit": 100, "swap": 300, "reservation": 50}},
         {"memory.max": "100", "memory.swap.max": "200", "memory.low": "50"}),
        ({"memory": {"limit": -1}}, {"memory.max": "max", "memory.swap.max": "max"}),
        ({"memory": {"limit": 100}}, {"memory.max": "100"}),
        ({"memory": {"limit": 100, "swap": -1}}, {"memory.max": "100", "memory.swap.max": "max"}),
        ({"memory": {"limit": 100, "swap": 100}}, {"memory.max": "100", "memory.swap.max": "0"}),
        ({"cpu": {"shares": 2}}, {"cpu.weight": "1"}),
        ({"cpu": {"shares": 1024}}, {"cpu.weight": "39"}),
        ({"cpu": {"shares": 262144}}, {"cpu.weight": "10000"}),
        ({"cpu": {"shares": 0}}, {}),
        ({"cpu": {"quota": 50000, "period": 100000}}, {"cpu.max": "50000 100000"}),
        ({"cpu": {"quota": 50000}}, {"cpu.max": "50000 100000"}),
        ({"cpu": {"period": 20000}}, {"cpu.max": "max 20000"}),
        ({"cpu": {"quota": -1}}, {"cpu.max": "max 100000"}),
        ({"cpu": {"burst": 7}}, {"cpu.max.burst": "7"}),
        ({"cpu": {"idle": 1, "shares": 512}}, {"cpu.idle": "1"}),
        ({"cpu": {"cpus": "0-1", "mems": "0"}}, {"cpuset.cpus": "0-1", "cpuset.mems": "0"}),
        ({"pids": {"limit": 20}}, {"pids.max": "20"}),
        ({"pids": {"limit": -1}}, {"pids.max": "max"}),
        ({"pids": {"limit": 0}}, {}),
        ({"blockIO": {"weight": 10}}, {"io.weight": "1"}),
        ({"blockIO": {"weight": 1000}}, {"io.weight": "10000"}),
        ({"blockIO": {"throttleReadBpsDevice": [{"major": 8, "minor": 1, "rate": 5}]}}, {"io.max": "8:1 rbps=5"}),
        ({"blockIO": {"throttleWriteIOPSDevice": [{"major": 8, "minor": 1, "rate": 0}]}}, {"io.max": "8:1 wiops=max"}),
        ({"hugepageLimits": [{"pageSize": "2MB", "limit": 4}]}, {"hugetlb.2MB.max": "4", "hugetlb.2MB.rsvd.max": "4"}),
        ({"hugepageLimits": [{"pageSize": "1GB", "limit": 4}]}, {"hugetlb.1GB.max": "4"}),
        ({"rdma": {"mlx": {"hcaHandles": 1}}}, {"rdma.max": "mlx hca_handle=1"}),
        ({"unified": {"memory.high": "77", "cpu.weight": "3"}, "cpu": {"shares": 2}},
         {"memory.high": "77", "cpu.weight": "3"}),
        ({"memory": {"kernel": 5, "kernelTCP": 6, "swappiness": 7, "disableOOMKiller": True}}, {}),
    ],
)  # fmt: skip
def test_limits(tree: Tree, document: dict[str, Any], files: dict[str, str]) -> None:
    assert tree.set(**document) == files


@pytest.mark.parametrize(
    ("document", "message"),
    [
        ({"memory": {"limit": 100, "swap": 50}}, r"memory\+swap limit should be >= memory limit"),
        ({"memory": {"swap": 50}}, "unable to set swap limit without memory limit"),
        ({"cpu": {"realtimeRuntime": 5}}, "does not support realtime"),
        ({"network": {"classID": 5}}, "does not support net_cls"),
        ({"network": {"priorities": [{"name": "eth0", "priority": 1}]}}, "does not support net_prio"),
        ({"unified": {"../x": "1"}}, "must be a file name"),
        ({"unified": {"..": "1"}}, "must be a file name"),
    ],
)
def test_limits_that_can_not_be(tree: Tree, document: dict[str, Any], message: str) -> None:
    with pytest.raises(InvalidParameter, match=message):
        tree.set(**document)


def test_bfq_has_a_file_of_its_own(tree: Tree) -> None:
    (tree.path / "io.bfq.weight").touch()
    assert tree.set(blockIO={"weight": 500}) == {"io.bfq.weight": "500"}


def test_a_limit_below_what_is_used_is_refused_when_asked_for(tree: Tree) -> None:
    (tree.path / "memory.current").write_text("1000\n")
    with pytest.raises(InvalidParameter, match="rejecting memory limit 500 <= usage 1000"):
        tree.set(memory={"limit": 500, "checkBeforeUpdate": True})
    assert tree.set(memory={"limit": 500})["memory.max"] == "500"


def test_a_file_that_is_not_there(tree: Tree) -> None:
    (tree.path / "pids.max").unlink()
    (tree.path).chmod(0o555)
    missing = CgroupV2(str(tree.root), str(tree.root / "nothing"))
    with pytest.raises(SystemFailure, match=r"^failed to write '5': write .*/pids.max: no such file or directory"):
        missing.set(resources_from_json({"pids": {"limit": 5}}))


def test_controllers_are_handed_down(tree: Tree) -> None:
    tree.cgroup.create()
    everything = "+cpuset +cpu +io +memory +pids +hugetlb"
    assert (tree.root / "cgroup.subtree_control").read_text() == everything
    assert (tree.root / "top/cgroup.subtree_control").read_text() == everything
    assert not (tree.path / "cgroup.subtree_control").exists()


def test_what_was_made_is_removed_when_a_limit_is_refused(tree: Tree) -> None:
    cgroup = CgroupV2(str(tree.root), str(tree.root / "top/other"))
    with pytest.raises(SystemFailure):
        cgroup.create(resources_from_json({"pids": {"limit": 5}}))  # an ordinary new directory has no such file
    assert not (tree.root / "top/other").exists()


def test_statistics(tree: Tree) -> None:
    texts = {
        "cpu.stat": "usage_usec 5\nuser_usec 3\nsystem_usec 2\nnr_periods 9\nnr_throttled 4\nthrottled_usec 7\n",
        "memory.current": "1000\n", "memory.max": "max\n", "memory.peak": "2000\n",
        "memory.events": "max 3\noom_kill 2\n",
        "memory.swap.current": "10\n", "memory.swap.max": "50\n", "memory.stat": "anon 1\nfile 2\n",
        "pids.current": "4\n", "pids.max": "max\n",
        "io.stat": "8:0 rbytes=1 wbytes=2 rios=3 wios=4 dbytes=5 dios=6\n254:16 rbytes=7\n",
        "hugetlb.2MB.current": "6\n", "hugetlb.2MB.rsvd.current": "7\n", "hugetlb.2MB.events": "max 8\n",
        "rdma.current": "mlx hca_handle=1 hca_object=2\n", "rdma.max": "mlx hca_handle=max hca_object=4\n",
    }  # fmt: skip
    for name, text in texts.items():
        (tree.path / name).write_text(text)
    stats = tree.cgroup.stats()
    assert (stats.cpu.total, stats.cpu.user, stats.cpu.kernel) == (5000, 3000, 2000)
    assert stats.cpu.throttling == Throttling(9, 4, 7000)
    assert stats.memory.memory == MemoryUsage(1000, 2000, UNLIMITED, 3)
    assert stats.memory.swap.usage == 1010
    assert (stats.memory.cache, stats.memory.details["anon"]) == (2, 1)
    assert stats.pids == PidsStats(4, 0)
    assert stats.blkio.bytes == (
        BlkioEntry(8, 0, "Read", 1), BlkioEntry(8, 0, "Write", 2), BlkioEntry(254, 16, "Read", 7),
    )  # fmt: skip
    assert [entry.value for entry in stats.blkio.operations] == [3, 4]
    assert stats.hugetlb == {"2MB": HugetlbStats(6, 0, 8)}
    assert stats.rdma_current == {"mlx": RdmaStats(1, 2)}
    assert stats.rdma_limit == {"mlx": RdmaStats((1 << 32) - 1, 4)}
    assert tree.cgroup.oom_kills() == 2


def test_statistics_of_nothing(tree: Tree) -> None:
    """Files that a kernel doesn't have count as zero."""
    for name in FILES:
        (tree.path / name).unlink()
    assert tree.cgroup.stats().memory.memory == MemoryUsage(0, 0, UNLIMITED, 0)


def test_freezing(tree: Tree) -> None:
    (tree.path / "cgroup.events").write_text("populated 1\nfrozen 1\n")
    tree.cgroup.freeze()
    assert (tree.path / "cgroup.freeze").read_text() == "1"
    assert tree.cgroup.frozen()
    (tree.path / "cgroup.events").write_text("populated 1\nfrozen 0\n")
    tree.cgroup.thaw()
    assert not tree.cgroup.frozen()


def test_watching_for_lack_of_memory(tree: Tree) -> None:
    events = tree.path / "memory.events"
    events.write_text("oom_kill 1\n")
    watch = tree.cgroup.watch_oom()
    assert not watch.happened()
    events.write_text("oom_kill 2\n")
    assert watch.happened()
    assert not watch.happened()
    watch.close()


def test_processes_here_and_below(tree: Tree) -> None:
    (tree.path / "below").mkdir()
    (tree.path / "cgroup.procs").write_text("30\n4\n")
    (tree.path / "below/cgroup.procs").write_text("4\n5\n")
    assert tree.cgroup.pids() == [4, 5, 30]
    assert CgroupV2(str(tree.root), str(tree.root / "gone")).pids() == []


def test_paths(tree: Tree) -> None:
    hierarchy = HierarchyV2(str(tree.root), str(tree.root / "own"))
    assert hierarchy.controllers >= {"memory", "devices", "freezer"}
    assert hierarchy.cgroup("/a/../b").paths == {"": f"{tree.root}/b"}
    assert hierarchy.cgroup("/../../a").paths == {"": f"{tree.root}/a"}
    assert hierarchy.cgroup("a").paths == {"": f"{tree.root}/own/path/a"}
    assert restored({"": "/x/y"}).paths == {"": "/x/y"}
