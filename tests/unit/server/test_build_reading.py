"""LLBBridge's looks into files: a part of a large one costs that part, and nobody waits for the disk meanwhile."""

import asyncio
import threading
import time
from pathlib import Path

import pytest

from dockyard.builder.files import LayerFiles
from dockyard.errors import InvalidParameter
from dockyard.server.docker.buildkit.reading import Reading
from dockyard.store.graphdriver.view import View
from dockyard.wire.buildkit.messages import frontend

SIZE = 800 << 20


class Directory(Reading):
    """Looks into a directory instead of a build's result."""

    def __init__(self, path: Path) -> None:
        self.path = path

    async def _files(self, ref_id, metadata):
        return LayerFiles(View([str(self.path)]))


@pytest.fixture
def reading(tmp_path: Path) -> Directory:
    with open(tmp_path / "large", "wb") as file:
        file.truncate(SIZE)
        file.seek(SIZE - 4)
        file.write(b"last")
    return Directory(tmp_path)


def asked(**part: int):
    return frontend.ReadFileRequest(FilePath="/large", Range=frontend.FileRange(**part))


async def test_the_end_of_a_large_file_is_read_while_others_are_served(reading: Directory):
    longest = 0.0

    async def others() -> None:
        nonlocal longest
        while True:
            began = time.monotonic()
            await asyncio.sleep(0.01)
            longest = max(longest, time.monotonic() - began)

    beside = asyncio.create_task(others())
    async with asyncio.timeout(20):
        answer = await reading.read_file(asked(Offset=SIZE - 6, Length=1024), {})
    beside.cancel()
    assert answer.Data == b"\0\0last"
    assert longest < 2


@pytest.mark.parametrize(
    ("offset", "length", "size"), [(SIZE, 5, 0), (SIZE + 9, 5, 0), (1 << 62, 1 << 62, 0), (0, -1, 0), (7, 5, 5)]
)
async def test_a_range_is_cut_to_the_file(reading: Directory, offset: int, length: int, size: int):
    assert (await reading.read_file(asked(Offset=offset, Length=length), {})).Data == bytes(size)


@pytest.mark.parametrize("part", [{"Offset": -1, "Length": 5}, {"Length": 32 << 20}])
async def test_what_no_range_may_be(reading: Directory, part: dict[str, int]):
    with pytest.raises(InvalidParameter):
        await reading.read_file(asked(**part), {})


async def test_the_disk_is_not_read_on_the_loop(reading: Directory, monkeypatch):
    """Whatever is looked at: a reader is opened in another thread than the loop's."""
    threads = []
    monkeypatch.setattr(View, "reader", _noting(View.reader, threads))
    await reading.read_file(asked(Length=1), {})
    await reading.read_directory(frontend.ReadDirRequest(DirPath="/"), {})
    await reading.stat_file(frontend.StatFileRequest(Path="/large"), {})
    assert len(threads) == 3
    assert threading.get_native_id() not in threads


def _noting(wrapped, threads: list[int]):
    def noting(self):
        threads.append(threading.get_native_id())
        return wrapped(self)

    return noting
