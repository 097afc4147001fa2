"""Extraction into a directory: what GNU tar makes of an archive we make too, and nothing hostile leaves the
directory."""

import contextlib
import os
import stat
import subprocess
import tarfile
import time
from pathlib import Path

import pytest
from tests.support.tarballs import Entry, directory, file, hardlink, info, node, symlink, tarball
from tests.support.trees import snapshot

from dockyard.errors import InvalidParameter, SystemFailure
from dockyard.fs.archive.extract import Extracted, Extractor
from dockyard.fs.archive.reader import Member, TarReader
from dockyard.fs.archive.source import StreamSource
from dockyard.fs.rooted import RootedTree, Steps, remove_tree

pytestmark = pytest.mark.root


def extract(data: bytes, target: Path) -> Extracted:
    target.mkdir(exist_ok=True)
    with RootedTree(str(target)) as tree:
        return Extractor(tree).extract(TarReader(StreamSource([data])))


def xattr(name: str, value: str) -> dict[str, str]:
    return {f"SCHILY.xattr.{name}": value}


BENIGN: list[Entry] = [
    directory("etc", mode=0o750, uid=3, gid=4),
    file("etc/passwd", b"root:x:0:0::/:/bin/sh\n", mode=0o600, uid=1, gid=2),
    file("bin/su", b"#!/bin/sh\n", mode=0o4755),
    file("deep/er/than/announced", b"x"),
    symlink("etc/link", "passwd", uid=5, gid=6),
    symlink("absolute", "/etc/passwd"),
    hardlink("hard", "etc/passwd"),
    hardlink("hard-of-link", "etc/link"),
    node("dev-null", tarfile.CHRTYPE, 1, 3, mode=0o666),
    node("dev-disk", tarfile.BLKTYPE, 8, 1, mode=0o660),
    node("fifo", tarfile.FIFOTYPE),
    directory("sticky", mode=0o1777),
    file("empty"),
    file("n" * 200, b"long"),
    file("large", b"y" * 100_000),
]


def test_what_gnu_tar_makes_we_make_too(tmp_path: Path) -> None:
    data = tarball(BENIGN)
    extract(data, tmp_path / "ours")
    (tmp_path / "theirs").mkdir()
    subprocess.run(
        ["tar", "-C", tmp_path / "theirs", "--numeric-owner", "--same-owner", "-xpf", "-"], input=data, check=True
    )
    # A directory that the archive only implies has whatever time and mode the program likes; GNU tar, which makes
    # symbolic links late, also loses the time of the directory that has one.
    implied = {"deep", "deep/er", "deep/er/than", "bin", "etc"}
    ours, theirs = (snapshot(tmp_path / name, without=implied) for name in ("ours", "theirs"))
    assert ours == theirs
    etc = (tmp_path / "ours" / "etc").stat()
    assert (etc.st_mtime, etc.st_uid, etc.st_gid, stat.S_IMODE(etc.st_mode)) == (1_700_000_000, 3, 4, 0o750)


def test_times_to_the_nanosecond(tmp_path: Path) -> None:
    extract(
        tarball(
            [
                (info("d", tarfile.DIRTYPE, pax_headers={"mtime": "1000000000.000000007"}), b""),
                (info("d/f", pax_headers={"mtime": "1700000000.123456789"}), b""),
                (info("before", pax_headers={"mtime": "-5"}), b""),
                (info("after", pax_headers={"mtime": "99999999999999"}), b""),
            ]
        ),
        tmp_path / "out",
    )
    times = {name: os.stat(tmp_path / "out" / name).st_mtime_ns for name in ("d", "d/f", "before", "after")}
    assert times == {"d": 1_000_000_000_000_000_007, "d/f": 1_700_000_000_123_456_789, "before": 0, "after": 0}


def test_extended_attributes_and_capabilities_survive_the_change_of_owner(tmp_path: Path) -> None:
    capability = b"\x01\x00\x00\x02\x00\x04\x00\x00" + bytes(12)
    member = info(
        "ping",
        mode=0o755,
        uid=9,
        pax_headers=xattr("security.capability", capability.decode("latin-1")) | xattr("user.note", "hi"),
    )
    extract(tarball([(member, b"")]), tmp_path / "out")
    path = tmp_path / "out" / "ping"
    assert os.getxattr(path, "security.capability") == capability
    assert os.getxattr(path, "user.note") == b"hi"
    assert path.stat().st_uid == 9


