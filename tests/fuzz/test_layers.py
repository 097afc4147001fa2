"""Random layer archives: hostile names, links, whiteouts, duplicates in any order.

Whatever an archive contains: nothing outside of the layer changes, only our own errors come out, the archive can be
given back byte for byte, and both graph drivers show the same tree.
"""

import contextlib
import io
import shutil
import tarfile
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.support.stores import graph_driver, open_store
from tests.support.tarballs import (
    Entry,
    digest,
    directory,
    docker_archive,
    file,
    hardlink,
    info,
    node,
    symlink,
    tarball,
)
from tests.support.trees import snapshot

from dockyard.errors import DockyardError
from dockyard.fs.archive.reader import TarReader
from dockyard.fs.archive.source import StreamSource
from dockyard.store.graphdriver import GraphDriver
from dockyard.store.layers.chain import chain_ids

pytestmark = pytest.mark.root

STEP = st.sampled_from(["a", "b", "c", "..", ".", "", "a", "b", ".wh.a", ".wh.b", ".wh..wh..opq", "\u00e9", "x" * 120])
NAME = st.lists(STEP, min_size=1, max_size=4).map("/".join)
TARGET = st.one_of(NAME, NAME.map(lambda name: f"/{name}"), st.sampled_from(["/", "..", "../..", "/etc/passwd", "OUT"]))
DATA = st.sampled_from([b"", b"x", b"y" * 513, b"z" * 70_000])
MODE = st.sampled_from([0o644, 0o755, 0o4755, 0o1777, 0])
OWNER = st.sampled_from([0, 1, 1000, 3_000_000])

ENTRY: st.SearchStrategy[Entry] = st.one_of(
    st.builds(lambda n, d, m, u: file(n, d, mode=m, uid=u), NAME, DATA, MODE, OWNER),
    st.builds(lambda n, m, u: directory(n, mode=m, gid=u), NAME, MODE, OWNER),
    st.builds(symlink, NAME, TARGET),
    st.builds(hardlink, NAME, TARGET),
    st.builds(lambda n: node(n, tarfile.FIFOTYPE), NAME),
    st.builds(lambda n: node(n, tarfile.CHRTYPE, 1, 3), NAME),
    st.builds(lambda n, v: (info(n, pax_headers={"SCHILY.xattr.user.k": v}), b""), NAME, st.sampled_from("ab")),
)
ARCHIVE = st.lists(ENTRY, max_size=8)
PLAIN = st.lists(
    st.one_of(
        st.builds(lambda n, d, m, u: file(n, d, mode=m, uid=u), NAME, DATA, MODE, OWNER),
        st.builds(lambda n, m, u: directory(n, mode=m, gid=u), NAME, MODE, OWNER),
    ),
    max_size=8,
)
"""A lower layer without links: what a name means in the layer above then doesn't depend on whether that sees them."""
FORMAT = st.sampled_from([tarfile.GNU_FORMAT, tarfile.PAX_FORMAT])

QUICK = settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))


@contextlib.contextmanager
def scratch() -> Iterator[Path]:
    path = Path(tempfile.mkdtemp(prefix="dockyard-fuzz-"))
    try:
        (path / "canary").write_bytes(b"untouched")
        (path / "secret").mkdir()
        (path / "secret" / "a").write_bytes(b"untouched")
        yield path
    finally:
        shutil.rmtree(path)


def packed(entries: list[Entry], format_: int, outside: Path) -> bytes:
    for entry, _ in entries:
        entry.linkname = entry.linkname.replace("OUT", str(outside))
    return tarball(entries, format=format_)


def apply(driver: GraphDriver, name: str, parent: str | None, data: bytes) -> str | None:
    """Make a layer; the error's text when that fails."""
    driver.create(name, parent)
    try:
        done = driver.apply(name, TarReader(StreamSource([data])), lambda member, steps: None)
        if parent is not None:
            driver.inherit(name, parent, done.implied)
    except DockyardError as error:
        return str(error)
    return None


