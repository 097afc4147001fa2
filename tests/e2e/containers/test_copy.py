"""`docker cp`: contents, modes, owners and links both ways, archives on both standard streams, hostile containers.

Cases and outcomes are those of Debian's dockerd with the same client, but for what is said to differ.
"""

import base64
import io
import json
import os
import stat
import subprocess
import sys
import tarfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from tests.support.client import Docker
from tests.support.http import request
from tests.support.wait import wait_until

Shown = dict[str, tuple[str, str]]


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """A directory with something of every kind that `docker cp` carries."""
    top = tmp_path / "tree"
    (top / "sub" / "empty").mkdir(parents=True)
    (top / "file").write_text("content\n")
    (top / "file").chmod(0o4751)
    (top / "big").write_bytes(os.urandom(700_001))
    (top / "ünicode").write_text("u")
    (top / "link").symlink_to("file")
    (top / "absolute").symlink_to("/etc/passwd")
    (top / "dangling").symlink_to("nowhere")
    os.link(top / "big", top / "sub" / "again")
    (top / "sub").chmod(0o2750)
    return top


def shown(top: Path) -> Shown:
    """Mode and content or target by name, as the files of a tree are."""
    found: Shown = {}
    for path in sorted(top.rglob("*")):
        mode = path.lstat().st_mode
        if stat.S_ISLNK(mode):
            content = os.readlink(path)
        else:
            content = path.read_bytes().hex()[:64] + str(path.stat().st_size) if stat.S_ISREG(mode) else ""
        # The client doesn't unpack set-id bits; that they are in the archive is looked at apart.
        found[str(path.relative_to(top))] = (oct(mode & ~0o6000), content)
    return found


@pytest.fixture(params=["running", "stopped", "created"])
def container(request: pytest.FixtureRequest, docker: Docker, sleeper: Callable[..., str]) -> str:
    """A container with a volume at /data, in each state."""
    if request.param == "created":
        return docker("create", "-v", "/data", "busybox", "true")
    found = sleeper("-v", "/data")
    if request.param == "stopped":
        docker("stop", "-t", "0", found)
    return found


@pytest.mark.row("B14")
@pytest.mark.parametrize("place", ["/", "/data/"])
def test_a_tree_comes_back_as_it_went(
    docker: Docker, container: str, tree: Path, tmp_path: Path, place: str, leak_check: None
) -> None:
    docker("cp", str(tree), f"{container}:{place}")
    docker("cp", f"{container}:{place}tree", str(tmp_path / "back"))
    assert shown(tmp_path / "back") == shown(tree)
    members = members_of(docker.raw("cp", f"{container}:{place}tree", "-"))
    assert members["tree/file"].mode == 0o4751
    assert members["tree/sub"].mode == 0o2750
    assert {members["tree/big"].type, members["tree/sub/again"].type} == {tarfile.REGTYPE, tarfile.LNKTYPE}


@pytest.mark.row("B14")
def test_where_a_directory_lands(docker: Docker, container: str, tree: Path, tmp_path: Path) -> None:
    docker("cp", str(tree), f"{container}:/new")  # isn't there: gets that name
    assert "new/file" in names(docker, container, "/new")
    docker("cp", str(tree), f"{container}:/new")  # is there: goes into it
    assert "new/tree/file" in names(docker, container, "/new")
    docker("cp", f"{tree}/.", f"{container}:/etc")  # its contents
    assert "etc/file" in names(docker, container, "/etc")
    docker("cp", f"{container}:/new/.", str(tmp_path / "contents"))
    assert (tmp_path / "contents" / "file").read_text() == "content\n"
    (tmp_path / "there").mkdir()
    docker("cp", f"{container}:/new/", str(tmp_path / "there"))
    assert (tmp_path / "there" / "new" / "file").is_file()


@pytest.mark.row("B14")
def test_files_onto_files_and_directories(docker: Docker, container: str, tree: Path) -> None:
    docker("cp", str(tree / "file"), f"{container}:/etc/passwd")
    assert docker.raw("cp", f"{container}:/etc/passwd", "-").count(b"content\n") == 1
    docker("cp", str(tree / "file"), f"{container}:/etc")
    docker("cp", str(tree / "file"), f"{container}:/etc/")
    assert "file" in names(docker, container, "/etc/file")
    assert docker.result("cp", str(tree / "file"), f"{container}:/nowhere/").code == 1
    missing = docker.result("cp", str(tree / "file"), f"{container}:/nowhere/x")
    assert (missing.code, missing.err) == (
        1,
        f"Error response from daemon: Could not find the file /nowhere in container {container}\n",
    )
    assert docker.result("cp", str(tree), f"{container}:/etc/passwd").code == 1


