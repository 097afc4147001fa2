"""A full disk in the middle of a pull: told in the kernel's words, nothing left, and with enough room it succeeds."""

import os
import subprocess
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path

import pytest
from tests.support.faulty_registry import faulty_registry
from tests.support.packs import image_pack, layer
from tests.support.pulling import Pulling

from dockyard.errors import SystemFailure

Make = Callable[..., Awaitable[Pulling]]
MEGABYTE = 1 << 20


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    """A small filesystem where the store will be."""
    path = tmp_path / "store"
    path.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=12m", "dockyard-test", path], check=True)
    try:
        yield path
    finally:
        subprocess.run(["umount", "-l", path], check=True)


@pytest.mark.parametrize(
    ("data", "leave", "words"),
    [
        (os.urandom(3 * MEGABYTE), MEGABYTE, "no space left"),
        (bytes(8 * MEGABYTE), 5 * MEGABYTE, r"write /(big|small): no space"),
    ],
    ids=["the blob doesn't fit", "its files don't"],
)
async def test_a_full_disk(disk: Path, pulling: Make, data: bytes, leave: int, words: str) -> None:
    pack = image_pack([layer({"small": b"s"}), layer({"big": data}, "zstd")])
    it = await pulling()
    status = os.statvfs(disk)
    ballast = disk / "ballast"
    ballast.write_bytes(bytes(status.f_bavail * status.f_bsize - leave))
    with faulty_registry({"app": {"latest": pack}}) as registry:
        with pytest.raises(SystemFailure, match=words):
            await it.pull(f"{registry.address}/app:latest")
        assert it.leftovers() == set()
        ballast.unlink()
        assert await it.pull(f"{registry.address}/app:latest") is True
