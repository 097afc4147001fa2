"""Detach keys and platforms: good and bad examples."""

import os

import pytest

from dockyard.errors import InvalidParameter, NotFound
from dockyard.server.docker.detach_keys import parse_detach_keys
from dockyard.server.docker.platforms import check_oci_platforms, check_platform, parse_platform


@pytest.mark.parametrize(
    ("text", "keys"),
    [
        ("", b"\x10\x11"),
        ("ctrl-p,ctrl-q", b"\x10\x11"),
        ("ctrl-a", b"\x01"),
        ("CTRL-A", b"\x01"),
        ("ctrl-z", b"\x1a"),
        ("ctrl-@", b"\x00"),
        ("ctrl-[", b"\x1b"),
        ("ctrl-\\", b"\x1c"),
        ("ctrl-]", b"\x1d"),
        ("ctrl-^", b"\x1e"),
        ("ctrl-_", b"\x1f"),
        ("del", b"\x7f"),
        ("a,B,~", b"aB~"),
    ],
)
def test_detach_keys(text: str, keys: bytes) -> None:
    assert parse_detach_keys(text) == keys


@pytest.mark.parametrize("text", ["ctrl-1", "ab", "ctrl-p,", ",", "ctrl-", "ctrl-pp", "ä", "alt-x"])
def test_bad_detach_keys(text: str) -> None:
    with pytest.raises(InvalidParameter) as refused:
        parse_detach_keys(text)
    assert str(refused.value) == f"Invalid detach keys ({text}) provided"


@pytest.mark.parametrize(
    ("text", "platform"),
    [
        ("linux/amd64", ("linux", "amd64")),
        ("Linux/X86_64", ("linux", "amd64")),
        ("linux/arm64/v8", ("linux", "arm64")),
        ("linux", ("linux", "")),
        ("aarch64", ("", "arm64")),
        ("windows/amd64", ("windows", "amd64")),
    ],
)
def test_platforms(text: str, platform: tuple[str, str]) -> None:
    assert parse_platform(text) == platform


@pytest.mark.parametrize("text", ["a/b/c/d", "linux/", "/amd64", "li nux/amd64", "linux/amd64;x"])
def test_bad_platforms(text: str) -> None:
    with pytest.raises(InvalidParameter, match="is an invalid platform specifier"):
        parse_platform(text)


def test_only_this_machines_platform_can_be_had() -> None:
    here = os.uname().machine
    for text in ("", "linux", f"linux/{here}", here):
        check_platform(text)
    for text in ("windows", "linux/s390x", "s390x"):
        with pytest.raises(NotFound):
            check_platform(text)


def test_platforms_as_json() -> None:
    here = os.uname().machine
    check_oci_platforms([])
    check_oci_platforms(["", f'{{"os": "linux", "architecture": "{here}", "variant": ""}}'])
    with pytest.raises(NotFound, match="linux/s390x"):
        check_oci_platforms(['{"os": "linux", "architecture": "s390x"}'])
    with pytest.raises(InvalidParameter, match=r"^both OS and Architecture must be provided$"):
        check_oci_platforms(['{"os": "linux"}'])
    with pytest.raises(InvalidParameter, match=r"^failed to parse platform"):
        check_oci_platforms(["linux/amd64"])
