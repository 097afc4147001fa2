"""A power cut takes what the kernel hasn't written out: a layer's files are on the disk before its row says so."""

import errno
import os
from pathlib import Path

import pytest
from tests.support.stores import DRIVERS, Store, open_store
from tests.support.tarballs import directory, docker_archive, file, tarball

from dockyard.errors import SystemFailure
from dockyard.linux import syncfs
from dockyard.store.layers import register

pytestmark = pytest.mark.root

LAYERS = [tarball([directory("etc"), file("etc/a", b"a")]), tarball([file("etc/b", b"b")])]


@pytest.fixture(params=DRIVERS)
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Store:
    return open_store(tmp_path / "store", request.param)


def test_files_come_before_their_row(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    rows_at_sync = []

    def sync(path: str) -> None:
        assert Path(path).is_dir()
        rows_at_sync.append(len(store.layers.layers()))
        syncfs.sync_filesystem(path)

    monkeypatch.setattr(register, "sync_filesystem", sync)
    store.load(docker_archive(LAYERS))
    assert rows_at_sync == [0, 1]


def test_a_layer_that_cannot_be_written_out_is_none(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(_path: str) -> None:
        raise OSError(errno.EIO, os.strerror(errno.EIO))

    monkeypatch.setattr(register, "sync_filesystem", fail)
    with pytest.raises(SystemFailure, match="writing out layer"):
        store.load(docker_archive(LAYERS))
    assert not store.layers.layers()
    assert not [path for path in store.root.rglob("etc") if path.is_dir()]
    monkeypatch.undo()
    store.load(docker_archive(LAYERS))
    assert len(store.layers.layers()) == 2


def test_the_call_tells_what_is_wrong(tmp_path: Path) -> None:
    syncfs.sync_filesystem(str(tmp_path))
    with pytest.raises(NotADirectoryError):
        syncfs.sync_filesystem("/etc/passwd")
