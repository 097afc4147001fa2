"""Inflating: every format, members one after another, damage, bombs; ISA-L and zlib agree."""

import bz2
import gzip
import lzma
import os
import tracemalloc
import zlib
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dockyard.errors import InvalidParameter
from dockyard.store.content import compression
from dockyard.store.content.compression import PIECE, Compression, detect, inflate, inflated

try:
    from compression import zstd  # type: ignore[import-not-found,unused-ignore]
except ImportError:
    from backports import zstd

COMPRESSORS: dict[Compression, Callable[[bytes], bytes]] = {
    Compression.NONE: bytes,
    Compression.GZIP: gzip.compress,
    # With a checksum, as zstd(1) writes it; without one only the blob's digest would notice damage.
    Compression.ZSTD: lambda data: zstd.compress(data, options={zstd.CompressionParameter.checksum_flag: 1}),
    Compression.BZIP2: bz2.compress,
    Compression.XZ: lzma.compress,
}
DATA = os.urandom(300_000) + bytes(700_000)


def pieces(data: bytes, size: int) -> list[bytes]:
    return [data[at : at + size] for at in range(0, len(data), size)]


@pytest.mark.parametrize("kind", list(Compression))
@pytest.mark.parametrize("size", [1000, 1 << 16, 1 << 22])
def test_every_format(kind: Compression, size: int) -> None:
    packed = COMPRESSORS[kind](DATA)
    assert detect(packed[:6]) is kind
    assert b"".join(inflated(pieces(packed, size))) == DATA


def test_short_streams() -> None:
    assert list(inflated([])) == []
    assert b"".join(inflated([b"a"])) == b"a"
    assert b"".join(inflated([gzip.compress(b"")[:1], gzip.compress(b"")[1:]])) == b""


@given(st.lists(st.binary(max_size=200), min_size=1, max_size=5), st.integers(1, 50))
def test_several_gzip_members_are_one_stream(parts: list[bytes], size: int) -> None:
    packed = b"".join(gzip.compress(part) for part in parts)
    assert b"".join(inflate(pieces(packed, size), Compression.GZIP)) == b"".join(parts)


def test_zero_padding_after_a_gzip_member() -> None:
    assert b"".join(inflate([gzip.compress(b"x") + bytes(100), bytes(100)], Compression.GZIP)) == b"x"


@pytest.mark.parametrize("kind", [kind for kind in Compression if kind is not Compression.NONE])
def test_damage_and_truncation(kind: Compression) -> None:
    packed = bytearray(COMPRESSORS[kind](DATA))
    with pytest.raises(InvalidParameter):
        list(inflate([bytes(packed[: len(packed) // 2])], kind))
    packed[len(packed) // 2] ^= 0xFF
    packed[len(packed) // 2 + 1] ^= 0xFF
    with pytest.raises(InvalidParameter):
        list(inflate([bytes(packed)], kind))


@pytest.mark.parametrize("kind", [kind for kind in Compression if kind is not Compression.NONE])
def test_a_bomb_never_stands_in_memory(kind: Compression) -> None:
    packed = COMPRESSORS[kind](bytes(200_000_000))
    tracemalloc.start()
    total = 0
    for piece in inflate([packed], kind):
        assert len(piece) <= PIECE
        total += len(piece)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert total == 200_000_000
    assert peak < 20_000_000


def test_without_isal_zlib_does_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(compression, "igzip_lib", None)
    packed = gzip.compress(DATA) + gzip.compress(b"second")
    assert b"".join(inflate(pieces(packed, 777), Compression.GZIP)) == DATA + b"second"
    with pytest.raises(InvalidParameter):
        list(inflate([packed[:1000]], Compression.GZIP))
    assert isinstance(zlib.error("x"), Exception)


def test_an_error_of_the_source_is_not_taken_for_damage() -> None:
    def chunks() -> object:
        yield gzip.compress(DATA)[:100]
        raise InvalidParameter("the client said so")

    with pytest.raises(InvalidParameter, match="the client said so"):
        list(inflate(chunks(), Compression.GZIP))  # type: ignore[arg-type]
