"""Messages out of pieces: however small these are, a message is put together once."""

import random
import struct
import time
from collections.abc import Iterator
from typing import Any

import pytest

from dockyard.errors import InvalidParameter, Unavailable
from dockyard.rpc.batches import Batches
from dockyard.rpc.connection import MOST_MESSAGE_BYTES


def message(data: bytes) -> bytes:
    return struct.pack(">BI", 0, len(data)) + data


def pieces(data: bytes, size: int) -> Iterator[bytes]:
    for at in range(0, len(data), size):
        yield data[at : at + size]


class Arriving(Batches):
    """Batches whose bytes come in the given pieces."""

    def __init__(self, given: Iterator[bytes]) -> None:
        self.given = given
        begun: Any = type("Stream", (), {"_send_initial_metadata_done": True})()
        super().__init__(begun)

    async def _some(self) -> bytes:
        return next(self.given, b"")


async def all_of(batches: Batches) -> list[bytes]:
    found: list[bytes] = []
    while some := await batches.receive():
        found += some
    return found


async def test_a_large_message_in_small_pieces_costs_its_length():
    large = random.randbytes(MOST_MESSAGE_BYTES)
    began = time.process_time()
    assert await all_of(Arriving(pieces(message(large), 1024))) == [large]
    assert time.process_time() - began < 2


@pytest.mark.parametrize("size", [1, 2, 4, 5, 6, 7, 100, 4096])
async def test_pieces_of_any_size(size: int):
    sent = [random.randbytes(length) for length in (0, 1, 5, 0, 300, 0, 0, 7)]
    assert await all_of(Arriving(pieces(b"".join(map(message, sent)), size))) == sent


@pytest.mark.parametrize("left", [1, 4, 5, 6])
async def test_a_stream_that_ends_in_a_message(left: int):
    batches = Arriving(iter([message(b"ab") + message(b"cd")[:left]]))
    assert await batches.receive() == [b"ab"]
    with pytest.raises(Unavailable, match="middle of a message"):
        await batches.receive()


async def test_a_length_is_looked_at_before_the_message_comes():
    batches = Arriving(iter([b"\0\xff", b"\xff\xff\xff"]))
    with pytest.raises(InvalidParameter, match="too large"):
        await batches.receive()