def test_modes_do_not_depend_on_the_umask(tmp_path: Path) -> None:
    old = os.umask(0o077)
    try:
        extract(tarball([file("a/b/f", mode=0o666), directory("d", mode=0o777)]), tmp_path / "out")
    finally:
        os.umask(old)
    modes = {name: stat.S_IMODE(os.stat(tmp_path / "out" / name).st_mode) for name in ("a", "a/b", "a/b/f", "d")}
    assert modes == {"a": 0o755, "a/b": 0o755, "a/b/f": 0o666, "d": 0o777}


def test_later_members_replace_earlier_ones(tmp_path: Path) -> None:
    done = extract(
        tarball(
            [
                file("a", b"old"),
                file("a", b"new"),
                directory("b"),
                file("b/inner", b"x"),
                symlink("b", "elsewhere"),
                symlink("c", "nowhere"),
                directory("c"),
                file("c/f", b"in c"),
                directory("d", mode=0o700),
                file("d/kept", b"kept"),
                directory("d", mode=0o711),
            ]
        ),
        tmp_path / "out",
    )
    out = tmp_path / "out"
    assert done.replaced
    assert (out / "a").read_bytes() == b"new"
    assert os.readlink(out / "b") == "elsewhere"
    assert (out / "c" / "f").read_bytes() == b"in c"
    assert (out / "d" / "kept").read_bytes() == b"kept"
    assert stat.S_IMODE((out / "d").stat().st_mode) == 0o711


def test_a_hard_link_may_come_before_its_target(tmp_path: Path) -> None:
    extract(tarball([hardlink("first", "second"), file("second", b"data")]), tmp_path / "out")
    assert (tmp_path / "out" / "first").read_bytes() == b"data"
    assert (tmp_path / "out" / "first").stat().st_nlink == 2


def test_a_hard_link_to_nothing_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(SystemFailure, match="link /missing /a: no such file or directory"):
        extract(tarball([hardlink("a", "missing")]), tmp_path / "out")


def canaries(tmp_path: Path) -> dict[str, bytes]:
    """Files outside of the target that a hostile archive would like to change."""
    (tmp_path / "secret").mkdir(exist_ok=True)
    (tmp_path / "secret" / "file").write_bytes(b"untouched")
    (tmp_path / "canary").write_bytes(b"untouched")
    return snapshot(tmp_path, without={"out"})


HOSTILE: dict[str, list[Entry]] = {
    "dots": [file("../canary", b"evil"), file("a/../../canary", b"evil"), file("../../../../../../tmp/x", b"evil")],
    "absolute": [file("/canary", b"evil"), file("//tmp//evil", b"evil")],
    "link to parent": [symlink("up", ".."), file("up/canary", b"evil")],
    "absolute link": [symlink("abs", "OUTSIDE"), file("abs/secret/file", b"evil"), file("abs/canary", b"evil")],
    "chain of links": [
        symlink("a", "b"),
        symlink("b", "c/.."),
        symlink("c", "OUTSIDE"),
        file("a/canary", b"evil"),
        file("c/canary", b"evil"),
    ],
    "link through proc": [symlink("p", "/proc/self/root"), file("p/canary", b"evil"), file("pOUTSIDE/canary", b"evil")],
    "file over a link": [symlink("f", "../canary"), file("f", b"evil")],
    "directory over a link": [symlink("d", "../secret"), directory("d", mode=0o777), file("d/file", b"evil")],
    "hard link out": [hardlink("h", "../canary"), file("h", b"evil")],
    "hard link through a link": [symlink("s", ".."), hardlink("h", "s/canary")],
    "hard link to a link, then written": [symlink("l", "../canary"), hardlink("h", "l"), file("h", b"evil")],
    "node through a link": [symlink("up", ".."), node("up/canary", tarfile.FIFOTYPE)],
    "attributes of a link": [symlink("l", "../canary", uid=99, gid=99, mode=0o777)],
    "times of a directory that became a link": [directory("d"), symlink("d", "../secret")],
    "loop": [symlink("x", "y"), symlink("y", "x")],
}


