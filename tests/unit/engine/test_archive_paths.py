"""Paths of `docker cp` in a container, and the mode in its header."""

import stat

import pytest

from dockyard.engine.containers.archive.paths import base_name, cleaned
from dockyard.errors import InvalidParameter
from dockyard.server.docker.wire.path_status import go_mode


@pytest.mark.parametrize(
    ("path", "clean", "name"),
    [
        ("/etc/passwd", "/etc/passwd", "passwd"),
        ("etc", "/etc", "etc"),
        ("/etc/", "/etc/", "etc"),
        ("/etc/.", "/etc/.", "."),
        ("/", "/", "/"),
        ("", "/", "/"),
        (".", "/.", "."),
        ("/.", "/.", "."),
        ("//a//b", "/a/b", "b"),
        ("/a/../../b", "/b", "b"),
        ("../../../etc/shadow", "/etc/shadow", "shadow"),
    ],
)
def test_cleaned_paths(path: str, clean: str, name: str) -> None:
    assert cleaned(path) == clean
    assert base_name(clean) == name


def test_no_file_has_a_null_byte() -> None:
    with pytest.raises(InvalidParameter, match="null byte"):
        cleaned("/a\0b")


@pytest.mark.parametrize(
    ("mode", "expected"),
    [
        (stat.S_IFREG | 0o644, 0o644),
        (stat.S_IFDIR | 0o755, 2147484141),  # as Debian's dockerd says of /bin
        (stat.S_IFLNK | 0o777, 134218239),
        (stat.S_IFREG | 0o4755, 1 << 23 | 0o755),
        (stat.S_IFDIR | 0o1777, 1 << 31 | 1 << 20 | 0o777),
        (stat.S_IFCHR | 0o666, 1 << 26 | 1 << 21 | 0o666),
        (stat.S_IFBLK | 0o660, 1 << 26 | 0o660),
    ],
)
def test_modes_as_go_has_them(mode: int, expected: int) -> None:
    assert go_mode(mode) == expected
