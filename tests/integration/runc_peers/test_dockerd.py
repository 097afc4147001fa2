"""Debian's dockerd runs its containers with `dockyard-runc` (`--add-runtime`, `--default-runtime`)."""

import json
import subprocess
import time
from collections.abc import Iterator
from typing import Any

import pytest
from tests.integration.runc_peers.conftest import RUNTIME
from tests.peers import DockerDaemon, Program

pytestmark = [pytest.mark.peer("dockerd"), pytest.mark.row("N2")]


@pytest.fixture
def docker(dockerd: DockerDaemon) -> Iterator[Program]:
    """The client. Containers that a test leaves are removed."""
    yield dockerd.docker
    if left := dockerd.docker.run("ps", "-aq").stdout.split():
        dockerd.docker.run("rm", "-f", "-v", *left)


@pytest.fixture
def sleeping(docker: Program) -> str:
    """A container that does nothing."""
    return docker.run("run", "-d", "busybox", "sleep", "1000").stdout.strip()


def inspect(docker: Program, container: str) -> dict[str, Any]:
    document: dict[str, Any] = json.loads(docker.run("inspect", container).stdout)[0]
    return document


def inside(docker: Program, *arguments: str) -> str:
    """What a container prints that is started with these arguments."""
    return docker.run("run", "--rm", *arguments).stdout.strip()


def test_it_is_the_runtime_in_use(docker: Program, sleeping: str):
    information = json.loads(docker.run("info", "--format", "{{json .}}").stdout)
    assert information["DefaultRuntime"] == RUNTIME
    assert RUNTIME in information["Runtimes"]
    assert inspect(docker, sleeping)["HostConfig"]["Runtime"] == RUNTIME


@pytest.mark.parametrize("code", [0, 1, 42])
def test_output_and_exit_code(docker: Program, code: int):
    done = docker.run("run", "--rm", "busybox", "sh", "-c", f"echo out; echo err >&2; exit {code}", check=False)
    assert (done.stdout, done.stderr, done.returncode) == ("out\n", "err\n", code)


def test_input(docker: Program):
    assert docker.run("run", "--rm", "-i", "busybox", "wc", "-c", input="x" * 100_000).stdout.strip() == "100000"


def test_a_terminal(docker: Program):
    done = docker.run("run", "--rm", "-t", "busybox", "sh", "-c", "tty; ls -l /proc/self/fd/0 | sed 's/.* //'")
    assert done.stdout.splitlines()[0] in ("/dev/pts/0", "/dev/console")


@pytest.mark.parametrize(
    ("command", "code", "message"),
    [
        (["no-such-program"], 127, 'exec: "no-such-program": executable file not found in $PATH'),
        (["/etc/passwd"], 126, 'exec: "/etc/passwd": permission denied'),
        (["/no/such"], 127, "no such file or directory"),
    ],
)
def test_a_program_that_cannot_run(docker: Program, command: list[str], code: int, message: str):
    done = docker.run("run", "--rm", "busybox", *command, check=False)
    assert done.returncode == code
    assert message in done.stderr.replace("\\", "")
    assert docker.run("ps", "-aq").stdout == ""


@pytest.mark.row("D12", "D13")
def test_the_default_sandbox(docker: Program):
    script = "grep -E '^(CapBnd|Seccomp):' /proc/self/status; unshare -U true 2>&1; mount -t tmpfs x /mnt 2>&1"
    lines = docker.run("run", "--rm", "busybox", "sh", "-c", script, check=False).stdout.splitlines()
    assert lines[:2] == ["CapBnd:\t00000000a80425fb", "Seccomp:\t2"]
    assert "Operation not permitted" in lines[2]
    assert "permission denied" in lines[3].lower() or "Operation not permitted" in lines[3]


