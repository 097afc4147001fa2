"""Blobs go to a client's folder and come back, over a real connection between the two halves."""

import hashlib
import os
import socket
from collections.abc import AsyncIterator

import pytest

from dockyard.builder.session.content import SessionContent
from dockyard.client.build.services.content import content_methods
from dockyard.errors import DockyardError, InvalidParameter, NotFound, SystemFailure
from dockyard.rpc.call import connect
from dockyard.rpc.serve import serve

BIG = os.urandom(5 << 20)


def digest_of(data: bytes) -> str:
    return f"sha256:{hashlib.sha256(data).hexdigest()}"


async def pieces(data: bytes, step: int = 3 << 20) -> AsyncIterator[bytes]:
    for start in range(0, len(data), step):
        yield data[start : start + step]


@pytest.fixture
async def ends(tmp_path):
    ours, theirs = socket.socketpair()
    served = await serve(content_methods({"local:c": str(tmp_path / "c")}), theirs)
    caller = await connect(ours)
    yield caller, served
    caller.close()
    served.connection.close()


async def test_a_blob_goes_and_comes_back(ends, tmp_path) -> None:
    store = SessionContent(ends[0], "local:c")
    assert await store.size(digest_of(BIG)) is None
    await store.write(digest_of(BIG), len(BIG), pieces(BIG))
    await store.write(digest_of(BIG), len(BIG), pieces(BIG))  # it is there
    assert await store.size(digest_of(BIG)) == len(BIG)
    assert b"".join([piece async for piece in store.read(digest_of(BIG))]) == BIG
    assert b"".join([piece async for piece in store.read(digest_of(BIG), 4 << 20)]) == BIG[4 << 20 :]
    await store.write(digest_of(b""), 0, pieces(b""))
    assert await store.size(digest_of(b"")) == 0
    assert os.listdir(tmp_path / "c" / "ingest") == []


async def test_other_bytes_than_announced_are_refused(ends, tmp_path) -> None:
    store = SessionContent(ends[0], "local:c")
    with pytest.raises(InvalidParameter, match="unexpected commit digest"):
        await store.write(digest_of(b"other"), 3, pieces(b"abc"))
    assert not (tmp_path / "c" / "blobs").exists()
    assert os.listdir(tmp_path / "c" / "ingest") == []


async def test_stores_and_blobs_that_there_are_not(ends) -> None:
    with pytest.raises(NotFound):
        await SessionContent(ends[0], "local:other").write(digest_of(b"x"), 1, pieces(b"x"))
    with pytest.raises(NotFound):
        [piece async for piece in SessionContent(ends[0], "local:c").read(digest_of(b"x"))]
    with pytest.raises(InvalidParameter):
        [piece async for piece in SessionContent(ends[0], "local:c").read("sha256:../../../etc/passwd")]


async def test_a_client_that_goes_is_told_of(ends) -> None:
    async def vanishing() -> AsyncIterator[bytes]:
        yield b"a"
        ends[1].connection.close()
        yield b"b"

    with pytest.raises((SystemFailure, DockyardError)):
        await SessionContent(ends[0], "local:c").write(digest_of(b"ab"), 2, vanishing())
