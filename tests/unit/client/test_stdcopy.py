"""Frames of an attached stream come apart the same however the bytes are cut."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dockyard.client.stdcopy import STDERR, STDOUT, Demultiplexer
from dockyard.errors import DataLoss


def frame(stream: int, data: bytes) -> bytes:
    return bytes([stream, 0, 0, 0]) + len(data).to_bytes(4, "big") + data


def joined(pieces: list[tuple[int, bytes]]) -> list[tuple[int, bytes]]:
    """Neighbours of one stream put together."""
    found: list[tuple[int, bytes]] = []
    for stream, data in pieces:
        if found and found[-1][0] == stream:
            found[-1] = (stream, found[-1][1] + data)
        else:
            found.append((stream, data))
    return found


@given(
    frames=st.lists(st.tuples(st.sampled_from([STDOUT, STDERR]), st.binary(min_size=1, max_size=40)), max_size=8),
    cuts=st.lists(st.integers(1, 20), min_size=1, max_size=30),
)
def test_any_cut_gives_the_same(frames: list[tuple[int, bytes]], cuts: list[int]) -> None:
    data = b"".join(frame(stream, payload) for stream, payload in frames)
    demultiplexer, found, start, number = Demultiplexer(), [], 0, 0
    while start < len(data):
        size = cuts[number % len(cuts)]
        found += demultiplexer.feed(data[start : start + size])
        start += size
        number += 1
    assert joined(found) == joined(frames)


def test_an_empty_frame_is_nothing() -> None:
    assert Demultiplexer().feed(frame(STDOUT, b"") + frame(STDERR, b"x")) == [(STDERR, b"x")]


def test_a_payload_is_passed_on_before_its_end() -> None:
    demultiplexer = Demultiplexer()
    assert demultiplexer.feed(frame(STDOUT, b"x" * 100)[:20]) == [(STDOUT, b"x" * 12)]
    assert demultiplexer.feed(b"x" * 88) == [(STDOUT, b"x" * 88)]


def test_what_is_no_frame_is_refused() -> None:
    with pytest.raises(DataLoss, match="Unrecognized input header: 72"):
        Demultiplexer().feed(b"HTTP/1.1 200 OK")
