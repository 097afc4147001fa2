"""Headers that we write, read by Python's tarfile and by our own reader."""

import io
import tarfile

from hypothesis import given
from hypothesis import strategies as st

from dockyard.fs.archive.header import REGULAR, SYMLINK
from dockyard.fs.archive.reader import TarReader
from dockyard.fs.archive.source import StreamSource
from dockyard.fs.archive.writer import END, Entry, header, padding

NAME = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), min_size=1, max_size=300).filter(
    lambda name: not name.endswith("/")
)
NUMBER = st.one_of(st.integers(0, 0o7777777), st.integers(0, 2**31))
TIME = st.one_of(st.integers(-(2**40), 2**62), st.integers(0, 2**33).map(lambda seconds: seconds * 10**9))


@given(
    NAME,
    NUMBER,
    NUMBER,
    TIME,
    st.binary(max_size=1100),
    st.dictionaries(st.sampled_from([b"user.a", b"user.b"]), st.binary(max_size=20)),
)
def test_files(name: str, uid: int, gid: int, mtime: int, data: bytes, xattrs: dict[bytes, bytes]) -> None:
    entry = Entry(name.encode(), REGULAR, 0o4755, uid, gid, len(data), mtime, xattrs=xattrs)
    archive = header(entry, fractions=True) + data + padding(len(data)) + END
    (member,) = (reader := TarReader(StreamSource([archive])))
    del reader
    assert (member.name, member.mode, member.uid, member.gid) == (name.encode(), 0o4755, uid, gid)
    assert (member.size, member.mtime, member.xattrs) == (len(data), mtime, xattrs)
    with tarfile.open(fileobj=io.BytesIO(archive)) as oracle:
        (theirs,) = oracle
        assert (theirs.name, theirs.mode, theirs.uid, theirs.gid) == (name, 0o4755, uid, gid)
        assert oracle.extractfile(theirs).read() == data  # type: ignore[union-attr]


@given(NAME, NAME)
def test_links(name: str, target: str) -> None:
    archive = header(Entry(name.encode(), SYMLINK, 0o777, link=target.encode())) + END
    with tarfile.open(fileobj=io.BytesIO(archive)) as oracle:
        (theirs,) = oracle
    assert (theirs.name, theirs.linkname, theirs.type) == (name, target, tarfile.SYMTYPE)


def test_plain_archives_have_no_extensions() -> None:
    assert len(header(Entry(b"a/b", size=5, mtime=1_700_000_000 * 10**9))) == 512
    assert len(header(Entry(b"d" * 90 + b"/" + b"n" * 90))) == 512