@pytest.mark.row("B14")
def test_archives_on_standard_streams(docker: Docker, container: str) -> None:
    archive = io.BytesIO()
    with tarfile.open(fileobj=archive, mode="w") as tar:
        member = tarfile.TarInfo("deep/er/file")
        member.size, member.uid, member.gid, member.mtime, member.mode = 3, 12, 34, 1_234_567_890, 0o640
        tar.addfile(member, io.BytesIO(b"abc"))
    docker("cp", "-", f"{container}:/data", stdin=archive.getvalue())
    found = members_of(docker.raw("cp", f"{container}:/data/deep/.", "-"))["./er/file"]
    assert (found.uid, found.gid, found.mtime, found.mode) == (12, 34, 1_234_567_890, 0o640)


def test_links_are_copied_or_followed(docker: Docker, sleeper: Callable[..., str], tmp_path: Path) -> None:
    container = sleeper()
    docker("exec", container, "sh", "-c", "mkdir /d; echo x > /d/f; ln -s /d /l; ln -s nope /broken")
    docker("cp", f"{container}:/l", str(tmp_path / "l"))
    assert os.readlink(tmp_path / "l") == "/d"
    docker("cp", "-L", f"{container}:/l", str(tmp_path / "followed"))
    assert (tmp_path / "followed" / "f").read_text() == "x\n"
    docker("cp", str(tmp_path / "followed" / "f"), f"{container}:/l/g")
    assert docker("exec", container, "cat", "/d/g") == "x"
    header = request(docker.socket, "HEAD", f"/containers/{container}/archive?path=/l").headers
    status = json.loads(
        base64.b64decode(next(value for name, value in header.items() if name.lower().endswith("stat")))
    )
    assert status["name"] == "l"
    assert status["linkTarget"] == "/d"
    assert status["mode"] == (1 << 27) | 0o777


def test_owners(docker: Docker, sleeper: Callable[..., str], tmp_path: Path) -> None:
    container = sleeper("--user", "daemon")
    (tmp_path / "file").write_text("")
    os.chown(tmp_path / "file", 1234, 1235)
    docker("cp", str(tmp_path / "file"), f"{container}:/tmp/as-it-is")
    docker("cp", "-a", str(tmp_path / "file"), f"{container}:/tmp/own")
    assert docker("exec", container, "stat", "-c", "%u %g", "/tmp/as-it-is", "/tmp/own") == "1234 1235\n1 1"


def test_mounts_of_a_running_container(docker: Docker, sleeper: Callable[..., str], tmp_path: Path) -> None:
    (tmp_path / "bound").mkdir()
    container = sleeper("--tmpfs", "/scratch", "-v", f"{tmp_path / 'bound'}:/bound:ro", "-v", "/data", "--read-only")
    (tmp_path / "file").write_text("here")
    for place in ("/scratch", "/data"):
        docker("cp", str(tmp_path / "file"), f"{container}:{place}")
        assert docker("exec", container, "cat", f"{place}/file") == "here"
    refused = docker.result("cp", str(tmp_path / "file"), f"{container}:/bound")
    assert refused.err == "Error response from daemon: mounted volume is marked read-only\n"
    refused = docker.result("cp", str(tmp_path / "file"), f"{container}:/etc")
    assert refused.err == "Error response from daemon: container rootfs is marked read-only\n"
    assert list((tmp_path / "bound").iterdir()) == []


def test_a_mount_point_is_never_replaced(docker: Docker, sleeper: Callable[..., str], tmp_path: Path) -> None:
    container = sleeper()
    (tmp_path / "hosts").write_text("gone")
    refused = docker.result("cp", str(tmp_path / "hosts"), f"{container}:/etc/hosts")
    assert refused.code == 1
    assert "unlinkat /etc/hosts: device or resource busy" in refused.err
    assert "localhost" in docker("exec", container, "cat", "/etc/hosts")


