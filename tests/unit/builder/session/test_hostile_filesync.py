"""Peers that don't keep to the protocol: nothing gets out of the folder, nothing is kept without bound."""

import os
import stat

import pytest

from dockyard.builder.session.filesync.entry import DATA, ERROR, FIN, REQUEST, STAT, Entry, Packet, go_mode, unix_mode
from dockyard.builder.session.filesync.receiver import Limits, Receiver
from dockyard.builder.session.filesync.send import Sender
from dockyard.builder.session.filesync.tree import Tree
from dockyard.errors import DockyardError, InvalidParameter, SystemFailure

FILE, FOLDER, LINK = stat.S_IFREG | 0o644, stat.S_IFDIR | 0o755, stat.S_IFLNK | 0o777


@pytest.fixture
def target(tmp_path):
    folder = tmp_path / "target"
    folder.mkdir()
    return folder


@pytest.fixture
def receiver(target):
    made = Receiver(str(target))
    yield made
    made.close()


def entry(path, mode=FILE, **more):
    return Packet(STAT, Entry(path, mode, os.geteuid(), os.getegid(), **more))


@pytest.mark.parametrize(
    "packets",
    [
        [entry(b"../out")],
        [entry(b"/etc/x")],
        [entry(b"")],
        [entry(b".")],
        [entry(b"..")],
        [entry(b"a/")],
        [entry(b"a//b")],
        [entry(b"a/./b")],
        [entry(b"a\0b")],
        [entry(b"x" * 256)],
        [entry(b"d", FOLDER), entry(b"d/" + b"/".join([b"y" * 200] * 25))],
        [entry(b"missing/parent")],
        [entry(b"l", LINK, link=b"/etc"), entry(b"l/passwd", size=1)],
        [entry(b"f"), entry(b"f/below")],
        [entry(b"b"), entry(b"a")],
        [entry(b"a"), entry(b"a")],
        [entry(b"d", FOLDER), entry(b"d/a"), entry(b"e"), entry(b"d/b")],
        [entry(b"h", link=b"never/seen")],
        [entry(b"h", link=b"../../etc/passwd")],
        [entry(b"l", LINK, link=b"/etc/passwd"), entry(b"m", link=b"l")],
        [entry(b"l", LINK)],
        [entry(b"l", LINK, link=b"a\0b")],
        [entry(b"f", size=-1)],
        [Packet(STAT, Entry(b"f", FILE, uid=(1 << 32) - 1))],
        [entry(b"whiteout", stat.S_IFCHR | 0o600)],
        [Packet(DATA, id=0, data=b"unasked")],
        [Packet(FIN)],
        [Packet(REQUEST, id=0)],
        [Packet(STAT), Packet(STAT)],
        [Packet(STAT), entry(b"late")],
        [entry(b"f", size=1), Packet(STAT), Packet(DATA, id=7, data=b"x")],
        [Packet(STAT), Packet(DATA, id=0, data=b"x")],
    ],
)
def test_what_breaks_the_protocol_is_refused(receiver, target, tmp_path, packets):
    with pytest.raises(InvalidParameter):
        for packet in packets:
            receiver.take([packet])
    receiver.close = lambda: None
    assert sorted(os.listdir(tmp_path)) == ["target"]


def test_data_that_nobody_asked_for_twice(receiver, target):
    assert receiver.take([entry(b"f", size=1)]) == [Packet(REQUEST, id=0)]
    receiver.take([Packet(DATA, id=0, data=b"x"), Packet(DATA, id=0)])
    with pytest.raises(InvalidParameter):
        receiver.take([Packet(DATA, id=0, data=b"again")])
    assert (target / "f").read_bytes() == b"x"


def test_a_link_where_a_directory_comes_is_replaced_and_not_followed(tmp_path, target):
    outside = tmp_path / "outside"
    outside.mkdir()
    (target / "d").symlink_to(outside)
    (target / "f").symlink_to(outside / "written")
    for merge in (False, True):
        receiver = Receiver(str(target), merge=merge)
        answers = receiver.take([entry(b"d", FOLDER), entry(b"d/x", size=1), entry(b"f", size=1), Packet(STAT)])
        assert [answer.kind for answer in answers] == [REQUEST, REQUEST]
        receiver.take(
            [packet for number in (1, 2) for packet in (Packet(DATA, None, number, b"z"), Packet(DATA, None, number))]
        )
        receiver.close()
        assert os.listdir(outside) == []
        assert (target / "f").read_text() == (target / "d" / "x").read_text() == "z"
        (target / "d" / "x").unlink()
        (target / "d").rmdir()
        (target / "d").symlink_to(outside)


def test_devices_are_made_only_where_they_are_wanted(target):
    receiver = Receiver(str(target), devices=False)
    with pytest.raises(InvalidParameter, match="devices"):
        receiver.take([entry(b"null", stat.S_IFCHR | 0o666, device=os.makedev(1, 3))])
    receiver.close()


