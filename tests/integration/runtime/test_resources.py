"""Limits of the library's containers in the control groups of this machine (version 1, or hybrid)."""

import select
import time
from pathlib import Path
from typing import Any

import pytest
from tests.integration.runtime.harness import Container, Harness, exit_code

from dockyard.cgroups import detect
from dockyard.errors import Conflict, NotFound
from dockyard.runtime.container_events import stats, watch_oom
from dockyard.runtime.container_processes import processes
from dockyard.runtime.container_update import update
from dockyard.spec.runtime import Cpu, Memory, Pids, Resources

pytestmark = [
    pytest.mark.root,
    pytest.mark.skipif(detect().version != 1, reason="names files of version 1"),
]


def value(container: Container, controller: str, name: str) -> str:
    return Path(container.init.state.cgroup_paths[controller], name).read_text().strip()


def with_resources(harness: Harness, script: str, **resources: Any) -> dict[str, Any]:
    document = harness.shell(script)
    document["linux"]["resources"] = resources
    return document


@pytest.mark.row("E1", "E2", "E5")
def test_values_in_the_files(harness: Harness) -> None:
    document = with_resources(
        harness, "sleep 1000",
        memory={"limit": 64 << 20, "swap": 128 << 20, "reservation": 32 << 20, "swappiness": 10},
        cpu={"shares": 512, "quota": 50_000, "period": 100_000, "cpus": "0"},
        pids={"limit": 20},
        blockIO={"throttleReadBpsDevice": [{"major": 254, "minor": 0, "rate": 1048576}]},
    )  # fmt: skip

    def act(container: Container) -> None:
        paths = container.init.state.cgroup_paths
        assert {"memory", "cpu", "cpuacct", "cpuset", "pids", "blkio", "devices", "freezer"} <= set(paths)
        assert value(container, "memory", "memory.limit_in_bytes") == str(64 << 20)
        assert value(container, "memory", "memory.soft_limit_in_bytes") == str(32 << 20)
        assert value(container, "memory", "memory.swappiness") == "10"
        assert value(container, "cpu", "cpu.shares") == "512"
        assert value(container, "cpu", "cpu.cfs_quota_us") == "50000"
        assert value(container, "pids", "pids.max") == "20"
        for controller in paths:
            assert value(container, controller, "cgroup.procs") == str(container.init.pid)
            assert value(container, controller, "tasks") == str(container.init.pid)
        assert "Cpus_allowed_list:\t0\n" in container.exec("cat", "/proc/self/status").stdout

    harness.within(document, act)


@pytest.mark.row("E2")
def test_a_fork_bomb_stops(harness: Harness) -> None:
    script = "for i in 1 2 3 4 5 6 7 8 9; do sleep 1000 & done; sleep 1000"

    def act(container: Container) -> int:
        deadline = time.monotonic() + 5
        most = 0
        while time.monotonic() < deadline and most < 5:
            most = max(most, int(value(container, "pids", "pids.current")))
        time.sleep(0.2)
        return int(value(container, "pids", "pids.current"))

    assert harness.within(with_resources(harness, script, pids={"limit": 5}), act) <= 5


@pytest.mark.row("E4")
def test_more_memory_than_allowed(harness: Harness) -> None:
    script = "echo; tail /dev/zero"

    def act(container: Container) -> tuple[int, bool, int]:
        watch = watch_oom(container.init.state)
        assert not watch.happened()
        code = exit_code(container.init.pid)
        poller = select.poll()
        poller.register(watch.fileno(), watch.poll_events)
        assert poller.poll(5000)
        happened = watch.happened()
        watch.close()
        return code, happened, container.init.state.cgroup().oom_kills()

    document = with_resources(harness, script, memory={"limit": 32 << 20, "swap": 32 << 20})
    code, happened, kills = harness.within(document, act)
    assert (code, happened) == (137, True)
    assert kills >= 1


def test_a_limit_in_which_the_runtime_itself_must_fit(harness: Harness) -> None:
    """Docker's smallest is 6 MB; what the first process touches before execve is charged to the container."""
    assert (
        harness.run(with_resources(harness, "echo fits", memory={"limit": 4 << 20, "swap": 4 << 20})).stdout == "fits\n"
    )


