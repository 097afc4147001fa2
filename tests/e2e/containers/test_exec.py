"""`docker exec` and `docker top`."""

import re
from collections.abc import Callable

import pytest
from tests.peers.guard import cgroup_directories
from tests.support.client import Docker
from tests.support.http import request
from tests.support.processes import command_line, namespaces, parent
from tests.support.terminal import terminal
from tests.support.wait import wait_until


def test_exec_gives_output_and_exit_code(docker: Docker, sleeper: Callable[..., str]) -> None:
    container = sleeper()
    assert docker.result("exec", container, "sh", "-c", "echo out; echo err >&2; exit 6") == (6, "out\n", "err\n")
    assert docker("exec", "-i", container, "cat", stdin="x" * 100000) == "x" * 100000
    assert (
        docker("exec", "-e", "A=1", "-w", "/tmp", "-u", "daemon", container, "sh", "-c", "echo $A $PWD $(id -un)")
        == "1 /tmp daemon"
    )


@pytest.mark.row("B7", "D7")
def test_inside_process_1_is_the_command_and_an_execd_one_has_no_parent(docker: Docker) -> None:
    container = docker("run", "-dit", "busybox", "sh")
    command = docker.client.command(
        "exec", "-it", container, "sh", "-c", "ps -o pid,ppid,tty,args; readlink /proc/self/fd/0"
    )
    with terminal(command, docker.client.environment) as tty:
        assert tty.wait() == 0
        lines = tty.seen.replace("\r", "").splitlines()
    rows = {fields[3]: fields for fields in (line.split(None, 3) for line in lines if re.match(r"\s*\d+ ", line))}
    assert rows["sh"][:2] == ["1", "0"]
    assert rows["sh"][2] == "136,0"
    execd = next(fields for name, fields in rows.items() if name.startswith("sh -c"))
    assert execd[1] == "0"
    assert execd[2] == "136,1"
    assert lines[-1] == "/dev/pts/1"


@pytest.mark.row("B8", "D7", "E3")
def test_a_detached_exec_is_seen_from_inside_and_from_the_host(docker: Docker, sleeper: Callable[..., str]) -> None:
    container = sleeper()
    docker("exec", "-d", container, "sleep", "2000")
    wait_until(lambda: "sleep 2000" in docker("exec", container, "ps"), "the exec'd sleep")
    pids = sorted(int(line.split()[1]) for line in docker("top", container).splitlines()[1:])
    init = int(docker.field(container, "{{.State.Pid}}"))
    assert len(pids) == 2
    other = next(pid for pid in pids if pid != init)
    assert command_line(other) == ["sleep", "2000"]
    assert parent(other) == parent(init)
    assert container in " ".join(command_line(parent(other)))
    assert cgroup_directories(str(other)) == cgroup_directories(str(init))
    assert namespaces(other) == namespaces(init)
    for folder in cgroup_directories(str(init)):
        with open(f"{folder}/cgroup.procs") as file:
            assert sorted(map(int, file.read().split())) == pids


@pytest.mark.row("B13")
def test_leaving_an_execd_shell_does_not_stop_the_container(docker: Docker, sleeper: Callable[..., str]) -> None:
    container = sleeper()
    with terminal(docker.client.command("exec", "-it", container, "/bin/sh"), docker.client.environment) as tty:
        tty.expect("/ # ")
        tty.type("echo $((6 * 7))\r")
        tty.expect("\r\n42\r\n")
        tty.type("exit 3\r")
        assert tty.wait() == 3
    assert docker.field(container, "{{.State.Running}}") == "true"


@pytest.mark.row("B5")
def test_top_shows_host_pids_in_dockers_columns(docker: Docker, sleeper: Callable[..., str]) -> None:
    container = sleeper()
    header, line = docker("top", container).splitlines()
    assert header.split() == ["UID", "PID", "PPID", "C", "STIME", "TTY", "TIME", "CMD"]
    init = int(docker.field(container, "{{.State.Pid}}"))
    fields = line.split()
    assert (int(fields[1]), int(fields[2])) == (init, parent(init))
    assert line.endswith("sleep 1000")


@pytest.mark.row("B5")
def test_top_takes_options_of_ps(docker: Docker, sleeper: Callable[..., str]) -> None:
    container = sleeper()
    header, line = docker("top", container, "aux").splitlines()
    assert header.split()[:4] == ["USER", "PID", "%CPU", "%MEM"]
    assert "sleep 1000" in line
    assert docker("top", container, "-o", "pid,comm").splitlines()[1].split()[1] == "sleep"
    docker("stop", "-t", "0", container)
    assert "is not running" in docker.result("top", container).err


def test_exec_of_what_cannot_run(docker: Docker, sleeper: Callable[..., str]) -> None:
    container = sleeper()
    result = docker.result("exec", container, "nosuchcommand")
    assert result.code in (126, 127)  # 126 before Docker 23
    assert 'exec: "nosuchcommand": executable file not found in $PATH' in result.out + result.err
    result = docker.result("exec", container, "/etc/passwd")
    assert result.code == 126
    assert "permission denied" in result.out + result.err
    docker("pause", container)
    assert "is paused, unpause the container before exec" in docker.result("exec", container, "true").err
    docker("unpause", container)
    docker("kill", container)
    assert re.search("is not running", docker.result("exec", container, "true").err)
    assert "No such container: nosuch" in docker.result("exec", "nosuch", "true").err


def test_the_creation_decides_about_a_terminal_and_the_start_about_frames(
    docker: Docker, sleeper: Callable[..., str]
) -> None:
    """docker-py starts an exec with a terminal as if it had none, and takes its output in frames."""
    body = {"AttachStdout": True, "AttachStderr": True, "Tty": True, "Cmd": ["sh", "-c", "tty; echo e >&2"]}
    exec_id = request(docker.socket, "POST", f"/containers/{sleeper()}/exec", body).json()["Id"]
    data = request(docker.socket, "POST", f"/exec/{exec_id}/start", {"Tty": False}).body
    said = b""
    while data:
        assert data[:4] == b"\1\0\0\0"
        length = int.from_bytes(data[4:8], "big")
        said, data = said + data[8 : 8 + length], data[8 + length :]
    assert said == b"/dev/pts/0\r\ne\r\n"
