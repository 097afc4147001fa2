"""Detach keys and platforms: good and bad examples."""

import pytest

from dockyard.errors import InvalidParameter
from dockyard.server.docker.detach_keys import parse_detach_keys
from dockyard.server.docker.platforms import imported_platform, oci_platforms
from dockyard.spec.image.descriptor import Platform


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


def test_platforms_of_imports() -> None:
    assert imported_platform("") is None
    assert imported_platform("linux/arm64/v8") == Platform("arm64", "linux")
    here = imported_platform("linux")
    assert here is not None and here.architecture
    for text, message in (("windows/amd64", "operating system is not supported"), ("a/b/c/d", "cannot parse platform")):
        with pytest.raises(InvalidParameter, match=message):
            imported_platform(text)


def test_platforms_as_json() -> None:
    assert oci_platforms([]) == ()
    assert oci_platforms(["", '{"os": "linux", "architecture": "arm", "variant": "v7"}']) == (
        Platform("arm", "linux", "v7"),
    )
    with pytest.raises(InvalidParameter, match=r"^both OS and Architecture must be provided$"):
        oci_platforms(['{"os": "linux"}'])
    with pytest.raises(InvalidParameter, match=r"^failed to parse platform"):
        oci_platforms(["linux/amd64"])
