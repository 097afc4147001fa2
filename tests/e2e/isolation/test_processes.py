"""Processes of a container as the host sees them: parents, /proc/PID, the tree; and as they see themselves."""

import json
import os
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.support.client import Docker
from tests.support.processes import command_line, environment, namespace, parent


def pid_of(docker: Docker, container: str) -> int:
    return int(docker.field(container, "{{.State.Pid}}"))


@pytest.mark.row("D1", "P1")
def test_the_parent_is_a_shim_that_names_id_and_folder(docker: Docker, sleeper: Callable[..., str]) -> None:
    container = sleeper()
    shim = parent(pid_of(docker, container))
    words = command_line(shim)
    line = " ".join(words)
    assert "-namespace moby" in line
    assert container in line
    assert "-address" in line
    assert parent(shim) != os.getpid()


@pytest.mark.dockyard_only
@pytest.mark.row("D1", "P1")
def test_the_shims_folder_is_an_oci_bundle(docker: Docker, sleeper: Callable[..., str]) -> None:
    container = sleeper()
    line = command_line(parent(pid_of(docker, container)))
    words = " ".join(line).split()
    folder = Path(words[words.index("-workdir") + 1])
    assert folder.name == container
    bundle = json.loads((folder / "config.json").read_text())
    assert bundle["process"]["args"] == ["sleep", "1000"]
    assert bundle["ociVersion"].startswith("1.")


@pytest.mark.row("D2")
def test_pstree_shows_shim_and_command(docker: Docker) -> None:
    container = docker("run", "-d", "busybox", "sh", "-c", "sleep 1000 & wait")
    pid = pid_of(docker, container)
    shown = subprocess.run(
        ["pstree", "-l", "-a", "-A", str(parent(pid)), "-p"], capture_output=True, text=True, check=True
    ).stdout
    assert "shim" in shown.splitlines()[0]
    assert f"-sh,{pid} -c" in shown
    assert "`-sleep," in shown


@pytest.mark.row("D3")
def test_the_pid_of_top_is_that_of_proc(docker: Docker, sleeper: Callable[..., str]) -> None:
    container = sleeper(name="lookup")
    assert any(
        container.startswith(line.split()[0]) and "lookup" in line for line in docker("ps", "-a").splitlines()[1:]
    )
    pid = int(docker("top", "lookup").splitlines()[1].split()[1])
    assert Path(f"/proc/{pid}/comm").read_text() == "sleep\n"
    assert pid == pid_of(docker, container)


@pytest.mark.row("D4")
def test_proc_of_the_process_is_readable_from_the_host(docker: Docker) -> None:
    container = docker("run", "-d", "-e", "MARK=of this test", "-w", "/tmp", "busybox", "sleep", "1000")
    pid = pid_of(docker, container)
    assert command_line(pid) == ["sleep", "1000"]
    assert os.readlink(f"/proc/{pid}/cwd") == "/tmp"
    assert os.readlink(f"/proc/{pid}/exe") == "/bin/busybox"
    assert {"MARK=of this test", f"HOSTNAME={container[:12]}", "HOME=/root"} <= set(environment(pid))
    assert set(docker.inspect(container)["Config"]["Env"]) <= set(environment(pid))
    assert set(os.listdir(f"/proc/{pid}/fd")) >= {"0", "1", "2"}
    assert "busybox" in os.listdir(f"/proc/{pid}/root/bin")
    for name in ("maps", "stat", "statm", "status"):
        assert Path(f"/proc/{pid}/{name}").read_text()
    assert Path(f"/proc/{pid}/mem").exists()


@pytest.mark.row("D4")
def test_no_descriptors_are_inherited_beyond_the_three(docker: Docker, sleeper: Callable[..., str]) -> None:
    container = sleeper()
    assert sorted(os.listdir(f"/proc/{pid_of(docker, container)}/fd")) == ["0", "1", "2"]
    assert docker("exec", container, "sh", "-c", "ls /proc/self/fd").split() == ["0", "1", "2", "3"]  # 3: of ls


@pytest.mark.row("D5")
def test_two_containers_both_have_a_process_1(docker: Docker, sleeper: Callable[..., str]) -> None:
    one, two = sleeper(), sleeper()
    spaces = {namespace(pid_of(docker, one), "pid"), namespace(pid_of(docker, two), "pid"), namespace("self", "pid")}
    assert len(spaces) == 3
    for container in (one, two):
        assert docker("exec", container, "readlink", "/proc/1/exe") == "/bin/busybox"
        assert docker("exec", container, "cat", "/proc/1/comm") == "sleep"


@pytest.mark.row("D9")
def test_inside_only_the_own_tree_is_seen(docker: Docker) -> None:
    container = docker("run", "-d", "busybox", "sh", "-c", "sleep 1000 & wait")
    shown = docker("exec", container, "ps", "-o", "ppid,args").splitlines()[1:]
    assert sorted(line.split(None, 1) for line in shown) == [
        ["0", "ps -o ppid,args"],
        ["0", "sh -c sleep 1000 & wait"],
        ["1", "sleep 1000"],
    ]


@pytest.mark.row("D8")
def test_everything_ends_with_process_1(docker: Docker) -> None:
    container = docker("run", "-d", "busybox", "sh", "-c", "sleep 1000 & sleep 1000 & sleep 0.5")
    docker("wait", container)
    assert docker.field(container, "{{.State.Status}}") == "exited"
    assert docker.result("top", container).code == 1


@pytest.mark.row("P2")
def test_no_runtime_process_is_left_after_the_start(docker: Docker, sleeper: Callable[..., str]) -> None:
    container = sleeper()
    shim = parent(pid_of(docker, container))
    children = Path(f"/proc/{shim}/task/{shim}/children").read_text().split()
    below = {" ".join(command_line(int(pid))) for pid in children}
    assert below <= {"sleep 1000"}
    listed = subprocess.run(["ps", "-eo", "args"], capture_output=True, text=True, check=True).stdout
    assert not [line for line in listed.splitlines() if "runc" in line.split()[0] and container in line]
