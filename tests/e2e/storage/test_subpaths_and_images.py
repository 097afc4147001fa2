"""`--mount type=volume,volume-subpath=` and `--mount type=image`: parts of volumes, and images as directories."""

import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from tests.support.client import Docker

pytestmark = pytest.mark.dockyard_only  # Docker has them since 26 and 28; the peer is 20.10

Sleeper = Callable[..., str]


@pytest.fixture
def volume(docker: Docker) -> Iterator[Path]:
    docker("volume", "create", "parts")
    point = Path(docker("volume", "inspect", "-f", "{{.Mountpoint}}", "parts"))
    (point / "sub" / "deep").mkdir(parents=True)
    (point / "sub" / "file").write_text("in sub\n")
    (point / "single").write_text("one file\n")
    yield point
    docker("volume", "rm", "parts")


def mount(part: str, target: str = "/data", more: str = "") -> tuple[str, ...]:
    return ("--mount", f"type=volume,src=parts,dst={target},volume-subpath={part}{more}")


def test_a_part_of_a_volume(docker: Docker, volume: Path) -> None:
    assert docker("run", "--rm", *mount("sub"), "busybox", "cat", "/data/file") == "in sub"
    docker("run", "--rm", *mount("sub"), "busybox", "sh", "-c", "echo new > /data/deep/new")
    assert (volume / "sub" / "deep" / "new").read_text() == "new\n"
    assert docker("run", "--rm", *mount("single", "/etc/motd"), "busybox", "cat", "/etc/motd") == "one file"
    result = docker.result("run", "--rm", *mount("sub", more=",ro"), "busybox", "touch", "/data/x")
    assert "Read-only file system" in result.err


@pytest.mark.parametrize("part", ["../x", "sub/../../x", "/sub"])
def test_a_path_that_leads_out_is_refused(docker: Docker, volume: Path, part: str) -> None:
    result = docker.result("create", *mount(part), "busybox")
    assert result.code == 1
    assert "subpath must be a relative path within the volume" in result.err


def test_a_part_that_is_not_there(docker: Docker, volume: Path) -> None:
    result = docker.result("run", "--rm", *mount("nope"), "busybox", "true")
    assert result.code in (125, 127)
    assert f"cannot access path {volume}/nope: lstat {volume}/nope: no such file or directory" in result.err


def test_links_are_followed_inside_the_volume_only(docker: Docker, volume: Path) -> None:
    (volume / "inward").symlink_to("/sub")
    (volume / "outward").symlink_to("/etc/../../../etc")
    assert docker("run", "--rm", *mount("inward"), "busybox", "cat", "/data/file") == "in sub"
    assert docker.result("run", "--rm", *mount("outward"), "busybox", "ls", "/data").code != 0


def test_a_link_that_is_swapped_while_it_is_mounted(docker: Docker, volume: Path) -> None:
    """The race of CVE-2023-2728's kin: whatever wins, nothing of the host is ever seen."""
    (volume / "good").mkdir()
    (volume / "good" / "mark").write_text("volume\n")
    stop = threading.Event()

    def swap() -> None:
        while not stop.is_set():
            (volume / "raced").unlink(missing_ok=True)
            (volume / "raced").symlink_to("good")
            (volume / "evil").unlink(missing_ok=True)
            (volume / "evil").symlink_to("/../../../../../../../../etc")
            (volume / "evil").rename(volume / "raced")

    thread = threading.Thread(target=swap)
    thread.start()
    try:
        seen = [docker.result("run", "--rm", *mount("raced"), "busybox", "ls", "/data") for _ in range(12)]
    finally:
        stop.set()
        thread.join()
    assert {result.out for result in seen} <= {"mark\n", ""}
    assert all("shadow" not in result.out for result in seen)


def test_nothing_stays_mounted(docker: Docker, volume: Path, sleeper: Sleeper) -> None:
    container = sleeper(*mount("sub"))
    docker("kill", container)
    docker("wait", container)
    docker("start", container)
    assert docker("exec", container, "cat", "/data/file") == "in sub"
    docker("rm", "-f", container)
    deadline = time.monotonic() + 10
    while container in Path("/proc/self/mountinfo").read_text():
        assert time.monotonic() < deadline
        time.sleep(0.01)
    assert (volume / "sub" / "file").read_text() == "in sub\n"


@pytest.mark.client("1.48")
def test_an_image_as_a_directory(docker: Docker) -> None:
    wanted = ("--mount", "type=image,src=busybox,dst=/image")
    assert docker("run", "--rm", *wanted, "busybox", "ls", "/image/bin/busybox") == "/image/bin/busybox"
    assert "Read-only file system" in docker.result("run", "--rm", *wanted, "busybox", "touch", "/image/x").err
    part = ("--mount", "type=image,src=busybox,dst=/b,image-subpath=bin")
    assert docker("run", "--rm", *part, "busybox", "ls", "/b/busybox") == "/b/busybox"
    result = docker.result("create", "--mount", "type=image,src=nope,dst=/b", "busybox")
    assert "No such image: nope" in result.err


@pytest.mark.client("1.48")
def test_an_image_that_is_mounted_stays(docker: Docker, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    archive = subprocess.run(["tar", "-C", str(tmp_path), "-c", "file"], capture_output=True, check=True).stdout
    docker("import", "-", "mounted-image:1", stdin=archive)
    container = docker(
        "create", "--mount", "type=image,src=mounted-image:1,dst=/image", "busybox", "cat", "/image/file"
    )
    assert "conflict" in docker.result("rmi", docker.field("mounted-image:1", "{{.Id}}")).err
    assert docker("start", "-a", container) == "x"
    docker("rm", container)
    docker("rmi", "mounted-image:1")
