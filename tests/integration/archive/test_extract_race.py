"""Unpacking in a tree in which somebody swaps what has just been made for links that lead out of it."""

import os
import subprocess
import sys
import tarfile
import time
from contextlib import suppress
from io import BytesIO
from pathlib import Path

import pytest
from tests.support.wait import wait_until

from dockyard.errors import DockyardError
from dockyard.fs.archive.extract import Extractor
from dockyard.fs.archive.reader import TarReader
from dockyard.fs.archive.source import StreamSource
from dockyard.fs.rooted import RootedTree, remove_entry

pytestmark = pytest.mark.root

SECONDS = 1.5

SWAP = """
import os, sys
os.chdir(sys.argv[1])
outside = sys.argv[2]
names = ("sub", "fifo", "new", "file")
for name in names:
    os.symlink(outside, "link-" + name)
open("ready", "w").close()
while True:
    for name in names:
        try:
            os.rename("top/" + name, "aside-" + name)
            os.rename("link-" + name, "top/" + name)
            os.rename("top/" + name, "link-" + name)
            os.rename("aside-" + name, "top/" + name)
        except OSError:
            if not os.path.islink("link-" + name):
                try:
                    os.symlink(outside, "link-" + name)
                except OSError:
                    pass
"""


def hostile_archive() -> bytes:
    """Members whose owners, modes and times would be noticed outside; `top/new` is only implied."""
    archive = BytesIO()
    with tarfile.open(fileobj=archive, mode="w") as tar:
        for name, kind in (
            ("top", tarfile.DIRTYPE),
            ("top/sub", tarfile.DIRTYPE),
            ("top/fifo", tarfile.FIFOTYPE),
            ("top/file", tarfile.REGTYPE),
            ("top/sub/secret", tarfile.REGTYPE),
            ("top/new/secret", tarfile.REGTYPE),
        ):
            member = tarfile.TarInfo(name)
            member.type, member.mode, member.uid, member.mtime = kind, 0o777, 4321, 1
            tar.addfile(member)
    return archive.getvalue()


def test_nothing_outside_changes(tmp_path: Path) -> None:
    inside, outside = tmp_path / "inside", tmp_path / "outside"
    inside.mkdir()
    outside.mkdir(mode=0o700)
    (outside / "secret").write_text("secret")
    (outside / "secret").chmod(0o600)
    before = seen(outside)
    archive = hostile_archive()
    swapper = subprocess.Popen([sys.executable, "-c", SWAP, str(inside), str(outside)])
    complete = 0
    try:
        wait_until((inside / "ready").exists, "the swapping to begin")
        end = time.monotonic() + SECONDS
        while time.monotonic() < end:
            with RootedTree(str(inside)) as tree:
                with suppress(DockyardError):
                    Extractor(tree).extract(TarReader(StreamSource([archive])))
                    complete += 1
                with suppress(OSError):
                    remove_entry(b"top", tree.directory(()))
            assert seen(outside) == before
        assert swapper.poll() is None
    finally:
        swapper.kill()
        swapper.wait()
    assert complete, "every attempt failed: nothing was proved"
    assert seen(outside) == before


def seen(directory: Path) -> list[tuple[str, int, int, int]]:
    """Name, mode, owner and time of a directory and of what is in it."""
    paths = [directory, *sorted(directory.rglob("*"))]
    return [(path.name, (status := os.lstat(path)).st_mode, status.st_uid, status.st_mtime_ns) for path in paths]
