"""The tar reader against archives that Python's tarfile wrote, and against damaged ones."""

import io
import tarfile

import pytest
from tests.support.tarballs import directory, file, hardlink, info, node, symlink, tarball

from dockyard.errors import InvalidParameter
from dockyard.fs.archive.reader import Member, TarReader
from dockyard.fs.archive.source import FileSource, StreamSource

FORMATS = [tarfile.USTAR_FORMAT, tarfile.GNU_FORMAT, tarfile.PAX_FORMAT]
LONG = "d" * 90 + "/" + "n" * 120


def members(data: bytes) -> list[Member]:
    return list(TarReader(StreamSource([data])))


@pytest.mark.parametrize("format_", FORMATS)
def test_all_kinds_of_members(format_: int) -> None:
    entries = [
        directory("dir/", mode=0o1777, uid=7, gid=8),
        file("dir/file", b"hello", mode=0o4755, uid=1, gid=2),
        symlink("dir/link", "file"),
        hardlink("dir/hard", "dir/file"),
        node("dev/null", tarfile.CHRTYPE, 1, 3),
        node("dev/loop", tarfile.BLKTYPE, 7, 0),
        node("pipe", tarfile.FIFOTYPE),
    ]
    found = members(tarball(entries, format=format_))
    assert [member.name.rstrip(b"/").decode() for member in found] == [entry.name.rstrip("/") for entry, _ in entries]
    assert [member.type for member in found] == [entry.type for entry, _ in entries]
    assert [(member.mode, member.uid, member.gid) for member in found] == [
        (entry.mode, entry.uid, entry.gid) for entry, _ in entries
    ]
    assert found[1].size == 5
    assert (found[2].link, found[3].link) == (b"file", b"dir/file")
    assert (found[4].major, found[4].minor) == (1, 3)
    assert {member.mtime for member in found} == {1_700_000_000 * 10**9}


@pytest.mark.parametrize("format_", [tarfile.GNU_FORMAT, tarfile.PAX_FORMAT])
def test_long_names_and_large_numbers(format_: int) -> None:
    data = tarball(
        [symlink(LONG, LONG[::-1]), file("big-ids", b"x", uid=3_000_000, gid=2**31), file("ümläut", b"")],
        format=format_,
    )
    first, second, third = members(data)
    assert (first.name, first.link) == (LONG.encode(), LONG[::-1].encode())
    assert (second.uid, second.gid) == (3_000_000, 2**31)
    assert third.name == "ümläut".encode()


def test_pax_times_and_attributes_are_exact() -> None:
    member = info("f", pax_headers={"mtime": "1700000000.123456789", "SCHILY.xattr.user.k": "v=1"})
    (found,) = members(tarball([(member, b"")]))
    assert found.mtime == 1_700_000_000_123_456_789
    assert found.xattrs == {b"user.k": b"v=1"}


def test_names_that_are_not_utf8_keep_their_bytes() -> None:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w", format=tarfile.GNU_FORMAT, encoding="latin-1") as archive:
        archive.addfile(info("caf\xe9"))
    (found,) = members(buffer.getvalue())
    assert found.name == b"caf\xe9"


@pytest.mark.parametrize("piece", [1, 7, 511, 512, 513, 1 << 20])
def test_the_size_of_chunks_does_not_matter(piece: int) -> None:
    data = tarball([file("a", b"x" * 1000), file("b", b"y" * 3)])
    reader = TarReader(StreamSource(data[at : at + piece] for at in range(0, len(data), piece)))
    assert [reader.data(member.size) for member in reader] == [b"x" * 1000, b"y" * 3]


def test_raw_bytes_and_data_are_the_whole_archive(tmp_path: object) -> None:
    data = tarball([file(LONG, b"x" * 700), directory("d"), file("e", b"z" * 512)]) + b"trailing"
    source = StreamSource([data])
    reader = TarReader(source)
    rebuilt = b""
    for member in reader:
        rebuilt += member.raw + reader.data(member.stored)
    assert rebuilt + reader.trailer + source.take(len(data)) == data


def test_members_of_a_file_are_those_of_a_stream(tmp_path) -> None:
    data = tarball([file(f"f{n}", bytes([n]) * n * 100) for n in range(50)])
    path = tmp_path / "a.tar"
    path.write_bytes(data)
    with path.open("rb") as opened:
        assert list(TarReader(FileSource(opened.fileno()))) == members(data)


def test_an_empty_archive_has_no_members() -> None:
    assert members(b"") == []
    assert members(bytes(1024)) == []


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"not a tar archive at all" * 100, "invalid tar header"),
        (tarball([file("a", b"x" * 5000)])[:3000], "unexpected EOF"),
        (tarball([file("a", b"")])[:100], "unexpected EOF"),
        (b"\x7fELF" + bytes(2000), "invalid tar header"),
    ],
)
def test_damaged_archives(data: bytes, message: str) -> None:
    with pytest.raises(InvalidParameter, match=message):
        members(data)


@pytest.mark.parametrize("records", [b"99 a=b\n", b"6 abc\n", b"0 a=b\n", b"x a=b\n", b"5 =b\n", b"20 size=-1\n"])
def test_malformed_pax_records(records: bytes) -> None:
    header = info("pax", tarfile.XHDTYPE, size=len(records)).tobuf(tarfile.USTAR_FORMAT)
    data = header + records.ljust(512, b"\0") + tarball([file("a", b"")])
    with pytest.raises(InvalidParameter):
        members(data)


def test_an_extended_header_of_a_gigabyte_is_refused_before_it_is_read() -> None:
    header = info("pax", tarfile.XHDTYPE, size=1 << 30).tobuf(tarfile.GNU_FORMAT)
    with pytest.raises(InvalidParameter, match="too long"):
        members(header + bytes(1024))
