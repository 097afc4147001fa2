"""Volumes of the local driver that are file systems of their own: `docker volume create -o type= -o device= -o o=`."""

import os
import signal
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.support.client import Docker
from tests.support.engine import Engine

Sleeper = Callable[..., str]
TMPFS = ("-o", "type=tmpfs", "-o", "device=tmpfs", "-o", "o=size=4m,uid=1000,mode=0750")


def mounted(path: str) -> bool:
    return any(line.split()[4] == path for line in Path("/proc/self/mountinfo").read_text().splitlines())


def is_let_go(path: str) -> None:
    """The removal is answered before the volume is unmounted."""
    deadline = time.monotonic() + 10
    while mounted(path):
        assert time.monotonic() < deadline, f"{path} is still mounted"
        time.sleep(0.01)


def test_a_tmpfs_is_there_from_the_first_container_to_the_last(docker: Docker, sleeper: Sleeper) -> None:
    docker("volume", "create", *TMPFS, "scratch")
    point = docker("volume", "inspect", "-f", "{{.Mountpoint}}", "scratch")
    assert not mounted(point)
    first, second = sleeper("-v", "scratch:/data"), sleeper("-v", "scratch:/other")
    assert docker("exec", first, "stat", "-c", "%u %a", "/data") == "1000 750"
    docker("exec", first, "sh", "-c", "echo shared > /data/file")
    assert docker("exec", second, "cat", "/other/file") == "shared"
    assert "4096" in docker("exec", first, "df", "-k", "/data").split("\n")[-1].split()
    docker("rm", "-f", first)
    assert mounted(point)
    assert docker("exec", second, "cat", "/other/file") == "shared"
    docker("rm", "-f", second)
    is_let_go(point)
    third = sleeper("-v", "scratch:/data")
    assert docker("exec", third, "ls", "/data") == ""  # it was in memory
    docker("rm", "-f", third)
    docker("volume", "rm", "scratch")


def test_a_bound_directory(docker: Docker, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("of the host\n")
    docker("volume", "create", "-o", "type=none", "-o", f"device={tmp_path}", "-o", "o=bind", "bound")
    assert docker("run", "--rm", "-v", "bound:/data", "busybox", "cat", "/data/file") == "of the host"
    docker("run", "--rm", "-v", "bound:/data", "busybox", "sh", "-c", "echo inside > /data/new")
    assert (tmp_path / "new").read_text() == "inside\n"
    assert docker("volume", "rm", "bound") == "bound"
    assert (tmp_path / "new").exists()


def test_a_bound_empty_directory_gets_the_images_content(docker: Docker, tmp_path: Path) -> None:
    docker("volume", "create", "-o", "type=none", "-o", f"device={tmp_path}", "-o", "o=bind", "filled")
    docker("run", "--rm", "-v", "filled:/etc", "busybox", "true")
    assert (tmp_path / "passwd").exists()
    docker("volume", "rm", "filled")


def test_a_device_that_is_not_there(docker: Docker) -> None:
    docker("volume", "create", "-o", "type=none", "-o", "device=/no/such/folder", "-o", "o=bind", "broken")
    result = docker.result("run", "--rm", "-v", "broken:/etc", "busybox", "true")
    assert result.code in (125, 127)  # the client goes by the words
    assert "failed to mount local volume: mount /no/such/folder:" in result.err
    assert "flags: 0x1000: no such file or directory" in result.err
    assert docker("ps", "-aq", "--filter", "volume=broken") == ""
    docker("volume", "rm", "broken")


def test_copy_with_a_stopped_container(docker: Docker, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("of the host\n")
    docker("volume", "create", "-o", "type=none", "-o", f"device={tmp_path}", "-o", "o=bind", "copied")
    container = docker("create", "-v", "copied:/data", "busybox")
    docker("cp", f"{container}:/data/file", str(tmp_path / "out"))
    assert (tmp_path / "out").read_text() == "of the host\n"
    is_let_go(docker("volume", "inspect", "-f", "{{.Mountpoint}}", "copied"))
    docker("rm", container)
    docker("volume", "rm", "copied")


@pytest.mark.dockyard_only
def test_the_daemon_is_killed_while_it_is_mounted(own_engine: Engine) -> None:
    docker = own_engine.docker
    docker("volume", "create", *TMPFS, "scratch")
    point = docker("volume", "inspect", "-f", "{{.Mountpoint}}", "scratch")
    living = docker("run", "-d", "-v", "scratch:/data", "busybox", "sh", "-c", "echo kept > /data/file; sleep 1000")
    ending = docker("run", "-d", "-v", "scratch:/data", "busybox", "sleep", "1000")
    own_engine.kill()
    own_engine.start()
    docker("rm", "-f", ending)
    assert docker("run", "--rm", "-v", "scratch:/data", "busybox", "cat", "/data/file") == "kept"
    pid = int(docker.field(living, "{{.State.Pid}}"))
    own_engine.kill()
    os.kill(pid, signal.SIGKILL)  # its end is seen by nobody
    own_engine.start()
    assert docker.field(living, "{{.State.Status}}") == "exited"
    is_let_go(point)


def test_events_tell_who_mounts(docker: Docker) -> None:
    since = f"{time.time():.9f}"
    container = docker("create", "-v", "seen:/data:ro", "busybox", "true")
    docker("start", "-a", container)
    docker("rm", container)
    docker("volume", "rm", "seen")
    shown = docker(
        "events", "--since", since, "--until", f"{time.time() + 1:.9f}", "--filter", "volume=seen",
        "--format", '{{.Action}} {{index .Actor.Attributes "container"}} {{index .Actor.Attributes "read/write"}}',
    )  # fmt: skip
    assert shown.split("\n") == ["create  ", f"mount {container} false", f"unmount {container} ", "destroy  "]
