"""A write that the disk takes only in part fails: no shortened file gets below the key of the whole one."""

import io
import os
import tarfile
from pathlib import Path

import pytest
from tests.support.full_disk import largest_file

from dockyard.builder.files.archive import ArchiveFiles
from dockyard.builder.files.contract import Files
from dockyard.builder.files.layers import LayerFiles
from dockyard.store.graphdriver.view import View

DATA = bytes(range(256)) * 8


def archive(home: Path) -> Path:
    """An archive with one file `a`."""
    path = home / "context.tar"
    with tarfile.open(path, "w") as made:
        member = tarfile.TarInfo("a")
        member.size = len(DATA)
        made.addfile(member, io.BytesIO(DATA))
    return path


def layer(home: Path) -> Path:
    """A directory with one file `a`."""
    (home / "layer").mkdir()
    (home / "layer" / "a").write_bytes(DATA)
    return home / "layer"


def copy(files: Files, target: Path) -> bytes:
    """What a copy of `a` has."""
    descriptor = os.open(target, os.O_WRONLY | os.O_CREAT)
    try:
        with files.reader() as reader:
            reader.copy((b"a",), descriptor)
    finally:
        os.close(descriptor)
    return target.read_bytes()


def test_a_short_write_fails(tmp_path: Path) -> None:
    """Of a file in the context and of one in a layer; with room both are whole."""
    for number, files in enumerate((ArchiveFiles(str(archive(tmp_path))), LayerFiles(View([str(layer(tmp_path))])))):
        assert copy(files, tmp_path / f"whole{number}") == DATA
        with largest_file(len(DATA) // 2), pytest.raises(OSError, match="File too large"):
            copy(files, tmp_path / f"half{number}")


def test_an_archive_that_became_shorter_fails(tmp_path: Path) -> None:
    """Neither a small nor a large file is shortened with it."""
    path = archive(tmp_path)
    files = ArchiveFiles(str(path))
    os.truncate(path, 512 + len(DATA) // 2)
    with pytest.raises(OSError, match="has become shorter"):
        copy(files, tmp_path / "copy")