def tree(driver: GraphDriver, name: str) -> dict[str, tuple[object, ...]]:
    """What the layer shows; without times and without the attributes of overlayfs itself."""
    found = {}
    with driver.view(name).reader() as reader:
        for each in reader.walk():
            status = each.status
            kind = status.st_mode & 0o170000
            size = status.st_size if kind == 0o100000 else 0
            found[b"/".join(each.steps).decode(errors="replace")] = (
                status.st_mode,
                status.st_uid,
                status.st_gid,
                status.st_rdev,
                size,
            )
    return found


@QUICK
@given(ARCHIVE, FORMAT)
def test_nothing_outside_of_a_layer_changes(entries: list[Entry], format_: int) -> None:
    with scratch() as path:
        data = packed(entries, format_, path)
        before = snapshot(path)
        driver = graph_driver("overlay2", path / "out")
        apply(driver, "one", None, data)
        assert {name: entry for name, entry in snapshot(path).items() if not name.startswith("out")} == before
        driver.remove("one")
        assert not list(driver.ids())


@QUICK
@given(PLAIN, ARCHIVE, FORMAT)
def test_both_drivers_show_the_same(below: list[Entry], above: list[Entry], format_: int) -> None:
    # A hard link's target is looked for in the layer alone by one driver, in the whole tree by the other.
    above = [entry for entry in above if entry[0].type != tarfile.LNKTYPE]
    with scratch() as path:
        layers = [packed(below, format_, path), packed(above, format_, path)]
        results = []
        for kind in ("overlay2", "vfs"):
            driver = graph_driver(kind, path / kind)
            if (error := apply(driver, "one", None, layers[0])) is None and (
                error := apply(driver, "two", "one", layers[1])
            ) is None:
                results.append(tree(driver, "two"))
            else:
                results.append({"error": (error,)})
        # Below a name that is a file in the parent, a layer on its own sees nothing, one on a full copy the file.
        if not any("error" in result for result in results):
            assert results[0] == results[1]


@QUICK
@given(ARCHIVE, FORMAT, st.booleans())
def test_the_archive_comes_back_byte_for_byte(entries: list[Entry], format_: int, gz: bool) -> None:
    with scratch() as path:
        data = packed(entries, format_, path)
        store = open_store(path / "out", keep_compressed=False)
        try:
            store.load(docker_archive([data], gz=gz))
        except DockyardError:
            assert not list(store.layers.driver.ids())
            assert not list(store.content.list())
        else:
            (chain,) = chain_ids([digest(data)])
            assert b"".join(store.layers.tar_stream(chain)) == data
        store.database.close()


@QUICK
@given(st.binary(max_size=3000))
def test_bytes_that_are_no_archive(data: bytes) -> None:
    with contextlib.suppress(DockyardError):
        for member in (reader := TarReader(StreamSource([data]))):
            reader.data(min(member.stored, 10))


@QUICK
@given(ARCHIVE, FORMAT, st.integers(0, 5000), st.binary(min_size=1, max_size=4))
def test_damage_anywhere(entries: list[Entry], format_: int, at: int, change: bytes) -> None:
    with scratch() as path:
        data = bytearray(packed(entries, format_, path))
        data[at : at + len(change)] = change
        store = open_store(path / "out")
        with contextlib.suppress(DockyardError):
            store.load(docker_archive([bytes(data)]))
            assert b"".join(store.layers.tar_stream(digest(bytes(data)))) == data
        store.database.close()


@settings(max_examples=100, deadline=None)
@given(ARCHIVE, st.sampled_from([tarfile.USTAR_FORMAT, tarfile.GNU_FORMAT, tarfile.PAX_FORMAT]))
def test_members_are_those_that_tarfile_sees(entries: list[Entry], format_: int) -> None:
    try:
        data = tarball(entries, format=format_)
    except ValueError:
        return  # ustar can't say it
    with tarfile.open(fileobj=io.BytesIO(data)) as oracle:
        expected = [(member.name.rstrip("/"), member.type, member.linkname, member.size) for member in oracle]
    found = [
        (member.name.decode().rstrip("/"), member.type, member.link.decode(), member.size)
        for member in TarReader(StreamSource([data]))
    ]
    assert found == [(name, kind, link, size if kind == tarfile.REGTYPE else 0) for name, kind, link, size in expected]
