"""Places inside a root whose links lead out: the kernel keeps them in, also where something is made."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from dockyard.errors import SystemFailure
from dockyard.runtime.rootfs import targets


@pytest.fixture
def root(tmp_path: Path) -> Path:
    (tmp_path / "root/usr/lib").mkdir(parents=True)
    (tmp_path / "outside").mkdir()
    return tmp_path / "root"


@pytest.fixture
def descriptor(root: Path) -> Iterator[int]:
    opened = os.open(root, os.O_PATH | os.O_DIRECTORY)
    yield opened
    os.close(opened)


def where(place: int, root: Path) -> str:
    path = os.readlink(f"/proc/self/fd/{place}")
    os.close(place)
    assert path == str(root) or path.startswith(f"{root}/"), path
    return path[len(str(root)) :] or "/"


@pytest.mark.parametrize(
    ("link", "target", "path", "expected"),
    [
        ("lib", "usr/lib", "/lib/new", "/usr/lib/new"),
        ("lib", "/usr/lib", "lib/new/deep", "/usr/lib/new/deep"),
        ("run", "/missing/run", "/run/x", "/missing/run/x"),
        ("var", "../../../missing", "/var/run", "/missing/run"),
        ("up", "../outside", "/up/x", "/outside/x"),
        ("a", "usr/../usr/lib", "/a/./x/../y", "/usr/lib/y"),
        ("top", "/", "/top/top/x", "/x"),
        ("unused", "x", "/", "/"),
        ("unused", "x", "/../../x/..", "/"),
    ],
)
def test_directories(root: Path, descriptor: int, link: str, target: str, path: str, expected: str) -> None:
    (root / link).symlink_to(target)
    assert where(targets.make_directory(descriptor, path), root) == expected
    assert where(targets.make_directory(descriptor, path), root) == expected
    assert os.listdir(root.parent / "outside") == []


@pytest.mark.parametrize(
    ("target", "expected"),
    [("usr/file", "/usr/file"), ("/etc/missing", "/etc/missing"), ("../../outside/file", "/outside/file")],
)
def test_files_through_dangling_links(root: Path, descriptor: int, target: str, expected: str) -> None:
    (root / "etc").mkdir()
    (root / "etc/conf").symlink_to(target if target.startswith("/") else f"../{target}")
    assert where(targets.make_file(descriptor, "/etc/conf"), root) == expected
    assert os.listdir(root.parent / "outside") == []


def test_circles(root: Path, descriptor: int) -> None:
    (root / "a").symlink_to("b")
    (root / "b").symlink_to("a")
    for make in (targets.make_directory, targets.make_file):
        with pytest.raises(SystemFailure, match="too many levels of symbolic links"):
            make(descriptor, "/a/x")
        with pytest.raises(SystemFailure, match="too many levels of symbolic links"):
            make(descriptor, "/a")


def test_what_is_in_the_way(root: Path, descriptor: int) -> None:
    (root / "file").touch()
    with pytest.raises(SystemFailure, match="not a directory"):
        targets.make_directory(descriptor, "/file/x")
    with pytest.raises(SystemFailure, match="not a directory"):
        targets.make_directory(descriptor, "/file")
    assert targets.find(descriptor, "/file/x") is None
    assert targets.find(descriptor, "/nothing/x") is None


def test_links_are_refused_where_none_may_be(root: Path, descriptor: int) -> None:
    (root / "proc").symlink_to("usr")
    with pytest.raises(OSError, match="Too many levels"):
        targets.find_without_links(descriptor, "/proc")
    (root / "dev").mkdir()
    (root / "dev/console").symlink_to("/usr/x")
    with pytest.raises(SystemFailure, match="/dev/console in the container's root is a symbolic link"):
        targets.make_file_in(descriptor, "/dev", "console", 0o600)
    assert where(targets.make_file_in(descriptor, "/dev", "other", 0o600), root) == "/dev/other"


def test_modes(root: Path, descriptor: int) -> None:
    before = os.umask(0)
    try:
        os.close(targets.make_directory(descriptor, "/x/y", 0o700))
        os.close(targets.make_file(descriptor, "/x/f", 0o600))
    finally:
        os.umask(before)
    assert [os.stat(root / name).st_mode & 0o7777 for name in ("x", "x/y", "x/f")] == [0o700, 0o700, 0o600]
