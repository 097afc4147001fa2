"""Rotated files become .gz, and are found again by who reads them."""

import gzip
import json
import os
from pathlib import Path

from dockyard.engine.logs.files import close_all, open_all, open_newer
from dockyard.fs.compressed_file import LOCK, compress_rotated, origin_of, recorded_origin
from dockyard.shim.container_log import ContainerLog
from dockyard.shim.json_log import JsonFormat
from dockyard.shim.local_log import LocalFormat
from dockyard.shim.log_rotation import RotatingFile


def _raise(error: BaseException) -> None:
    raise error


def opened(path: Path, max_files: int = 4) -> RotatingFile:
    """A log of lines, compressed at once, in the process that writes."""
    name = str(path / "log")
    return RotatingFile(
        name, 12, max_files, _raise, JsonFormat(None), compress=lambda: compress_rotated(name, max_files)
    )


def texts(path: Path) -> list[bytes]:
    files = open_all(str(path / "log"))
    try:
        return [one.file.read() for one in files]
    finally:
        close_all(files)


def test_rotated_files_are_compressed_and_read_in_order(tmp_path: Path) -> None:
    file = opened(tmp_path)
    for number in range(10, 20):
        file.write([b"line%d\n" % number])
    assert sorted(os.listdir(tmp_path)) == ["log", "log.1.gz", "log.2.gz", "log.3.gz"]
    assert b"".join(texts(tmp_path)) == b"".join(b"line%d\n" % number for number in range(12, 20))


def test_the_header_has_docker_s_field_and_the_original(tmp_path: Path) -> None:
    (tmp_path / "log").write_bytes(b"")
    (tmp_path / "log.1").write_bytes(b"old\n")
    with (tmp_path / "log.1").open("rb") as original:
        origin = origin_of(original.fileno())
        compress_rotated(str(tmp_path / "log"), 3)
    raw = (tmp_path / "log.1.gz").read_bytes()
    assert gzip.decompress(raw) == b"old\n"
    extra = json.loads(raw[12 : 12 + int.from_bytes(raw[10:12], "little")])
    assert extra["lastTime"].endswith("Z")
    with (tmp_path / "log.1.gz").open("rb") as file:
        assert recorded_origin(file.fileno()) == origin


def test_a_reader_finds_what_came_after_its_file_though_that_is_compressed_now(tmp_path: Path) -> None:
    file = opened(tmp_path, 10)
    file.write([b"first line\n"])
    (reading,) = open_all(str(tmp_path / "log"))
    for number in range(10, 16):
        file.write([b"line%d\n" % number])
    newer = open_newer(str(tmp_path / "log"), reading)
    assert reading.file.read() + b"".join(one.file.read() for one in newer) == b"first line\n" + b"".join(
        b"line%d\n" % number for number in range(10, 16)
    )
    close_all([reading, *newer])


def test_what_is_compressed_twice_and_what_a_killed_compressor_left_does_no_harm(tmp_path: Path) -> None:
    (tmp_path / "log").write_bytes(b"new\n")
    (tmp_path / "log.1").write_bytes(b"old\n")
    (tmp_path / "log.compressing").write_bytes(b"half")
    (tmp_path / f"log{LOCK}").write_bytes(b"")
    compress_rotated(str(tmp_path / "log"), 3)
    (tmp_path / "log.1").write_bytes(b"old\n")  # as if it had been killed before it could remove the original
    assert texts(tmp_path) == [b"old\n", b"new\n"]
    compress_rotated(str(tmp_path / "log"), 3)
    assert sorted(os.listdir(tmp_path)) == ["log", "log.1.gz"]


def test_the_newest_file_is_there_at_any_time(tmp_path: Path) -> None:
    file = RotatingFile(str(tmp_path / "log"), 5, 3, _raise, JsonFormat(None))
    for number in range(50):
        file.write([b"line%d\n" % number])
        assert (tmp_path / "log").exists()
        assert len({entry.stat().st_ino for entry in os.scandir(tmp_path)}) == len(os.listdir(tmp_path))


def test_a_replay_goes_on_through_files_that_were_compressed_meanwhile(tmp_path: Path) -> None:
    name, form = str(tmp_path / "log"), LocalFormat(None)
    file = RotatingFile(name, 300, 40, _raise, form, compress=lambda: compress_rotated(name, 40))
    log = ContainerLog(file, form, lambda: 1)
    log.write("stdout", b"".join(b"line %d\n" % number for number in range(20)))
    replay = log.replay()
    said = replay.batch()
    log.write("stderr", b"".join(b"line %d\n" % number for number in range(20, 200)))
    while batch := replay.batch():
        said += batch
    replay.close()
    assert [text for _, text in said] == [b"line %d\n" % number for number in range(200)]
    assert {stream for stream, _ in said} == {"stdout", "stderr"}
    assert len(list(tmp_path.glob("*.gz"))) > 10
