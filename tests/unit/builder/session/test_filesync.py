"""A folder goes over a gRPC stream: all kinds of files, only what differs, patterns, links that are followed."""

import asyncio
import os
import socket
import stat
from pathlib import Path

import pytest

from dockyard.builder.files import LayerFiles
from dockyard.builder.files.joined import JoinedFiles, Part
from dockyard.builder.session.filesync.receive import receive
from dockyard.builder.session.filesync.results import ResultTree
from dockyard.builder.session.filesync.send import send
from dockyard.builder.session.filesync.stream import GrpcPackets
from dockyard.builder.session.filesync.tree import Tree
from dockyard.errors import SystemFailure
from dockyard.rpc.call import connect
from dockyard.rpc.serve import conversing, serve
from dockyard.store.graphdriver.view import View

COPY = "/moby.filesync.v1.FileSync/DiffCopy"


async def transfer(source, target, *, tree=None, **how):
    """Sends `source` as a client of a session does, receives it as a daemon does; how many files were fetched."""

    async def diff_copy(stream):
        if isinstance(source, ResultTree):
            await send(GrpcPackets(stream), source)
            return
        what = Tree(str(source), **(tree or {}))
        try:
            await send(GrpcPackets(stream), what)
        finally:
            what.close()

    ours, theirs = socket.socketpair()
    served = await serve(conversing(COPY, diff_copy), theirs)
    caller = await connect(ours)
    try:
        async with asyncio.timeout(30):
            async with caller.open(COPY) as stream:
                fetched = await receive(GrpcPackets(stream), str(target), **how)
                await stream.end()
        return fetched
    finally:
        caller.close()
        await served.closed.wait()


def snapshot(folder):
    """Everything that a transfer must keep."""
    found = {}
    for path in sorted(Path(folder).rglob("*")):
        status = path.lstat()
        content = path.read_bytes() if path.is_file() and not path.is_symlink() else b""
        link = os.readlink(path) if path.is_symlink() else ""
        xattrs = {
            name: os.getxattr(path, name, follow_symlinks=False) for name in os.listxattr(path, follow_symlinks=False)
        }
        found[str(path.relative_to(folder))] = (
            oct(status.st_mode), status.st_uid, status.st_gid, status.st_mtime_ns, status.st_rdev, content, link,
            xattrs, status.st_nlink if stat.S_ISREG(status.st_mode) else 0,
        )  # fmt: skip
    return found


@pytest.fixture
def folders(tmp_path):
    source, target = tmp_path / "source", tmp_path / "target"
    source.mkdir()
    target.mkdir()
    return source, target


def fill(source):
    (source / "a").mkdir(mode=0o750)
    (source / "a" / "big").write_bytes(os.urandom(300_000))
    (source / "a" / "empty").touch()
    (source / "a-b").write_text("sorts behind a/big")
    (source / "a.b").write_text("sorts behind a-b")
    (source / "link").symlink_to("a/../../outside")
    os.mkfifo(source / "pipe")
    (source / "z").mkdir()
    os.link(source / "a" / "big", source / "z" / "same")
    os.link(source / "a" / "empty", source / "z" / "nothing")
    (source / "z" / "tool").write_text("#!/bin/sh\n")
    (source / "z" / "tool").chmod(0o6755)
    os.setxattr(source / "z" / "tool", "user.kind", b"\x00\xff")
    os.utime(source / "z" / "tool", ns=(1, 1_234_567_890_123_456_789))
    (source / os.fsdecode(b"not utf-8 \xff")).write_text("x")
    (source / "deep" / "er").mkdir(parents=True)
    if os.geteuid() == 0:
        os.chown(source / "z" / "tool", 1234, 4321)
        (source / "z" / "tool").chmod(0o6755)
        os.mknod(source / "device", stat.S_IFCHR | 0o640, os.makedev(1, 3))


async def test_all_kinds_of_files_arrive_as_they_are(folders):
    source, target = folders
    fill(source)
    await transfer(source, target)
    assert snapshot(target) == snapshot(source)
    assert (target / "a" / "big").samefile(target / "z" / "same")


async def test_only_what_differs_is_fetched(folders):
    source, target = folders
    fill(source)
    await transfer(source, target)
    assert await transfer(source, target) == 0
    (source / "a-b").write_text("other")
    (source / "a" / "new").write_text("new")
    (source / "z" / "tool").unlink()
    (source / "a.b").unlink()
    (source / "a.b").mkdir()
    (source / "a.b" / "inside").write_text("a directory now")
    (source / "link").unlink()
    (source / "link").symlink_to("elsewhere")
    (source / "z" / "same").unlink()
    (source / "z" / "same").write_text("no link any more")
    assert await transfer(source, target) == 4
    assert snapshot(target) == snapshot(source)


async def test_a_directory_becomes_a_file_and_the_other_way_round(folders):
    source, target = folders
    (source / "x").mkdir()
    (source / "x" / "y").write_text("1")
    (source / "f").write_text("2")
    await transfer(source, target)
    (source / "x" / "y").unlink()
    (source / "x").rmdir()
    (source / "x").write_text("3")
    (source / "f").unlink()
    (source / "f").symlink_to("/etc")
    await transfer(source, target)
    assert snapshot(target) == snapshot(source)


async def test_hard_links_become_files_of_their_own(folders):
    source, target = folders
    (source / "a").write_text("same")
    os.link(source / "a", source / "b")
    await transfer(source, target)
    data = (source / "b").read_bytes()
    status = (source / "b").stat()
    (source / "b").unlink()
    (source / "b").write_bytes(data)
    os.utime(source / "b", ns=(status.st_mtime_ns, status.st_mtime_ns))
    await transfer(source, target)
    assert snapshot(target) == snapshot(source)


