"""A power cut takes what the kernel hasn't written out: until that is done, a layer counts in the boot that wrote it.

Another boot is another id; what the disk would then hold of the unconfirmed files is made as bad as can be.
"""

import errno
import os
import shutil
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.support.stores import AMD64, DRIVERS, Store, open_store
from tests.support.tarballs import directory, docker_archive, file, tarball

from dockyard.errors import SystemFailure
from dockyard.linux import syncfs
from dockyard.spec.image import ImageConfig
from dockyard.store.archive.import_ import import_image
from dockyard.store.archive.save import save
from dockyard.store.images.commit import CommitRequest, commit
from dockyard.store.layers import confirm

pytestmark = pytest.mark.root

LAYERS = [tarball([directory("etc"), file("etc/a", b"a")]), tarball([file("etc/b", b"b")])]
OTHER = tarball([file("other", b"o")])
NOW = "2026-01-01T00:00:00Z"


@pytest.fixture(params=DRIVERS)
def reopen(request: pytest.FixtureRequest, tmp_path: Path) -> Callable[[str], Store]:
    return lambda boot: open_store(tmp_path / "store", request.param, boot=boot)


def load_base(store: Store) -> None:
    store.load(docker_archive(LAYERS, ["base:1"]))


def do_load(store: Store) -> None:
    store.load(docker_archive([*LAYERS, OTHER], ["new:1"]))


def do_load_compressed(store: Store) -> None:
    store.load(docker_archive([*LAYERS, OTHER], ["new:1"], gz=True))


def do_import(store: Store) -> None:
    import_image(store.images, store.content, [OTHER], config=ImageConfig(), message="", platform=AMD64, now=NOW)


def do_commit(store: Store) -> None:
    parent = store.images.get("base:1")
    layer = store.layers.create_rw("container", parent.chain_id)
    Path(store.layers.driver.writable(layer.driver_id), "changed").write_bytes(b"by the container")
    request = CommitRequest(parent.image.config, "", "", "", "container", AMD64, NOW)
    commit(store.images, store.content, layer, parent, request)
    store.layers.remove_rw("container")


def do_build(store: Store) -> None:
    with store.layers.lease() as lease:
        draft = store.layers.draft(store.images.get("base:1").chain_id)
        Path(draft.directory, "built").write_bytes(b"in place")
        assert store.layers.adopt(draft, lease) is not None


def ruin(store: Store, known: set[str]) -> None:
    """The files of all layers but the `known` ones as a power cut may leave them: names without anything in them."""
    for layer in store.layers.layers():
        if layer.chain_id not in known:
            home = Path(store.layers.driver.writable(layer.driver_id))
            for entry in home.iterdir():
                shutil.rmtree(entry) if entry.is_dir() else entry.write_bytes(b"")


@pytest.mark.parametrize("work", [do_load, do_load_compressed, do_import, do_commit, do_build])
def test_what_was_not_written_out_is_gone_and_can_be_made_again(
    reopen: Callable[[str], Store], work: Callable[[Store], None]
) -> None:
    store = reopen("first")
    load_base(store)
    store.layers.confirm()
    known = {layer.chain_id for layer in store.layers.layers()}
    images = {image.id for image in store.images.images()}
    work(store)
    made = {image.id for image in store.images.images()}
    assert len(store.layers.layers()) > len(known)
    ruin(store, known)
    store.database.close()

    store = reopen("second")
    assert {layer.chain_id for layer in store.layers.layers()} == known
    assert {image.id for image in store.images.images()} == images
    assert len([one for one in store.layers.driver.ids() if not one.endswith("-init")]) == len(known)
    assert {blob.digest for blob in store.content.list()} == images | store.layers.blob_digests()
    work(store)
    assert {image.id for image in store.images.images()} == made
    for image in store.images.images():
        b"".join(save(store.images, store.content, [image.id]))


def test_a_kill_in_the_same_boot_loses_nothing(reopen: Callable[[str], Store]) -> None:
    store = reopen("first")
    load_base(store)
    layers = {layer.chain_id for layer in store.layers.layers()}
    store.database.close()
    store = reopen("first")
    assert {layer.chain_id for layer in store.layers.layers()} == layers
    assert all(store.layers.is_unconfirmed(chain) for chain in layers)
    store.layers.confirm()
    store.database.close()
    store = reopen("second")
    assert {layer.chain_id for layer in store.layers.layers()} == layers
    assert store.images.find("base:1") is not None


def test_what_stands_on_a_lost_layer_is_lost(reopen: Callable[[str], Store]) -> None:
    store = reopen("first")
    load_base(store)
    lower, upper = sorted(store.layers.layers(), key=lambda layer: layer.parent is not None)
    store.database.execute("UPDATE layers SET unconfirmed_boot = NULL WHERE chain_id = ?", (upper.chain_id,))
    store.database.close()
    store = reopen("second")
    assert store.layers.find(lower.chain_id) is None
    assert not store.layers.layers()
    assert not list(store.layers.driver.ids())