@pytest.mark.parametrize(
    ("flags", "script", "expected"),
    [
        (["--hostname", "web"], "hostname", "web"),
        (["-w", "/new/place"], "pwd", "/new/place"),
        (["-e", "KEY=value"], "echo $KEY", "value"),
        (["-u", "1000:2000"], "id -u; id -g", "1000\n2000"),
        (["--group-add", "77"], "id -G", "0 77"),
        (["--read-only"], "touch /x 2>&1; touch /dev/shm/x && echo shm", "touch: /x: Read-only file system\nshm"),
        (["--tmpfs", "/scratch:size=1m"], "stat -f -c %T /scratch", "tmpfs"),
        (["-v", "/scratch"], "touch /scratch/x && ls /scratch", "x"),
        (["--ulimit", "nofile=300:400"], "ulimit -n; ulimit -Hn", "300\n400"),
        (["--sysctl", "net.ipv4.ip_forward=0"], "cat /proc/sys/net/ipv4/ip_forward", "0"),
        (["--cap-drop", "ALL", "--cap-add", "CHOWN"], "grep CapEff /proc/self/status", "CapEff:\t0000000000000001"),
        (["--security-opt", "no-new-privileges"], "grep NoNewPrivs /proc/self/status", "NoNewPrivs:\t1"),
        (["--security-opt", "seccomp=unconfined"], "grep Seccomp: /proc/self/status", "Seccomp:\t0"),
        (["--network", "none"], "ls /sys/class/net | grep -v sit0 | tr '\\n' ' '", "lo"),
        (["--shm-size", "1m"], "df -k /dev/shm | tail -1 | awk '{print $2}'", "1024"),
        (["--memory", "64m"], "cat /sys/fs/cgroup/memory/memory.limit_in_bytes", str(64 << 20)),
        (["--cpu-shares", "300"], "cat /sys/fs/cgroup/cpu/cpu.shares", "300"),
        (["--cpus", "0.5"], "cat /sys/fs/cgroup/cpu/cpu.cfs_quota_us", "50000"),
        (["--pids-limit", "50"], "cat /sys/fs/cgroup/pids/pids.max", "50"),
        (["--cpuset-cpus", "0"], "cat /sys/fs/cgroup/cpuset/cpuset.cpus", "0"),
        (["--oom-score-adj", "500"], "cat /proc/1/oom_score_adj", "500"),
        (["--device", "/dev/fuse"], "stat -c %t:%T /dev/fuse; true < /dev/fuse && echo open", "a:e5\nopen"),
        (["--init"], "cat /proc/1/comm", "docker-init"),
        (["--pid", "host"], "test -d /proc/$$/ns && readlink /proc/1/exe > /dev/null; echo $?", "1"),
        (["--privileged"], "mount -t tmpfs x /tmp && echo mounted", "mounted"),
        (["--userns", "host"], "cat /proc/self/uid_map | awk '{print $3}'", "4294967295"),
    ],
    ids=lambda value: value[0].lstrip("-") if isinstance(value, list) else "",
)
def test_flags_of_run(docker: Program, flags: list[str], script: str, expected: str):
    assert inside(docker, *flags, "busybox", "sh", "-c", script) == expected


def test_exec(docker: Program, sleeping: str):
    assert docker.run("exec", sleeping, "cat", "/proc/1/comm").stdout == "sleep\n"
    assert docker.run("exec", "-i", sleeping, "cat", input="given").stdout == "given"
    assert docker.run(
        "exec", "-u", "5", "-e", "A=b", "-w", "/tmp", sleeping, "sh", "-c", "id -u; echo $A; pwd"
    ).stdout == ("5\nb\n/tmp\n")
    assert docker.run("exec", sleeping, "sh", "-c", "exit 7", check=False).returncode == 7
    done = docker.run("exec", sleeping, "no-such-program", check=False)
    assert done.returncode == 127 or done.returncode == 126
    assert "executable file not found in $PATH" in done.stdout + done.stderr


def test_exec_with_a_terminal(docker: Program, sleeping: str):
    assert docker.run("exec", "-t", sleeping, "tty").stdout.startswith("/dev/pts/")


