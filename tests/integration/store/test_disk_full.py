"""A disk that fills up: the message names the file and the reason, and nothing is left behind; then it works again."""

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.support.stores import AMD64, DRIVERS, Store, open_store
from tests.support.tarballs import directory, docker_archive, file, tarball

from dockyard.errors import SystemFailure
from dockyard.spec.image import ImageConfig
from dockyard.store.archive.import_ import import_image
from dockyard.store.images.commit import CommitRequest, commit

pytestmark = pytest.mark.root

MEGABYTE = 1 << 20
SMALL = tarball([directory("etc"), file("etc/a", b"a")])
LARGE = tarball([file(f"large/{number}", os.urandom(MEGABYTE)) for number in range(6)])


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    """A filesystem of 48 MiB."""
    path = tmp_path / "disk"
    path.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=48m", "dockyard-test", path], check=True)
    try:
        yield path
    finally:
        subprocess.run(["umount", "-l", path], check=True)


@pytest.fixture(params=DRIVERS)
def store(request: pytest.FixtureRequest, disk: Path) -> Store:
    return open_store(disk / "store", request.param)


def fill(disk: Path, leave_bytes: int) -> Path:
    """Leave only so much room on the disk."""
    status = os.statvfs(disk)
    ballast = disk / "ballast"
    ballast.write_bytes(bytes(max(status.f_bavail * status.f_bsize - leave_bytes, 0)))
    return ballast


def leftovers(store: Store) -> set[str]:
    directories = {
        "content",
        "content/blobs",
        "content/blobs/sha256",
        "content/ingest",
        "content/downloads",
        "overlay2",
        "overlay2/l",
    }
    return store.files() - directories - {"vfs", "vfs/dir", "volumes"}


def test_while_unpacking(store: Store, disk: Path) -> None:
    # The archive itself fits, its unpacked files don't any more.
    ballast = fill(disk, 9 * MEGABYTE)
    with pytest.raises(SystemFailure, match=r"write /large/\d: no space left on device|database or disk is full"):
        store.load(docker_archive([SMALL, LARGE]))
    assert leftovers(store) == set()
    assert not store.images.images() and not store.layers.layers()
    ballast.unlink()
    store.load(docker_archive([SMALL, LARGE]))
    assert store.images.get("test").chain_id


def test_while_reading_the_archive(store: Store, disk: Path) -> None:
    fill(disk, 3 * MEGABYTE)
    with pytest.raises(SystemFailure, match="no space left on device"):
        store.load(docker_archive([SMALL, LARGE]))
    assert leftovers(store) == set()


def test_import_and_commit(store: Store, disk: Path) -> None:
    store.load(docker_archive([SMALL]))
    parent = store.images.get("test")
    layer = store.layers.create_rw("c", parent.chain_id)
    Path(store.layers.driver.writable(layer.driver_id), "large").write_bytes(os.urandom(4 * MEGABYTE))
    before = store.files()
    fill(disk, 5 * MEGABYTE)
    request = CommitRequest(ImageConfig(), "", "", "", "c", AMD64, "2026-01-01T00:00:00Z")
    with pytest.raises(SystemFailure, match="no space left on device"):
        commit(store.images, store.content, layer, parent, request)
    with pytest.raises(SystemFailure, match="no space left on device"):
        import_image(
            store.images, store.content, [LARGE], config=ImageConfig(), message="", platform=AMD64, now=request.now
        )
    assert store.files() == before
    assert [image.id for image in store.images.images()] == [parent.id]


def test_volume(store: Store, disk: Path) -> None:
    store.load(docker_archive([SMALL, LARGE]))
    layer = store.layers.create_rw("c", store.images.get("test").chain_id)
    volume, _ = store.volumes.create("data")
    fill(disk, 2 * MEGABYTE)
    with pytest.raises(SystemFailure, match="no space left on device"):
        store.volumes.copy_up("data", layer.view(), (b"large",))
    assert list(Path(volume.mountpoint).iterdir()) == []
    assert [path.name for path in Path(volume.mountpoint).parent.iterdir()] == ["_data"]
