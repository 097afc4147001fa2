"""Sparse members as GNU tar writes them, in all its formats."""

import os
import subprocess
from pathlib import Path

import pytest

from dockyard.errors import InvalidParameter
from dockyard.fs.archive.extract import Extractor
from dockyard.fs.archive.reader import TarReader
from dockyard.fs.archive.source import StreamSource
from dockyard.fs.archive.sparse import checked, listed_map
from dockyard.fs.rooted import RootedTree

FORMATS = ["--format=gnu", "--sparse-version=0.0", "--sparse-version=0.1", "--sparse-version=1.0"]


@pytest.mark.parametrize("option", FORMATS)
@pytest.mark.parametrize("segments", [1, 3, 60])
def test_sparse_files_come_out_as_they_went_in(tmp_path: Path, option: str, segments: int) -> None:
    original = tmp_path / "in" / "holes"
    original.parent.mkdir()
    with original.open("wb") as file:
        for number in range(segments):
            file.seek(number * 300_000 + 70_000)
            file.write(os.urandom(5000))
        file.truncate(segments * 300_000 + 1_000_000)
    (tmp_path / "in" / "after").write_bytes(b"still in step")
    formats = [option] if option.startswith("--format") else ["--format=posix", option]
    data = subprocess.run(
        ["tar", "-C", tmp_path / "in", "-S", *formats, "-cf", "-", "holes", "after"], capture_output=True, check=True
    ).stdout
    assert len(data) < original.stat().st_size
    (tmp_path / "out").mkdir()
    with RootedTree(str(tmp_path / "out")) as tree:
        Extractor(tree).extract(TarReader(StreamSource([data])))
    result = tmp_path / "out" / "holes"
    assert result.read_bytes() == original.read_bytes()
    assert result.stat().st_blocks <= original.stat().st_blocks + 8
    assert (tmp_path / "out" / "after").read_bytes() == b"still in step"


@pytest.mark.parametrize("text", [b"1", b"a,b", b"0,5,3,2", b"0,11", b"5,-1"])
def test_bad_maps(text: bytes) -> None:
    with pytest.raises(InvalidParameter):
        listed_map(text, 10)


def test_empty_segments_are_dropped() -> None:
    assert checked([(0, 2), (10, 0)], 10) == ((0, 2),)
