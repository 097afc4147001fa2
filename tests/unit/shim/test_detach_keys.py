"""The detach keys in what is typed."""

import pytest

from dockyard.shim.detach_keys import DetachKeys

KEYS = b"\x10\x11"


@pytest.mark.parametrize(
    ("reads", "passed_on", "detached"),
    [
        ([b"hello"], b"hello", False),
        ([b"\x10\x11"], b"", True),
        ([b"\x10", b"\x11"], b"", True),
        ([b"ab\x10\x11cd"], b"ab", True),
        ([b"\x10a"], b"\x10a", False),
        ([b"\x10", b"a"], b"\x10a", False),
        ([b"\x10\x10\x11"], b"\x10", True),
        ([b"\x10"], b"", False),
        ([b"\x11\x10"], b"\x11", False),
        ([b""], b"", False),
    ],
)
def test_default_keys(reads: list[bytes], passed_on: bytes, detached: bool) -> None:
    keys = DetachKeys(KEYS)
    results = [keys.feed(read) for read in reads]
    assert b"".join(result.passed_on for result in results) == passed_on
    assert results[-1].detached is detached


def test_one_key() -> None:
    assert DetachKeys(b"\x01").feed(b"x\x01y") == (b"x", True)


def test_none() -> None:
    assert DetachKeys(b"").feed(b"\x10\x11") == (b"\x10\x11", False)
