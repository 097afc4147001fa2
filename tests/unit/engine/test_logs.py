"""Reading json-file logs: tails, filters, rotation, torn lines, following."""

import asyncio
import errno
import gzip
import json
import shutil

import pytest

from dockyard.engine.logs import read
from dockyard.engine.logs.entries import time_ns
from dockyard.engine.logs.json_file import JsonFile, parse_line
from dockyard.engine.logs.read import LogOptions, read_log


def line(number, stream="stdout"):
    return json.dumps({"log": f"line {number}\n", "stream": stream, "time": f"2026-11-24T08:00:{number % 60:02d}.5Z"})


def write(path, numbers, stream="stdout"):
    path.write_text("".join(line(number, stream) + "\n" for number in numbers))


async def texts(path, options, ended=None):
    return [entry.line.decode().strip() async for entry in read_log(str(path), JsonFile(), options, ended)]


async def test_everything_of_rotated_files_in_order(tmp_path):
    path = tmp_path / "x.log"
    with gzip.open(f"{path}.2.gz", "wt") as file:
        file.write(line(0) + "\n")
    write(tmp_path / "x.log.1", [1, 2])
    write(path, [3])
    assert await texts(path, LogOptions()) == ["line 0", "line 1", "line 2", "line 3"]


@pytest.mark.parametrize(("tail", "first"), [(0, 6), (1, 5), (2, 4), (4, 2), (6, 0), (100, 0)])
async def test_tail_reaches_into_rotated_files(tmp_path, tail, first):
    path = tmp_path / "x.log"
    write(tmp_path / "x.log.2", [0, 1])
    write(tmp_path / "x.log.1", [2, 3])
    write(path, [4, 5])
    assert await texts(path, LogOptions(tail=tail)) == [f"line {number}" for number in range(first, 6)]


async def test_tail_of_a_large_file_reads_back_over_blocks(tmp_path):
    path = tmp_path / "x.log"
    write(path, range(20_000))
    assert await texts(path, LogOptions(tail=9000)) == [f"line {number}" for number in range(11_000, 20_000)]


async def test_streams_and_times_filter(tmp_path):
    path = tmp_path / "x.log"
    path.write_text(line(1) + "\n" + line(2, "stderr") + "\n" + line(3) + "\n")
    assert await texts(path, LogOptions(stdout=False)) == ["line 2"]
    assert await texts(path, LogOptions(since_ns=time_ns("2026-11-24T08:00:02Z"))) == ["line 2", "line 3"]
    assert await texts(path, LogOptions(until_ns=time_ns("2026-11-24T08:00:02Z"))) == ["line 1"]
    assert await texts(path, LogOptions(stderr=False, tail=1)) == ["line 3"]


async def test_damaged_and_unfinished_lines_are_skipped(tmp_path):
    path = tmp_path / "x.log"
    path.write_bytes(line(1).encode() + b"\n\0\0\0garbage\n" + line(2).encode() + b"\n" + line(3).encode()[:20])
    assert await texts(path, LogOptions()) == ["line 1", "line 2"]


async def test_no_log_has_no_lines(tmp_path):
    assert await texts(tmp_path / "none.log", LogOptions()) == []


async def test_following_survives_rotation_and_ends_after_the_last_line(tmp_path):
    path = tmp_path / "x.log"
    write(path, [0])
    ended = asyncio.get_running_loop().create_future()
    reading = asyncio.create_task(texts(path, LogOptions(follow=True), ended))
    for number in range(1, 30):
        if number % 10 == 0:
            path.rename(tmp_path / "x.log.1")
        with path.open("a") as file:
            file.write(line(number) + "\n")
        await asyncio.sleep(0)
        if number % 10 == 9:
            await asyncio.sleep(0.05)
    ended.set_result(None)
    assert await asyncio.wait_for(reading, 5) == [f"line {number}" for number in range(30)]


async def test_a_log_whose_container_was_removed_meanwhile_is_read_to_its_end(tmp_path):
    folder = tmp_path / "container"
    folder.mkdir()
    write(folder / "x.log", range(3))
    ended = asyncio.get_running_loop().create_future()
    reading = read_log(str(folder / "x.log"), JsonFile(), LogOptions(follow=True), ended)
    seen = [(await anext(reading)).line]
    shutil.rmtree(folder)
    ended.set_result(None)
    seen += [entry.line async for entry in reading]
    assert seen == [b"line 0\n", b"line 1\n", b"line 2\n"]


async def test_following_goes_on_when_no_instance_of_inotify_is_left(tmp_path, monkeypatch):
    def none_left(*_):
        raise OSError(errno.EMFILE, "Too many open files")

    monkeypatch.setattr(read, "Watch", none_left)
    monkeypatch.setattr(read, "LOOK_SECONDS", 0.01)
    path = tmp_path / "x.log"
    write(path, [0])
    ended = asyncio.get_running_loop().create_future()
    reading = asyncio.ensure_future(texts(path, LogOptions(follow=True), ended))
    await asyncio.sleep(0.03)
    with path.open("a") as file:
        file.write(line(1) + "\n")
    await asyncio.sleep(0.03)
    ended.set_result(None)
    assert await asyncio.wait_for(reading, 5) == ["line 0", "line 1"]


def test_times_of_any_precision():
    assert time_ns("1970-01-01T00:00:01Z") == 1_000_000_000
    assert time_ns("1970-01-01T00:00:01.000000007Z") == 1_000_000_007
    assert time_ns("nonsense") == 0


def test_parse_line_keeps_attributes():
    entry = parse_line(b'{"log":"x\\n","stream":"stderr","attrs":{"a":"1"},"time":"t"}')
    assert entry is not None
    assert (entry.stream, entry.line, entry.attributes) == ("stderr", b"x\n", {"a": "1"})
