"""Rotation by size, and what a full disk does."""

import errno
import os
from pathlib import Path

import pytest

from dockyard.shim.json_log import JsonFormat
from dockyard.shim.log_rotation import RotatingFile


def opened(path: Path, max_size_bytes: int, max_files: int, errors: list[BaseException] | None = None) -> RotatingFile:
    report = (errors if errors is not None else []).append
    return RotatingFile(str(path / "log"), max_size_bytes, max_files, report, JsonFormat(None))


def contents(path: Path) -> dict[str, bytes]:
    return {name: (path / name).read_bytes() for name in sorted(os.listdir(path))}


def test_without_a_limit_it_grows(tmp_path: Path) -> None:
    file = opened(tmp_path, 0, 1)
    for _ in range(100):
        file.write([b"line\n" * 100])
    assert contents(tmp_path) == {"log": b"line\n" * 10_000}


def test_a_file_ends_with_the_line_that_reaches_the_limit(tmp_path: Path) -> None:
    file = opened(tmp_path, 12, 3)
    for number in range(9):
        file.write([b"line%d\n" % number])
    assert contents(tmp_path) == {
        "log": b"line8\n",
        "log.1": b"line6\nline7\n",
        "log.2": b"line4\nline5\n",
    }


def test_one_write_of_many_lines_rotates_as_single_ones_do(tmp_path: Path) -> None:
    (tmp_path / "bulk").mkdir()
    (tmp_path / "single").mkdir()
    lines = [b"x" * (number % 7) + b"%d\n" % number for number in range(200)]
    bulk, single = opened(tmp_path / "bulk", 50, 100), opened(tmp_path / "single", 50, 100)
    bulk.write(lines)
    for line in lines:
        single.write([line])
    assert contents(tmp_path / "bulk") == contents(tmp_path / "single")
    assert b"".join(reversed([data for _, data in _by_age(contents(tmp_path / "bulk"))])) == b"".join(lines)


def _by_age(files: dict[str, bytes]) -> list[tuple[int, bytes]]:
    return sorted((int(name.partition(".")[2] or 0), data) for name, data in files.items())


def test_with_one_file_it_is_emptied(tmp_path: Path) -> None:
    file = opened(tmp_path, 10, 1)
    for number in range(5):
        file.write([b"line%d\n" % number])
    assert contents(tmp_path) == {"log": b"line4\n"}


def test_a_file_that_is_there_is_continued(tmp_path: Path) -> None:
    (tmp_path / "log").write_bytes(b"old old\n")
    file = opened(tmp_path, 10, 2)
    file.write([b"a\n"])
    file.write([b"b\n"])
    assert contents(tmp_path) == {"log": b"b\n", "log.1": b"old old\na\n"}


def test_a_reader_of_a_renamed_file_gets_all_of_it(tmp_path: Path) -> None:
    file = opened(tmp_path, 10, 2)
    file.write([b"first\n"])
    with open(tmp_path / "log", "rb") as reader:
        file.write([b"second\n"])
        file.write([b"third\n"])
        assert reader.read() == b"first\nsecond\n"


def test_a_full_disk_leaves_whole_lines_and_is_reported_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    errors: list[BaseException] = []
    file = opened(tmp_path, 0, 1, errors)
    file.write([b"whole\n"])
    write = os.write

    def nearly_full(descriptor: int, parts: list[bytes]) -> int:
        return write(descriptor, parts[0][:4])

    def full(_descriptor: int, _data: bytes) -> int:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with monkeypatch.context() as patched:
        patched.setattr(os, "writev", nearly_full)
        patched.setattr(os, "write", full)
        file.write([b"torn line\n"])
        file.write([b"another\n"])
    file.write([b"after\n"])
    assert contents(tmp_path) == {"log": b"whole\nafter\n"}
    assert [error.errno for error in errors if isinstance(error, OSError)] == [errno.ENOSPC]


@pytest.mark.parametrize("max_files", [1, 3])
def test_when_no_file_can_be_opened_the_old_one_goes_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, max_files: int
) -> None:
    errors: list[BaseException] = []
    (tmp_path / "logs").mkdir()
    file = opened(tmp_path / "logs", 10, max_files, errors)
    file.write([b"0123456789\n"])
    with monkeypatch.context() as patch:
        patch.setattr(os, "open", _no_descriptor)
        file.write([b"second\n", b"third\n"])
    innocent = os.open(tmp_path / "innocent", os.O_WRONLY | os.O_CREAT)  # may get a number that was closed
    file.write([b"fourth\n"])
    file.write([b"fifth\n"])
    os.close(innocent)
    file.close()
    assert (tmp_path / "innocent").read_bytes() == b""
    assert len(errors) == (0 if max_files == 1 else 1)
    kept = b"".join(data for _, data in reversed(_by_age(contents(tmp_path / "logs"))))
    assert kept == (b"fourth\nfifth\n" if max_files == 1 else b"0123456789\nsecond\nthird\nfourth\nfifth\n")


def _no_descriptor(*_arguments: object) -> int:
    raise OSError(errno.EMFILE, "Too many open files")
