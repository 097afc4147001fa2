"""A non-blocking log: a FIFO that nobody reads stands for a disk that hangs, since its writes wait as a disk's do."""

import json
import os
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.support.wait import wait_until

from dockyard.shim.json_log import JsonFormat
from dockyard.shim.log_lines import Region
from dockyard.shim.log_rotation import RotatingFile
from dockyard.shim.ring_log import PATIENCE_SECONDS, RingLog, _fitting

PIPE_BYTES = 64 << 10


class Fixture:
    def __init__(self, path: Path, capacity_bytes: int) -> None:
        self.times = iter(range(1, 1_000_000))
        self.errors: list[BaseException] = []
        form = JsonFormat(None)
        file = RotatingFile(str(path), 0, 1, self.errors.append, form)
        self.log = RingLog(file, form, lambda: next(self.times), capacity_bytes, self.errors.append)


@pytest.fixture
def fifo(tmp_path: Path) -> Iterator[tuple[Path, int]]:
    path = tmp_path / "log"
    os.mkfifo(path)
    reading = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
    yield path, reading
    os.close(reading)


def entries(data: bytes) -> list[str]:
    return [json.loads(line)["log"] for line in data.splitlines()]


def test_all_is_written_in_order_when_nothing_hangs(tmp_path: Path) -> None:
    made = Fixture(tmp_path / "log", 1 << 20)
    for number in range(1000):
        made.log.write("stdout", f"line {number}\nunfin".encode())
        made.log.write("stdout", b"ished\n")
    made.log.write("stderr", b"the end")
    made.log.close()
    said = entries((tmp_path / "log").read_bytes())
    assert said[:3] == ["line 0\n", "unfinished\n", "line 1\n"]
    assert (len(said), said[-1], made.log.dropped_bytes, made.errors) == (2001, "the end", 0, [])


def test_an_attach_with_logs_does_not_wait_for_a_disk_that_hangs(tmp_path: Path) -> None:
    made = Fixture(tmp_path / "log", 10_000)
    made.log._idle.acquire()  # as long as the thread writes
    begin = time.monotonic()
    made.log.replay().close()
    assert time.monotonic() - begin < 2
    made.log._idle.release()


def test_nobody_waits_for_a_disk_that_hangs(fifo: tuple[Path, int]) -> None:
    path, reading = fifo
    made = Fixture(path, 10_000)
    begin = time.monotonic()
    for number in range(20_000):
        made.log.write("stdout", f"line {number:08}\n".encode())
    assert time.monotonic() - begin < 10  # nobody reads: a log that waits would wait for ever
    assert made.log.dropped_bytes > 100_000
    data = b""

    def read_on() -> bool:
        nonlocal data
        try:
            data += os.read(reading, PIPE_BYTES)
        except BlockingIOError:
            return False
        return True

    wait_until(lambda: not read_on() and made.log._drain(PATIENCE_SECONDS), "what was kept to be written", 20)
    while read_on():
        pass
    said = entries(data)
    assert said == sorted(set(said))
    assert {len(line) for line in said} == {14}  # what was dropped were whole lines
    assert made.log.dropped_bytes == (20_000 - len(said)) * 14
    made.log.write("stdout", b"again\n")
    made.log.close()
    assert entries(os.read(reading, PIPE_BYTES)) == ["again\n"]


def test_the_time_is_that_of_the_saying(tmp_path: Path) -> None:
    made = Fixture(tmp_path / "log", 1 << 20)
    for word in (b"one\n", b"two\n", b"three\n"):
        made.log.write("stdout", word)
    made.log.close()
    times = [json.loads(line)["time"] for line in (tmp_path / "log").read_text().splitlines()]
    assert times == [f"1970-01-01T00:00:00.00000000{number}Z" for number in (1, 2, 3)]


@pytest.mark.parametrize(
    ("texts", "room", "certain", "kept"),
    [
        ([b"ab\ncd\nef\n"], 9, False, [b"ab\ncd\nef\n"]),
        ([b"ab\ncd\nef\n"], 8, False, [b"ab\ncd\n"]),
        ([b"ab\ncd\nef\n"], 2, False, []),
        ([b"ab\ncd\nef\n"], 2, True, [b"ab\n"]),
        ([b"ab\n", b"cd\nef\n"], 6, False, [b"ab\n", b"cd\n"]),
        ([b"ab\n", b"cd\nef\n"], 4, True, [b"ab\n"]),
        ([b"ab\n"], -5, False, []),
    ],
)
def test_what_has_room(texts: list[bytes], room: int, certain: bool, kept: list[bytes]) -> None:
    regions = [Region(text, True) for text in texts]
    assert [region.text for region in _fitting(regions, room, certain=certain)] == kept


def test_a_piece_of_a_long_line_goes_as_a_whole() -> None:
    piece = Region(b"x" * 100, False)
    assert _fitting([piece], 50, certain=False) == []
    assert _fitting([piece], 50, certain=True) == [piece]