def test_files_are_written_out_once_for_all_layers(
    reopen: Callable[[str], Store], monkeypatch: pytest.MonkeyPatch
) -> None:
    store = reopen("first")
    synced: list[str] = []

    def sync(path: str) -> None:
        assert all(store.layers.is_unconfirmed(layer.chain_id) for layer in store.layers.layers())
        synced.append(path)
        syncfs.sync_filesystem(path)

    monkeypatch.setattr(confirm, "sync_filesystem", sync)
    load_base(store)
    assert not synced
    store.layers.confirm()
    store.layers.confirm()
    assert len(synced) == 1
    assert not any(store.layers.is_unconfirmed(layer.chain_id) for layer in store.layers.layers())


def test_it_happens_by_itself(reopen: Callable[[str], Store], monkeypatch: pytest.MonkeyPatch) -> None:
    store = reopen("first")
    monkeypatch.setattr(store.layers._confirmer, "_quiet_seconds", 0.01)
    load_base(store)
    timer = store.layers._confirmer._timer
    assert timer is not None
    timer.join(60)
    assert not any(store.layers.is_unconfirmed(layer.chain_id) for layer in store.layers.layers())


def test_layers_that_keep_coming_put_it_off_for_a_while_only(
    reopen: Callable[[str], Store], monkeypatch: pytest.MonkeyPatch
) -> None:
    store = reopen("first")
    monkeypatch.setattr(store.layers._confirmer, "_quiet_seconds", 60)
    monkeypatch.setattr(store.layers._confirmer, "_longest_seconds", 0.2)
    load_base(store)
    chains = [layer.chain_id for layer in store.layers.layers()]
    ends = time.monotonic() + 30
    while any(store.layers.is_unconfirmed(chain) for chain in chains):
        assert time.monotonic() < ends
        store.layers._confirmer.soon()
        time.sleep(0.02)


def test_what_is_made_again_meanwhile_is_not_taken_for_what_was_written_out(
    reopen: Callable[[str], Store], monkeypatch: pytest.MonkeyPatch
) -> None:
    store = reopen("first")
    load_base(store)
    chain = store.images.get("base:1").chain_id
    assert chain is not None

    def sync(path: str) -> None:
        syncfs.sync_filesystem(path)
        monkeypatch.setattr(confirm, "sync_filesystem", syncfs.sync_filesystem)
        store.images.delete(store.images.get("base:1").id)  # rmi, and a load that makes new files
        store.images.collect_layers()
        assert store.layers.find(chain) is None
        load_base(store)

    monkeypatch.setattr(confirm, "sync_filesystem", sync)
    store.layers.confirm()
    assert all(store.layers.is_unconfirmed(layer.chain_id) for layer in store.layers.layers())
    store.layers.confirm(chain)
    assert not store.layers.is_unconfirmed(chain)


def test_nothing_is_confirmed_without_files(reopen: Callable[[str], Store], monkeypatch: pytest.MonkeyPatch) -> None:
    store = reopen("first")
    load_base(store)

    def gone(path: str) -> None:
        raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), path)

    monkeypatch.setattr(confirm, "sync_filesystem", gone)
    store.layers.confirm()
    assert all(store.layers.is_unconfirmed(layer.chain_id) for layer in store.layers.layers())


def test_layers_that_cannot_be_written_out_stay_doubtful(
    reopen: Callable[[str], Store], monkeypatch: pytest.MonkeyPatch
) -> None:
    store = reopen("first")
    told: list[str] = []
    store.layers.complain_to(told.append)

    def fail(_path: str) -> None:
        raise OSError(errno.EIO, os.strerror(errno.EIO))

    load_base(store)
    monkeypatch.setattr(confirm, "sync_filesystem", fail)
    with pytest.raises(SystemFailure, match="writing out layers"):
        store.layers.confirm()
    monkeypatch.undo()
    store.layers.confirm()  # the kernel tells of an error once: that it is silent now proves nothing
    assert told == ["writing out layers: Input/output error"]
    assert all(store.layers.is_unconfirmed(layer.chain_id) for layer in store.layers.layers())
    upper = store.images.get("base:1").chain_id
    assert upper is not None
    for _ in range(2):  # a container on it would be lost, at its second try as well
        with pytest.raises(SystemFailure, match="failed earlier"):
            store.layers.confirm(upper)
    do_commit(store)  # what stands on doubtful layers is as doubtful, though it is written out itself
    store.layers.confirm()
    [committed] = [one.chain_id for one in store.images.images() if one.chain_id != upper]
    assert committed is not None
    assert store.layers.is_unconfirmed(committed)
    store.database.close()
    assert not reopen("second").images.images()


def test_the_call_tells_what_is_wrong(tmp_path: Path) -> None:
    syncfs.sync_filesystem(str(tmp_path))
    with pytest.raises(NotADirectoryError):
        syncfs.sync_filesystem("/etc/passwd")