def test_devices(harness: Harness) -> None:
    rules = [{"allow": False, "access": "rwm"}, {"allow": True, "type": "c", "major": 10, "minor": 200, "access": "rw"}]
    script = (
        "mknod /tmp/full c 1 7 && head -c 1 /tmp/full | wc -c; mknod /tmp/kmsg c 1 11 && echo x > /tmp/kmsg;"
        "mknod /tmp/tun c 10 200; echo > /tmp/tun"
    )
    output = harness.run(with_resources(harness, script, devices=rules))
    assert output.stdout == "1\n"
    assert "/tmp/kmsg: Operation not permitted" in output.stderr
    assert "/tmp/tun: Operation not permitted" not in output.stderr


def test_update_while_it_runs(harness: Harness) -> None:
    document = with_resources(harness, "sleep 1000", memory={"limit": 64 << 20, "swap": 64 << 20})

    def act(container: Container) -> None:
        state = container.init.state
        # Up and down, so that each order of memory and swap occurs.
        for limit, swap in ((128 << 20, 256 << 20), (16 << 20, 32 << 20), (64 << 20, -1), (-1, 0)):
            update(state, Resources(memory=Memory(limit=limit, swap=swap)))
            wanted = limit if limit > 0 else (1 << 63) - 4096
            assert value(container, "memory", "memory.limit_in_bytes") == str(wanted)
        update(state, Resources(cpu=Cpu(quota=20_000, period=50_000), pids=Pids(limit=7)))
        assert value(container, "cpu", "cpu.cfs_period_us") == "50000"
        update(state, Resources(cpu=Cpu(quota=-1), pids=Pids(limit=-1)))
        assert value(container, "cpu", "cpu.cfs_quota_us") == "-1"
        assert value(container, "pids", "pids.max") == "max"
        assert "c 1:3 rwm" in value(container, "devices", "devices.list")

    harness.within(document, act)


def test_statistics(harness: Harness) -> None:
    def act(container: Container) -> None:
        container.line()
        found = stats(container.init.state)
        assert found.cpu.total > 0 and sum(found.cpu.per_cpu) > 0
        assert found.memory.memory.usage > 1 << 20
        assert found.memory.memory.limit == 64 << 20
        assert found.memory.details["rss"] >= 0
        assert found.pids == (2, 9)
        container.init.kill()
        with pytest.raises(Conflict, match="container not running"):
            stats(container.init.state)
        with pytest.raises(Conflict, match="container not running"):
            update(container.init.state, Resources())

    script = (
        "dd if=/dev/zero of=/dev/shm/x bs=1k count=900 2> /dev/null;"
        "dd if=/dev/zero of=/tmp/x bs=1M count=4; sleep 9 & echo; wait"
    )
    harness.within(with_resources(harness, script, memory={"limit": 64 << 20}, pids={"limit": 9}), act)


def test_exec_in_a_cgroup_below(harness: Harness) -> None:
    def act(container: Container) -> str:
        for path in container.init.state.cgroup_paths.values():
            Path(path, "below").mkdir()
        cpuset = Path(container.init.state.cgroup_paths["cpuset"])
        for name in ("cpuset.cpus", "cpuset.mems"):
            (cpuset / "below" / name).write_text((cpuset / name).read_text())
        with pytest.raises(NotFound):
            container.exec("true", sub_cgroup={"": "not/there"})
        assert processes(container.init.state) == [container.init.pid]
        return container.exec("cat", "/proc/self/cgroup", sub_cgroup={"memory": "../below"}).stdout

    lines = harness.within(harness.document("sleep", "1000"), act).splitlines()
    assert next(line for line in lines if ":memory:" in line).endswith("/below")
    assert not next(line for line in lines if ":pids:" in line).endswith("/below")


def test_relative_cgroup_path(harness: Harness) -> None:
    document = harness.document("cat", "/proc/self/cgroup")
    document["linux"]["cgroupsPath"] = f"{harness.cgroup.lstrip('/')}/relative"
    own = dict(line.split(":", 2)[1:] for line in Path("/proc/self/cgroup").read_text().splitlines())
    found = dict(line.split(":", 2)[1:] for line in harness.run(document).stdout.splitlines())
    for controller in ("memory", "pids", "name=systemd"):
        assert found[controller] == f"{own[controller].rstrip('/')}{harness.cgroup}/relative"
    detect().cgroup(harness.cgroup.lstrip("/")).destroy()
