"""Volumes: names, options, copy-up, removal; what is on disk and what survives a lost database."""

import os
import stat
from pathlib import Path

import pytest
from tests.support.stores import DRIVERS, Store, open_store
from tests.support.tarballs import directory, docker_archive, file, hardlink, info, symlink, tarball
from tests.support.trees import snapshot

from dockyard.errors import AlreadyExists, Conflict, InvalidParameter, NotFound
from dockyard.fs.mount import Mount

pytestmark = pytest.mark.root

IMAGE = tarball(
    [
        directory("srv", mode=0o2770, uid=7, gid=8),
        directory("srv/sub", mode=0o700, uid=9),
        file("srv/sub/f", b"x" * 1000, uid=9, mode=0o640),
        hardlink("srv/hard", "srv/sub/f"),
        symlink("srv/link", "../etc/passwd"),
        (info("srv/attr", pax_headers={"SCHILY.xattr.user.k": "v"}), b""),
        directory("empty", mode=0o711, uid=3),
        symlink("alias", "/srv"),
        file("plain", b"not a directory"),
    ]
)


@pytest.fixture(params=DRIVERS)
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Store:
    return open_store(tmp_path / "store", request.param)


@pytest.fixture
def view(store: Store):
    store.load(docker_archive([IMAGE]))
    return store.layers.create_rw("c", store.images.get("test").chain_id).view()


def test_the_life_of_a_volume(store: Store) -> None:
    volume, made = store.volumes.create("data", labels={"a": "b"}, now="2026-01-01T00:00:00Z")
    assert made
    assert (volume.name, volume.driver, volume.scope, volume.labels) == ("data", "local", "local", {"a": "b"})
    assert volume.mountpoint == f"{store.root}/volumes/data/_data"
    assert stat.S_IMODE(os.stat(volume.mountpoint).st_mode) == 0o755
    assert store.volumes.create("data", labels={"ignored": ""}) == (volume, False)
    assert store.volumes.list() == [volume] == [store.volumes.get("data")]
    store.volumes.remove("data")
    assert not Path(volume.mountpoint).parent.exists()
    with pytest.raises(NotFound, match="get data: no such volume"):
        store.volumes.get("data")
    with pytest.raises(NotFound, match="get data: no such volume"):
        store.volumes.remove("data")
    store.volumes.remove("data", force=True)


def test_anonymous_volumes(store: Store) -> None:
    one, _ = store.volumes.create()
    two, _ = store.volumes.create()
    assert one.anonymous and len(one.name) == 64 and one.name != two.name
    assert not store.volumes.create("named")[0].anonymous


def test_a_volume_in_use(store: Store) -> None:
    store.volumes.create("data")
    with pytest.raises(Conflict, match=r"remove data: volume is in use - \[abc, def\]"):
        store.volumes.remove("data", used_by=["abc", "def"])
    assert store.volumes.get("data")


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("a", "volume name is too short, names should be at least two alphanumeric characters"),
        ("ä", '"ä" includes invalid characters for a local volume name'),
        ("a b", '"a b" includes invalid characters for a local volume name, only "[a-zA-Z0-9][a-zA-Z0-9_.-]" are'),
        ("../x", '"../x" includes invalid characters'),
        (".hidden", '".hidden" includes invalid characters'),
        ("a/b", '"a/b" includes invalid characters'),
        ("ab\n", "includes invalid characters"),
    ],
)
def test_bad_names(store: Store, name: str, message: str) -> None:
    with pytest.raises(InvalidParameter) as raised:
        store.volumes.create(name)
    assert message in str(raised.value)
    assert list((store.root / "volumes").iterdir()) == []


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"nope": "1"}, 'invalid option: "nope"'),
        ({"type": "tmpfs"}, 'missing required option: "device"'),
        ({"o": "size=1m"}, 'missing required option: "device"'),
        ({"size": "1g"}, "quota size requested but no quota support"),
    ],
)
def test_bad_options(store: Store, options: dict[str, str], message: str) -> None:
    with pytest.raises(InvalidParameter) as raised:
        store.volumes.create("data", options=options)
    assert str(raised.value) == message


def test_other_drivers(store: Store) -> None:
    assert store.volumes.create("of-a-plugin", driver="nfs")[0].mountpoint == ""
    store.volumes.remove("of-a-plugin")
    store.volumes.create("data")
    with pytest.raises(AlreadyExists, match="volume name must be unique - data is in use by driver local"):
        store.volumes.create("data", driver="nfs")


def test_a_volume_that_is_a_mount(store: Store) -> None:
    options = {"type": "tmpfs", "device": "tmpfs", "o": "size=1m,uid=5"}
    volume, _ = store.volumes.create("data", options=options)
    assert volume.mount() == Mount("tmpfs", "tmpfs", volume.mountpoint, ("size=1m", "uid=5"))
    assert store.volumes.create("plain")[0].mount() is None


def test_copy_up(store: Store, view) -> None:
    volume, _ = store.volumes.create("data")
    assert store.volumes.copy_up("data", view, (b"srv",)) is True
    root = Path(volume.mountpoint)
    found = snapshot(root)
    assert set(found) == {"sub", "sub/f", "hard", "link", "attr"}
    assert found["sub"][:3] == ("drwx------", 9, 0)
    assert found["sub/f"][:3] == ("-rw-r-----", 9, 0)
    assert found["hard"][7] == found["sub/f"][7]
    assert found["link"][5] == "../etc/passwd"
    assert found["attr"][6] == (("user.k", b"v"),)
    assert {entry[4] for entry in found.values()} == {1_700_000_000 * 10**9}
    status = root.stat()
    assert (stat.S_IMODE(status.st_mode), status.st_uid, status.st_gid) == (0o2770, 7, 8)
    assert [path.name for path in root.parent.iterdir()] == ["_data"]
    assert store.volumes.size_bytes("data") == 1000 + len("../etc/passwd")


def test_copy_up_follows_links_inside_the_image(store: Store, view) -> None:
    store.volumes.create("data")
    assert store.volumes.copy_up("data", view, (b"alias", b"sub")) is True
    assert store.volumes.size_bytes("data") == 1000


def test_copy_up_of_an_empty_directory_takes_its_owner(store: Store, view) -> None:
    volume, _ = store.volumes.create("data")
    store.volumes.copy_up("data", view, (b"empty",))
    status = os.stat(volume.mountpoint)
    assert (stat.S_IMODE(status.st_mode), status.st_uid) == (0o711, 3)


@pytest.mark.parametrize("source", [(b"no", b"such"), (b"plain",), (b"plain", b"below")])
def test_nothing_to_copy_up(store: Store, view, source: tuple[bytes, ...]) -> None:
    volume, _ = store.volumes.create("data")
    assert store.volumes.copy_up("data", view, source) is False
    assert list(Path(volume.mountpoint).iterdir()) == []


def test_a_volume_with_content_is_never_touched(store: Store, view) -> None:
    volume, _ = store.volumes.create("data")
    (Path(volume.mountpoint) / "mine").write_bytes(b"mine")
    assert store.volumes.copy_up("data", view, (b"srv",)) is False
    assert [path.name for path in Path(volume.mountpoint).iterdir()] == ["mine"]


def test_data_outlive_the_database(store: Store, tmp_path: Path) -> None:
    volume, _ = store.volumes.create("precious")
    (Path(volume.mountpoint) / "f").write_bytes(b"data")
    store.database.close()
    for path in store.root.glob("dockyard.db*"):
        path.unlink()
    again = open_store(store.root, store.layers.driver.name)
    assert (Path(again.volumes.get("precious").mountpoint) / "f").read_bytes() == b"data"
