"""Where a container's processes are in the cgroup file systems."""

from collections.abc import Callable

import pytest
from tests.support.cgroups import controller_folder, is_v1
from tests.support.client import Docker
from tests.support.engine import Engine
from tests.support.wait import wait_until


def pid_of(docker: Docker, container: str) -> int:
    return int(docker.field(container, "{{.State.Pid}}"))


@pytest.mark.row("E1")
def test_the_memory_cgroup_is_named_after_the_container(docker: Docker, sleeper: Callable[..., str]) -> None:
    container = sleeper()
    folder = controller_folder(pid_of(docker, container), "memory")
    assert folder.name == container
    wanted = ("memory.limit_in_bytes", "memory.usage_in_bytes", "tasks") if is_v1("memory") else ("memory.max",)
    for name in ("cgroup.procs", *wanted):
        assert (folder / name).exists()
    docker("rm", "-f", container)
    wait_until(lambda: not folder.exists(), "the cgroup to be removed")


@pytest.mark.dockyard_only
@pytest.mark.row("E1")
def test_without_a_flag_the_parent_is_docker(make_engine: Callable[..., Engine]) -> None:
    docker = make_engine("--cgroup-parent=").docker
    container = docker("run", "-d", "busybox", "sleep", "1000")
    folder = controller_folder(pid_of(docker, container), "memory")
    assert (folder.name, folder.parent.name) == (container, "docker")


@pytest.mark.row("E2")
def test_the_pids_cgroup(docker: Docker, sleeper: Callable[..., str]) -> None:
    container = sleeper()
    pid = pid_of(docker, container)
    folder = controller_folder(pid, "pids")
    assert folder.name == container
    assert (folder / "pids.max").read_text() == "max\n"
    assert (folder / "cgroup.procs").read_text().split() == [str(pid)]
    if is_v1("pids"):
        assert (folder / "tasks").read_text().split() == [str(pid)]


@pytest.mark.row("E3")
def test_init_and_execd_processes_are_members_of_every_controller(docker: Docker, sleeper: Callable[..., str]) -> None:
    container = sleeper()
    docker("exec", "-d", container, "sleep", "2000")
    docker("exec", "-d", container, "sleep", "3000")

    def top() -> list[int]:
        return sorted(int(line.split()[1]) for line in docker("top", container).splitlines()[1:])

    wait_until(lambda: len(top()) == 3, "both exec'd processes")
    for controller in ("memory", "pids", "cpu", "devices", "freezer"):
        procs = (controller_folder(pid_of(docker, container), controller) / "cgroup.procs").read_text()
        assert sorted(map(int, procs.split())) == top(), controller


def test_another_parent(docker: Docker) -> None:
    container = docker("run", "-d", "--cgroup-parent", "/dockyard-test-parent", "busybox", "sleep", "1000")
    folder = controller_folder(pid_of(docker, container), "pids")
    assert (folder.name, folder.parent.name) == (container, "dockyard-test-parent")
    docker("rm", "-f", container)
    wait_until(lambda: not folder.exists(), "the cgroup to be removed")
    for parent in folder.parents[1].parent.glob("*/dockyard-test-parent"):
        parent.rmdir()
