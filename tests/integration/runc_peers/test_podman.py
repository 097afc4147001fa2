"""Debian's podman runs containers with `dockyard-runc` (`--runtime`)."""

import json
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.peers import Program, busybox_image, podman

pytestmark = [pytest.mark.peer("podman"), pytest.mark.row("N2")]

IMAGE = "localhost/busybox:latest"


@pytest.fixture(scope="module")
def client(dockyard_runc: str) -> Iterator[Program]:
    """Podman with our runtime and the image loaded."""
    directory = Path(tempfile.mkdtemp(prefix="podman-", dir="/tmp"))  # it refuses a runroot of more than 50 letters
    client = podman(directory)
    client = client._replace(arguments=(*client.arguments, "--runtime", dockyard_runc))
    client.run("load", "-i", str(busybox_image()))
    yield client
    client.run("rm", "--all", "--force", "--time", "0", check=False)
    shutil.rmtree(directory, ignore_errors=True)


def run(client: Program, *arguments: str, code: int = 0) -> str:
    """`podman run` without a network of podman's own; what it printed."""
    done = client.run("run", "--rm", "--network", "none", *arguments, check=False)
    assert done.returncode == code, done.stderr
    return done.stdout


# The pause at the end: see tests.peers.podman.
LINGER = "sleep 0.6"


@pytest.mark.parametrize("code", [0, 42])
def test_output_and_exit_code(client: Program, code: int):
    assert run(client, IMAGE, "sh", "-c", f"echo out; {LINGER}; exit {code}", code=code) == "out\n"


def test_it_is_the_runtime_in_use(client: Program, dockyard_runc: str):
    information = json.loads(client.run("info", "--format", "json").stdout)
    assert information["host"]["ociRuntime"]["path"] == dockyard_runc
    assert "dockyard-runc version" in information["host"]["ociRuntime"]["version"]


def test_the_sandbox(client: Program):
    script = f"grep -E '^Seccomp:' /proc/self/status; id -u; {LINGER}"
    assert run(client, "--user", "1000", IMAGE, "sh", "-c", script).splitlines() == ["Seccomp:\t2", "1000"]


def test_limits(client: Program):
    script = f"cat /sys/fs/cgroup/pids/pids.max /sys/fs/cgroup/memory/memory.limit_in_bytes; {LINGER}"
    output = run(client, "--pids-limit", "50", "--memory", "64m", IMAGE, "sh", "-c", script)
    assert output.splitlines() == ["50", str(64 << 20)]


def test_a_life(client: Program):
    container = client.run("run", "-d", "--network", "none", "--name", "life", IMAGE, "sleep", "1000").stdout.strip()
    assert client.run("exec", "life", "cat", "/proc/1/comm").stdout == "sleep\n"
    assert client.run("exec", "life", "sh", "-c", "exit 3", check=False).returncode == 3
    client.run("pause", "life")
    assert client.run("inspect", "--format", "{{.State.Status}}", "life").stdout.strip() == "paused"
    client.run("unpause", "life")
    assert "sleep 1000" in client.run("top", "life", "args").stdout
    client.run("kill", "life")
    assert client.run("wait", "life").stdout.strip() == "137"
    client.run("rm", "-f", container)


def test_a_terminal(client: Program):
    assert run(client, "-t", IMAGE, "sh", "-c", f"tty; {LINGER}").strip() in ("/dev/pts/0", "/dev/console")


def test_a_program_that_is_not_there(client: Program):
    done = client.run("run", "--rm", "--network", "none", IMAGE, "no-such-program", check=False)
    assert done.returncode == 127
    assert "executable file" in done.stderr
