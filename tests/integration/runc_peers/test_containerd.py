"""Debian's containerd runs containers with `dockyard-runc` (`ctr run --runc-binary`)."""

import json
from collections.abc import Iterator

import pytest
from tests.peers import DockerDaemon, Program, program

pytestmark = [pytest.mark.peer("containerd"), pytest.mark.row("N2")]

IMAGE = "docker.io/library/busybox:latest"


@pytest.fixture(scope="module")
def ctr(dockerd: DockerDaemon) -> Program:
    """The client of the containerd that belongs to dockerd, in a namespace of its own, with the image imported."""
    client = program("ctr", "docker")
    address = str(dockerd.directory / "run/containerd.sock")
    client = client._replace(arguments=("--address", address, "--namespace", "conformance"))
    archive = dockerd.directory / "busybox.tar"
    dockerd.docker.run("save", "-o", str(archive), "busybox:latest")
    client.run("images", "import", "--snapshotter", "native", str(archive))
    return client


@pytest.fixture
def run(ctr: Program, dockyard_runc: str) -> Iterator[tuple[str, ...]]:
    """The arguments of `ctr run` with our runtime; containers that a test leaves are removed."""
    yield ("run", "--snapshotter", "native", "--runc-binary", dockyard_runc)
    for container in ctr.run("containers", "ls", "-q").stdout.split():
        ctr.run("tasks", "rm", "-f", container, check=False)
        ctr.run("containers", "rm", container, check=False)


def test_run(ctr: Program, run: tuple[str, ...]):
    done = ctr.run(*run, "--rm", IMAGE, "one", "sh", "-c", "echo out; exit 5", check=False)
    assert (done.stdout, done.returncode) == ("out\n", 5)


def test_a_life(ctr: Program, run: tuple[str, ...]):
    ctr.run(*run, "--detach", IMAGE, "two", "sleep", "1000")
    assert ctr.run("tasks", "ls").stdout.splitlines()[1].split()[0::2] == ["two", "RUNNING"]
    assert ctr.run("tasks", "exec", "--exec-id", "e1", "two", "cat", "/proc/1/comm").stdout == "sleep\n"
    assert ctr.run("tasks", "exec", "--exec-id", "e2", "two", "sh", "-c", "exit 3", check=False).returncode == 3
    assert len(ctr.run("tasks", "ps", "two").stdout.splitlines()) == 2
    ctr.run("tasks", "pause", "two")
    assert "PAUSED" in ctr.run("tasks", "ls").stdout
    ctr.run("tasks", "resume", "two")
    metrics = json.loads(ctr.run("tasks", "metrics", "--format", "json", "two").stdout)
    assert "pids" in json.dumps(metrics)
    ctr.run("tasks", "kill", "--signal", "SIGKILL", "two")


def test_a_program_that_is_not_there(ctr: Program, run: tuple[str, ...]):
    done = ctr.run(*run, "--rm", IMAGE, "three", "no-such-program", check=False)
    assert done.returncode != 0
    assert "executable file not found in $PATH" in done.stderr
    assert "three" not in ctr.run("tasks", "ls").stdout


def test_flags(ctr: Program, run: tuple[str, ...]):
    script = "grep Seccomp: /proc/self/status; echo $KEY; pwd; touch /x 2>&1"
    flags = ("--env", "KEY=value", "--cwd", "/tmp", "--seccomp", "--read-only", "--memory-limit", str(64 << 20))
    done = ctr.run(*run, "--rm", *flags, IMAGE, "four", "sh", "-c", script, check=False)
    assert done.stdout.splitlines() == ["Seccomp:\t2", "value", "/tmp", "touch: /x: Read-only file system"]
