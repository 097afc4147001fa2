"""Packets of any kind in any order to a receiver of folders: an error or files below its folder, nothing else."""

import contextlib
import os
import stat
import tempfile
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from dockyard.builder.session.filesync.entry import DATA, ERROR, FIN, REQUEST, STAT, Entry, Packet
from dockyard.builder.session.filesync.receiver import Limits, Receiver
from dockyard.builder.session.filesync.stream import _packet
from dockyard.errors import DockyardError
from dockyard.wire.buildkit.messages import files

NAMES = st.sampled_from([b"a", b"b", b"c", b"..", b".", b"", b"a\0", b"x" * 300, b"\xff", b".dockyard-0"])
PATHS = st.lists(NAMES, min_size=1, max_size=4).map(b"/".join) | st.binary(max_size=12)
KINDS = st.sampled_from([stat.S_IFREG, stat.S_IFDIR, stat.S_IFLNK, stat.S_IFIFO, stat.S_IFCHR, stat.S_IFBLK])
LINKS = st.sampled_from([b"", b"/etc", b"../outside", b"a", b"a/b", b"x" * 5000])
ATTRIBUTES = st.sampled_from([b"user.x", b"trusted.overlay.opaque", b"security.capability"])
ENTRIES = st.builds(
    Entry, PATHS, st.builds(lambda kind, bits: kind | bits, KINDS, st.integers(0, 0o7777)), st.integers(0, 1 << 32),
    st.integers(0, 1 << 32), st.integers(-1, 1 << 62), st.integers(-(1 << 62), 1 << 62), LINKS, st.just(0),
    st.dictionaries(ATTRIBUTES, st.binary(max_size=9)),
)  # fmt: skip
PACKETS = st.builds(Packet, st.just(STAT), st.none() | ENTRIES) | st.builds(
    Packet, st.sampled_from([REQUEST, DATA, FIN, ERROR]), st.none(), st.integers(0, 9), st.binary(max_size=9)
)


@settings(max_examples=300, deadline=None)
@given(st.lists(PACKETS, max_size=12), st.booleans())
def test_a_receiver_stays_in_its_folder(packets, merge):
    with tempfile.TemporaryDirectory() as home:
        target, outside = Path(home, "target"), Path(home, "outside")
        target.mkdir()
        outside.mkdir()
        (target / "a").symlink_to(outside)
        (target / "b").mkdir()
        (target / "b" / "b").symlink_to("../../outside")
        receiver = Receiver(str(target), merge=merge, devices=False, limits=Limits(bytes_=1 << 20))
        before = len(os.listdir("/proc/self/fd"))
        try:
            for packet in packets:
                receiver.take([packet])
        except DockyardError:
            pass
        finally:
            receiver.close()
        assert os.listdir(outside) == []
        assert sorted(os.listdir(home)) == ["outside", "target"]
        assert len(os.listdir("/proc/self/fd")) < before
        for path in target.rglob("*"):
            assert "trusted.overlay.opaque" not in os.listxattr(path, follow_symlinks=False)


@settings(max_examples=300, deadline=None)
@given(
    st.builds(
        lambda kind, mode, major, path: files.Packet(
            type=kind, stat={"path": path, "mode": mode, "devmajor": major, "devminor": major}
        ),
        st.integers(0, 9), st.integers(0, (1 << 32) - 1), st.integers(-(1 << 63), (1 << 63) - 1), st.binary(max_size=9),
    )
)  # fmt: skip
def test_packets_are_read_or_refused(message):
    with contextlib.suppress(DockyardError):
        _packet(message)
