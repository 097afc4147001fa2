"""Files that are the old or the new one."""

import os
from pathlib import Path

import pytest

from dockyard.fs.atomic import write_atomic, write_once


@pytest.mark.parametrize("durable", [False, True])
def test_replaces_and_leaves_nothing_else(tmp_path: Path, durable: bool) -> None:
    path = tmp_path / "file"
    write_atomic(str(path), b"old")
    write_atomic(str(path), b"new", mode=0o640, durable=durable)
    assert path.read_bytes() == b"new"
    assert path.stat().st_mode & 0o777 == 0o640
    assert os.listdir(tmp_path) == ["file"]


def test_a_reader_of_the_old_one_keeps_it(tmp_path: Path) -> None:
    path = tmp_path / "file"
    write_atomic(str(path), b"old")
    with open(path, "rb") as reader:
        write_atomic(str(path), b"newer")
        assert reader.read() == b"old"


def test_a_failure_leaves_the_old_one_and_nothing_else(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "file"
    write_atomic(str(path), b"old")

    def refuse(_old: str, _new: str) -> None:
        raise OSError("refused")

    monkeypatch.setattr(os, "rename", refuse)
    with pytest.raises(OSError, match="refused"):
        write_atomic(str(path), b"new")
    assert path.read_bytes() == b"old"
    assert os.listdir(tmp_path) == ["file"]


def test_write_once_replaces(tmp_path: Path) -> None:
    path = tmp_path / "file"
    write_once(str(path), b"longer than")
    write_once(str(path), b"this")
    assert path.read_bytes() == b"this"