def test_attributes_that_would_mean_something_to_overlayfs_are_left_out(receiver, target):
    told = {b"trusted.overlay.opaque": b"y", b"user.fine": b"1", b"security.selinux": b"x"}
    receiver.take([entry(b"d", FOLDER, xattrs=told), Packet(STAT)])
    assert os.listxattr(target / "d") == ["user.fine"]


def test_how_much_is_accepted(target):
    receiver = Receiver(str(target), limits=Limits(entries=2))
    with pytest.raises(InvalidParameter, match="more than 2"):
        receiver.take([entry(b"a"), entry(b"b"), entry(b"c")])
    receiver.close()
    receiver = Receiver(str(target), limits=Limits(bytes_=10))
    receiver.take([entry(b"f", size=1)])
    with pytest.raises(InvalidParameter, match="more than 10"):
        for _ in range(100):
            receiver.take([Packet(DATA, id=0, data=b"more")])
    receiver.close()
    assert not (target / "f").exists()
    receiver = Receiver(str(target), limits=Limits(path_bytes=1000))
    with pytest.raises(InvalidParameter):
        receiver.take([entry(b"%03d" % number + b"x" * 100) for number in range(20)])
    receiver.close()


def test_few_files_are_open_at_once(receiver, target):
    asked = receiver.take([*[entry(b"%05d" % number, size=1) for number in range(5000)], Packet(STAT)])
    assert 0 < len(asked) < 500
    before = len(os.listdir("/proc/self/fd"))
    receiver.take([Packet(DATA, id=packet.id, data=b"x") for packet in asked])
    assert len(os.listdir("/proc/self/fd")) - before <= len(asked)


def test_a_transfer_that_was_cut_leaves_whole_files_only(target):
    (target / "f").write_text("old")
    receiver = Receiver(str(target))
    receiver.take([entry(b"f", size=10), entry(b"g", size=10), Packet(STAT)])
    receiver.take([Packet(DATA, id=0, data=b"half")])
    receiver.close()
    assert os.listdir(target) == ["f"]
    assert (target / "f").read_text() == "old"


def test_what_a_killed_transfer_left_is_removed_by_the_next(target):
    (target / ".dockyard-0123456789abcdef01234567").write_text("half")
    receiver = Receiver(str(target))
    receiver.take([entry(b"f"), Packet(STAT)])
    receiver.close()
    assert os.listdir(target) == ["f"]


def test_a_very_deep_tree(receiver, target):
    path, packets = b"", []
    for _ in range(1500):
        path = path + b"/d" if path else b"d"
        packets.append(entry(path, FOLDER))
    receiver.take(packets)
    assert receiver.take([Packet(STAT)]) == [Packet(FIN)]
    receiver.take([Packet(FIN)])
    assert receiver.finished
    again = Receiver(str(target))
    again.take([Packet(STAT)])  # and away with it
    again.close()
    assert os.listdir(target) == []


def test_the_senders_own_error_is_told(receiver):
    with pytest.raises(SystemFailure, match="error from sender: disk on fire"):
        receiver.take([Packet(ERROR, data=b"disk on fire")])


def test_a_receiver_gets_no_file_that_was_not_offered(tmp_path):
    (tmp_path / "d").mkdir()
    (tmp_path / "d" / "f").write_text("x")
    (tmp_path / "secret").write_text("excluded")
    tree = Tree(str(tmp_path), excludes=["secret"])
    sender = Sender(tree)
    assert [packet.entry.path for packet in sender.batch() if packet.entry] == [b"d", b"d/f"]
    for number in (0, 2, 3, 1 << 31):  # a directory, the end, nothing
        with pytest.raises(InvalidParameter):
            sender.request(number)
    sender.request(1)
    with pytest.raises(InvalidParameter):
        sender.request(1)
    assert b"".join(packet.data for packet in sender.batch()) == b"x"
    tree.close()


def test_a_file_that_became_a_link_is_not_followed(tmp_path):
    source = tmp_path / "source"
    source.mkdir()
    (source / "d").mkdir()
    (source / "d" / "f").write_text("x")
    tree = Tree(str(source))
    sender = Sender(tree)
    sender.batch()
    (source / "d").rename(tmp_path / "elsewhere")
    (source / "d").symlink_to(tmp_path / "elsewhere")
    sender.request(1)
    with pytest.raises(DockyardError):
        sender.batch()
    tree.close()


@pytest.mark.parametrize("kind", [stat.S_IFREG, stat.S_IFDIR, stat.S_IFLNK, stat.S_IFIFO, stat.S_IFCHR, stat.S_IFBLK])
@pytest.mark.parametrize("bits", [0o755, 0o4755, 0o2700, 0o1777, 0o7000])
def test_modes_go_there_and_back(kind, bits):
    assert unix_mode(go_mode(kind | bits)) == kind | bits


def test_kinds_that_there_are_not():
    assert unix_mode(1 << 31 | 1 << 27) is None
    assert unix_mode(1 << 24) is None
    assert unix_mode(1 << 19) is None