@pytest.mark.parametrize("name", HOSTILE)
def test_nothing_outside_changes(tmp_path: Path, name: str) -> None:
    before = canaries(tmp_path)
    for entry, _ in HOSTILE[name]:
        entry.name = entry.name.replace("OUTSIDE", str(tmp_path))
        entry.linkname = entry.linkname.replace("OUTSIDE", str(tmp_path))
    with contextlib.suppress(InvalidParameter, SystemFailure):
        extract(tarball(HOSTILE[name], format=tarfile.PAX_FORMAT), tmp_path / "out")
    assert snapshot(tmp_path, without={"out"}) == before
    for path in (tmp_path / "out").rglob("*"):
        assert not (
            path.is_file() and not path.is_symlink() and path.stat().st_ino == (tmp_path / "canary").stat().st_ino
        )


def test_a_name_too_long_for_the_filesystem(tmp_path: Path) -> None:
    with pytest.raises(SystemFailure, match="file name too long"):
        extract(tarball([file("x" * 300, b"")]), tmp_path / "out")


def test_a_loop_of_links_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(SystemFailure, match="too many levels of symbolic links"):
        extract(tarball([symlink("x", "y"), symlink("y", "x"), file("x/f", b"")]), tmp_path / "out")


def test_a_file_as_parent_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(SystemFailure, match="not a directory"):
        extract(tarball([file("a", b""), file("a/b", b"")]), tmp_path / "out")


def test_the_root_itself_is_left_as_it_is(tmp_path: Path) -> None:
    (tmp_path / "out").mkdir(mode=0o755)
    extract(tarball([directory("./", mode=0o700, uid=5), file("./f", b"x")]), tmp_path / "out")
    assert stat.S_IMODE((tmp_path / "out").stat().st_mode) == 0o755
    assert (tmp_path / "out").stat().st_uid == 0


def test_a_directory_of_a_thousand_levels(tmp_path: Path) -> None:
    deep = "/".join(["d"] * 1000)
    try:
        extract(tarball([file(f"{deep}/f", b"bottom")]), tmp_path / "out")
        found = subprocess.run(["find", tmp_path / "out", "-name", "f"], capture_output=True, text=True, check=True)
        assert found.stdout.count("/d") == 1000
        remove_tree(str(tmp_path / "out"))
        assert not (tmp_path / "out").exists()
    finally:  # pytest's own removal would die of it
        subprocess.run(["rm", "-rf", tmp_path / "out"], check=True)


def test_many_directories_do_not_make_a_replaced_member_dearer(tmp_path: Path) -> None:
    times = {}

    def placed(member: Member, _: Steps) -> None:
        times[member.name] = time.thread_time()

    again = [file("same")] * 1000
    many = [directory(f"d{number}") for number in range(20_000)]
    data = tarball([file("start"), *again, file("few"), *many, file("begin"), *again, file("end")])
    with RootedTree(str(tmp_path)) as tree:
        Extractor(tree, placed=placed).extract(TarReader(StreamSource([data])))
    assert times[b"end"] - times[b"begin"] < 5 * (times[b"few"] - times[b"start"])


def test_what_is_made_again_below_a_replaced_directory_has_no_time_of_the_old_one(tmp_path: Path) -> None:
    members = [directory("a"), directory("a/b/c"), file("a"), directory("a"), file("a/b/c/d"), directory("a/e")]
    result = extract(tarball(members), tmp_path / "new")
    assert {(b"a", b"b"), (b"a", b"b", b"c")} <= set(result.implied)
    assert (b"a",) not in result.implied
    times = {name: (tmp_path / "new" / name).stat().st_mtime for name in ("a", "a/b/c", "a/e")}
    assert (times["a"], times["a/e"]) == (1_700_000_000, 1_700_000_000)
    assert times["a/b/c"] > 1_700_000_000