async def test_merging_leaves_what_is_there(folders):
    source, target = folders
    fill(source)
    (target / "a").mkdir()
    (target / "a" / "mine").write_text("mine")
    (target / "a" / "big").write_text("old")
    (target / "a-b").symlink_to(source / "must not be written through")
    await transfer(source, target, merge=True, owners=False)
    assert (target / "a" / "mine").read_text() == "mine"
    assert (target / "a" / "big").read_bytes() == (source / "a" / "big").read_bytes()
    assert not (target / "a-b").is_symlink()
    assert (target / "z" / "tool").stat().st_uid == os.geteuid()


async def test_more_files_than_may_be_asked_for_at_once(folders):
    source, target = folders
    for number in range(1000):
        (source / f"{number:04}").write_text(f"file {number}")
    assert await transfer(source, target) == 1000
    assert snapshot(target) == snapshot(source)


async def test_patterns(folders):
    source, target = folders
    for name in ("src/main.c", "src/test/t.c", "doc/a.md", "doc/keep.md", "build/out.o", "top.log"):
        (source / name).parent.mkdir(parents=True, exist_ok=True)
        (source / name).write_text(name)
    await transfer(source, target, tree={"excludes": ["doc", "!doc/keep.md", "**/*.o", "*.log"]})
    assert sorted(snapshot(target)) == ["build", "doc", "doc/keep.md", "src", "src/main.c", "src/test", "src/test/t.c"]
    await transfer(source, target, tree={"includes": ["src/test", "doc/*.md"], "excludes": ["doc/a.md"]})
    assert sorted(snapshot(target)) == ["doc", "doc/keep.md", "src", "src/test", "src/test/t.c"]


@pytest.mark.parametrize(
    ("follow", "found"),
    [
        (["l/x"], ["l", "real", "real/x"]),
        (["*.txt"], ["one.txt", "real", "real/x", "two.txt"]),
        (["abs"], ["abs", "real", "real/x", "real/y"]),
        (["out"], ["out"]),
        (["loop"], ["loop"]),
        (["l/x", "l/y"], ["l", "real", "real/x", "real/y"]),
        (["missing"], []),
        (["../../real/y"], ["real", "real/y"]),
    ],
)
async def test_links_are_followed(folders, follow, found):
    source, target = folders
    (source / "real").mkdir()
    (source / "real" / "x").touch()
    (source / "real" / "y").touch()
    (source / "l").symlink_to("real")
    (source / "one.txt").symlink_to("real/x")
    (source / "two.txt").touch()
    (source / "abs").symlink_to("/real")
    (source / "out").symlink_to("../../../etc")
    (source / "loop").symlink_to("loop/more")
    await transfer(source, target, tree={"follow": follow})
    assert sorted(snapshot(target)) == found


async def test_following_the_folder_itself_sends_everything(folders):
    source, target = folders
    fill(source)
    await transfer(source, target, tree={"follow": ["a", "/"]})
    assert snapshot(target) == snapshot(source)


async def test_a_file_that_vanishes_between_is_an_error_on_both_sides(folders):
    source, target = folders
    (source / "here").write_text("x")
    (source / "gone").write_text("x")

    def change(entry):
        if entry.path == b"here":
            (source / "gone").unlink()
        return entry

    with pytest.raises(SystemFailure, match="gone: No such file"):
        await transfer(source, target, tree={"change": change})
    assert not [name for name in os.listdir(target) if name.startswith(".dockyard")]


async def test_a_folder_that_cannot_be_listed_is_an_error(folders, monkeypatch):
    source, target = folders
    (source / "closed").mkdir()
    real = os.scandir

    def scandir(path):
        if path.endswith(b"closed"):
            raise PermissionError(13, "Permission denied", path)
        return real(path)

    monkeypatch.setattr(os, "scandir", scandir)
    with pytest.raises(SystemFailure, match="closed: Permission denied"):
        await transfer(source, target)
    await transfer(source, target, tree={"excludes": ["closed"]})


async def test_a_result_arrives_with_folders_of_platforms(tmp_path):
    lower, upper = tmp_path / "lower", tmp_path / "upper"
    for folder, name in ((lower, "a"), (upper, "b")):
        (folder / "d").mkdir(parents=True)
        (folder / "d" / name).write_bytes(name.encode() * 100_000)
    (upper / "link").symlink_to("d/b")
    os.link(upper / "d" / "b", upper / "again")
    files = LayerFiles(View([str(upper), str(lower)]))
    parts = (Part(files, b"linux_amd64", {b"about.json": b"{}"}, 5), Part(None, b"linux_arm64", now_seconds=7))
    with ResultTree(JoinedFiles(parts)) as tree:
        (tmp_path / "out").mkdir()
        await transfer(tree, tmp_path / "out")
    root = tmp_path / "out" / "linux_amd64"
    assert (root / "d" / "a").read_bytes() == b"a" * 100_000
    assert (root / "again").read_bytes() == (root / "d" / "b").read_bytes() == b"b" * 100_000
    assert os.readlink(root / "link") == "d/b"
    assert (root / "about.json").read_bytes() == b"{}"
    assert {os.lstat(path).st_mtime for path in root.iterdir()} == {5}
    assert (tmp_path / "out" / "linux_arm64").is_dir()