def test_a_path_is_never_outside_of_the_root(docker: Docker, sleeper: Callable[..., str], tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("secret")
    container = sleeper("--pid", "host")
    docker("exec", container, "ln", "-s", f"/proc/{os.getpid()}/root{tmp_path}", "/magic")
    docker("exec", container, "ln", "-s", f"/../../..{tmp_path}", "/up")
    for way in ("/magic/secret", "/up/secret", f"/..{tmp_path}/secret", f"/proc/1/root{tmp_path}/secret"):
        assert docker.result("cp", f"{container}:{way}", "-").code == 1
    (tmp_path / "file").write_text("")
    for way in ("/magic", "/up", "/proc/1/root/tmp/../etc/../magic"):
        assert docker.result("cp", str(tmp_path / "file"), f"{container}:{way}/written").code == 1
    assert sorted(path.name for path in tmp_path.iterdir()) == ["file", "secret"]


SWAP = """
import os, sys
os.chdir(sys.argv[1])
outside = sys.argv[2]
os.makedirs("real/tree/sub")
os.symlink(outside, "link")
os.rename("real", "x")
while True:
    os.rename("x", "real"); os.rename("link", "x")
    os.rename("x", "link"); os.rename("real", "x")
    for name in ("fifo", "sub", "file"):  # and what is unpacked turns into links too
        try:
            os.rename("x/tree/" + name, "x/old"); os.symlink(outside, "x/tree/" + name)
            os.rename("x/tree/" + name, "gone"); os.rename("x/old", "x/tree/" + name)
        except OSError:
            pass
"""


@contextmanager
def swapping(docker: Docker, container: str, outside: Path) -> Iterator[None]:
    """A directory /race of the container in which directories and links to `outside` change places all the time."""
    pid = docker("inspect", "-f", "{{.State.Pid}}", container)
    docker("exec", container, "mkdir", "/race")
    root = f"/proc/{pid}/root/race"
    process = subprocess.Popen([sys.executable, "-c", SWAP, root, str(outside)])
    try:
        wait_until(lambda: os.path.lexists(f"{root}/x"), "the swapping to begin")
        yield
        assert process.poll() is None
    finally:
        process.kill()
        process.wait()


def test_links_swapped_during_a_copy(docker: Docker, sleeper: Callable[..., str], tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir(mode=0o700)
    (outside / "secret").write_text("the secret of the host")
    (outside / "secret").chmod(0o600)
    before = (os.lstat(outside), os.lstat(outside / "secret"))
    archive = hostile_archive()
    container = sleeper()
    done = 0
    with swapping(docker, container, outside):
        for _ in range(40):
            done += docker.result("cp", "-", f"{container}:/race/x", stdin=archive).code == 0
            assert b"the secret of the host" not in read(docker, container)
    assert done, "not a single copy met a directory: the test proves nothing"
    for status, path in zip(before, (outside, outside / "secret"), strict=True):
        after = os.lstat(path)
        assert (after.st_mode, after.st_uid, after.st_mtime_ns) == (status.st_mode, status.st_uid, status.st_mtime_ns)
    assert [path.name for path in outside.iterdir()] == ["secret"]


def hostile_archive() -> bytes:
    """Every kind of member, with modes, owners and times that would be seen outside."""
    archive = io.BytesIO()
    with tarfile.open(fileobj=archive, mode="w") as tar:
        for name, kind in (
            ("tree", tarfile.DIRTYPE),
            ("tree/sub", tarfile.DIRTYPE),
            ("tree/fifo", tarfile.FIFOTYPE),
            ("tree/file", tarfile.REGTYPE),
            ("tree/sub/secret", tarfile.REGTYPE),
            ("tree/new/secret", tarfile.REGTYPE),
        ):
            member = tarfile.TarInfo(name)
            member.type, member.mode, member.uid, member.mtime = kind, 0o777, 4321, 1
            tar.addfile(member)
    return archive.getvalue()


def read(docker: Docker, container: str) -> bytes:
    """What `docker cp` reads of the place where things are swapped, if it succeeds."""
    return request(docker.socket, "GET", f"/containers/{container}/archive?path=/race/x/").body


def members_of(archive: bytes) -> dict[str, tarfile.TarInfo]:
    """The members of an archive by name."""
    with tarfile.open(fileobj=io.BytesIO(archive)) as tar:
        return {member.name: member for member in tar}


def names(docker: Docker, container: str, path: str) -> set[str]:
    """The names in the archive of `path`."""
    return set(members_of(docker.raw("cp", f"{container}:{path}", "-")))
