"""Limits: what the options write, and that the kernel enforces it."""

from collections.abc import Callable
from pathlib import Path

import pytest
from tests.support.cgroups import TOP, controller_folder, is_v1
from tests.support.client import Docker
from tests.support.processes import status


def read(docker: Docker, container: str, controller: str, v1: str, v2: str) -> str:
    """Content of the file of `controller`: its name on v1, or on v2."""
    folder = controller_folder(int(docker.field(container, "{{.State.Pid}}")), controller)
    return (folder / (v1 if is_v1(controller) else v2)).read_text().strip()


@pytest.mark.row("E2")
def test_a_fork_bomb_stops_at_the_pids_limit(docker: Docker, sleeper: Callable[..., str]) -> None:
    container = sleeper("--pids-limit", "20")
    assert read(docker, container, "pids", "pids.max", "pids.max") == "20"
    result = docker.result("exec", container, "sh", "-c", "for i in $(seq 50); do sleep 5 & done; wait")
    assert "can't fork" in result.err
    assert int(read(docker, container, "pids", "pids.current", "pids.current")) <= 20


@pytest.mark.row("E4")
def test_a_container_over_its_memory_limit_is_killed_and_says_so(docker: Docker) -> None:
    script = "sleep 0.2; x=$(head -c 100000000 /dev/zero | tr '\\0' x); echo not reached"
    container = docker("create", "-m", "32m", "--memory-swap", "32m", "busybox", "sh", "-c", script)
    result = docker.result("start", "-a", container)
    assert "not reached" not in result.out
    assert docker.field(container, "{{.State.OOMKilled}} {{.State.ExitCode}}") == "true 137"
    actions = docker.actions(container)
    assert "oom" in actions
    assert actions.index("oom") < actions.index("die")


@pytest.mark.row("E4")
def test_the_memory_limit_is_in_the_file(docker: Docker, sleeper: Callable[..., str]) -> None:
    container = sleeper("-m", "32m", "--memory-reservation", "16m")
    assert read(docker, container, "memory", "memory.limit_in_bytes", "memory.max") == str(32 << 20)
    assert read(docker, container, "memory", "memory.soft_limit_in_bytes", "memory.low") == str(16 << 20)


@pytest.mark.row("E5")
def test_cpu_limits(docker: Docker, sleeper: Callable[..., str]) -> None:
    container = sleeper("--cpus", ".5", "--cpuset-cpus", "0", "--cpu-shares", "512")
    if is_v1("cpu"):
        assert read(docker, container, "cpu", "cpu.cfs_quota_us", "") == "50000"
        assert read(docker, container, "cpu", "cpu.cfs_period_us", "") == "100000"
        assert read(docker, container, "cpu", "cpu.shares", "") == "512"
    else:
        assert read(docker, container, "cpu", "", "cpu.max") == "50000 100000"
    assert status(int(docker.field(container, "{{.State.Pid}}")))["Cpus_allowed_list"] == "0"
    assert docker("exec", container, "grep", "Cpus_allowed_list", "/proc/self/status").split()[1] == "0"


def test_ulimits(docker: Docker) -> None:
    shown = docker("run", "--rm", "--ulimit", "nofile=100:200", "busybox", "sh", "-c", "ulimit -n; ulimit -Hn")
    assert shown.split() == ["100", "200"]


def test_a_device_is_refused_unless_given(docker: Docker) -> None:
    result = docker.result("run", "--rm", "busybox", "sh", "-c", "mknod /d b 7 0 && head -c 1 /d")
    assert result.code != 0
    assert "Operation not permitted" in result.err
    shown = docker(
        "run", "--rm", "--device", "/dev/null:/dev/mine", "busybox", "sh", "-c", "echo x > /dev/mine; ls -l /dev/mine"
    )
    assert shown.startswith("crw")


@pytest.mark.row("E6")
def test_limits_of_a_disk(docker: Docker, sleeper: Callable[..., str]) -> None:
    disks = (one for one in sorted(Path("/sys/block").iterdir()) if Path(f"/dev/{one.name}").is_block_device())
    disk = next(one for one in disks if int((one / "size").read_text()))  # a loop device without a file takes no limit
    numbers, path = (disk / "dev").read_text().strip(), f"/dev/{disk.name}"
    container = sleeper("--device-write-bps", f"{path}:3mb", "--device-read-iops", f"{path}:200")
    if is_v1("blkio"):
        assert read(docker, container, "blkio", "blkio.throttle.write_bps_device", "") == f"{numbers} {3 << 20}"
        assert read(docker, container, "blkio", "blkio.throttle.read_iops_device", "") == f"{numbers} 200"
    else:
        assert {f"wbps={3 << 20}", "riops=200"} <= set(read(docker, container, "io", "", "io.max").split())
    result = docker.result("create", "--blkio-weight", "300", "busybox")
    assert result.code == 0
    if not (any(TOP.glob("blkio/blkio*.weight")) or any(TOP.glob("*/io*.weight"))):
        assert "Weight discarded" in result.err
        return
    weighted = sleeper("--blkio-weight", "300")
    assert read(docker, weighted, "blkio", "blkio.bfq.weight", "io.bfq.weight").endswith("300")


@pytest.mark.row("E8")
def test_limits_change_while_it_runs(docker: Docker, sleeper: Callable[..., str]) -> None:
    container = sleeper("-m", "64m", "--cpus", "1")
    before = docker.field(container, "{{.State.StartedAt}} {{.State.Pid}}")
    docker("update", "-m", "96m", "--memory-swap", "192m", "--cpus", ".5", "--pids-limit", "33", container)
    assert read(docker, container, "memory", "memory.limit_in_bytes", "memory.max") == str(96 << 20)
    if is_v1("cpu"):
        assert read(docker, container, "cpu", "cpu.cfs_quota_us", "") == "50000"
    else:
        assert read(docker, container, "cpu", "", "cpu.max") == "50000 100000"
    assert read(docker, container, "pids", "pids.max", "pids.max") == "33"
    assert docker.field(container, "{{.State.StartedAt}} {{.State.Pid}}") == before
    assert docker.field(container, "{{.HostConfig.Memory}} {{.HostConfig.NanoCpus}}") == f"{96 << 20} 500000000"
    docker("restart", "-t", "0", container)
    assert read(docker, container, "memory", "memory.limit_in_bytes", "memory.max") == str(96 << 20)
    result = docker.result("update", "-m", "1m", container)
    assert "Minimum memory limit allowed is 6MB" in result.err


@pytest.mark.row("B24")
def test_shared_memory_has_dockers_size(docker: Docker) -> None:
    size = "df -k /dev/shm | tail -1 | tr -s ' ' | cut -d' ' -f2"
    container = docker("create", "busybox", "sh", "-c", size)
    assert docker("start", "-a", container) == "65536"
    assert docker.field(container, "{{.HostConfig.ShmSize}}") == "67108864"
    assert docker("run", "--rm", "--shm-size", "1m", "busybox", "sh", "-c", size) == "1024"