def test_exec_in_the_background(docker: Program, sleeping: str):
    docker.run("exec", "-d", sleeping, "sh", "-c", "echo done > /done")
    deadline = time.monotonic() + 10
    while docker.run("exec", sleeping, "cat", "/done", check=False).stdout != "done\n":
        assert time.monotonic() < deadline


def test_stop_start_restart_kill(docker: Program):
    script = "trap 'exit 3' TERM; while :; do sleep 0.1; done"
    container = docker.run("run", "-d", "busybox", "sh", "-c", script).stdout.strip()
    docker.run("stop", container)
    assert inspect(docker, container)["State"]["ExitCode"] == 3
    docker.run("start", container)
    docker.run("restart", "-t", "5", container)
    assert inspect(docker, container)["State"]["Running"]
    docker.run("kill", container)
    docker.run("wait", container)
    assert inspect(docker, container)["State"]["ExitCode"] == 137


def test_pause_and_update(docker: Program, sleeping: str):
    docker.run("pause", sleeping)
    assert inspect(docker, sleeping)["State"]["Status"] == "paused"
    docker.run("unpause", sleeping)
    docker.run("update", "--memory", "64m", "--memory-swap", "64m", "--cpu-shares", "200", sleeping)
    files = "/sys/fs/cgroup/memory/memory.limit_in_bytes /sys/fs/cgroup/cpu/cpu.shares"
    assert docker.run("exec", sleeping, "sh", "-c", f"cat {files}").stdout == f"{64 << 20}\n200\n"


def test_top_stats_and_logs(docker: Program, sleeping: str):
    assert "sleep 1000" in docker.run("top", sleeping).stdout
    assert docker.run("stats", "--no-stream", "--format", "{{.PIDs}}", sleeping).stdout.strip() == "1"
    chatty = docker.run("run", "-d", "busybox", "echo", "hello").stdout.strip()
    docker.run("wait", chatty)
    assert docker.run("logs", chatty).stdout == "hello\n"


def test_the_end_of_memory_is_noticed(docker: Program):
    script = "head -c 64m /dev/zero | tail -c 64m > /dev/null"
    docker.run(
        "run",
        "--name",
        "hungry",
        "--memory",
        "16m",
        "--memory-swap",
        "16m",
        "busybox",
        "sh",
        "-c",
        f"exec {script}",
        check=False,
    )
    assert inspect(docker, "hungry")["State"]["OOMKilled"]


def test_containers_side_by_side_share_what_they_are_told_to(docker: Program, sleeping: str):
    assert inside(docker, "--pid", f"container:{sleeping}", "busybox", "cat", "/proc/1/comm") == "sleep"
    address = inspect(docker, sleeping)["NetworkSettings"]["IPAddress"]
    assert address in inside(docker, "--network", f"container:{sleeping}", "busybox", "ip", "-o", "addr")


def test_the_network_between_containers(docker: Program):
    server = docker.run("run", "-d", "busybox", "sh", "-c", "echo page | nc -l -p 80").stdout.strip()
    address = inspect(docker, server)["NetworkSettings"]["IPAddress"]
    assert inside(docker, "busybox", "sh", "-c", f"until nc -w 5 {address} 80; do sleep 0.1; done") == "page"


def test_twenty_at_once_leave_nothing(docker: Program, dockerd: DockerDaemon):
    processes = [
        subprocess.Popen(
            docker.command("run", "--rm", "busybox", "echo", str(number)),
            stdout=subprocess.PIPE,
            text=True,
            env=docker.environment,
        )
        for number in range(20)
    ]
    assert [process.communicate(timeout=100)[0] for process in processes] == [f"{number}\n" for number in range(20)]
    left = subprocess.run(
        [
            "find",
            "/sys/fs/cgroup",
            "-mindepth",
            "3",
            "-maxdepth",
            "3",
            "-path",
            f"*/{dockerd.directory.name}/*",
            "-type",
            "d",
        ],
        capture_output=True,
        text=True,
        check=False,
    ).stdout
    assert left == ""
