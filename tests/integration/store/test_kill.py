"""SIGKILL at every step: whatever was being done, opening the store again finds nothing half-done and nothing lost.

A child process does the work and kills itself just before its n-th change of the filesystem (an audit hook counts
them), for n = 1, 2, 3 … until the work gets done. So not some moments are tried, but all.
"""

import os
import signal
import sys
import traceback
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.support.stores import AMD64, DRIVERS, Store, open_store
from tests.support.tarballs import directory, docker_archive, file, symlink, tarball

from dockyard.spec.image import ImageConfig
from dockyard.store.archive.import_ import import_image
from dockyard.store.archive.save import save
from dockyard.store.distribution.reference import parse_reference
from dockyard.store.images.commit import CommitRequest, commit
from dockyard.store.images.remove import remove_image

pytestmark = [pytest.mark.root, pytest.mark.timeout(300)]

BASE = tarball([directory("etc"), file("etc/a", b"a" * 3000), symlink("l", "etc/a")])
TOP = tarball([file("etc/.wh.a"), file("etc/b", b"b" * 10)])
OTHER = tarball([file("other", b"o")])
NOW = "2026-01-01T00:00:00Z"

CHANGES = {
    "open",
    "os.mkdir",
    "os.rename",
    "os.remove",
    "os.rmdir",
    "os.symlink",
    "os.link",
    "os.setxattr",
    "os.truncate",
}


def prepare_nothing(store: Store) -> None:
    """The work begins in an empty store."""


def prepare_image(store: Store) -> None:
    store.load(docker_archive([BASE], ["base:1"]))


def prepare_container(store: Store) -> None:
    prepare_image(store)
    layer = store.layers.create_rw("container", store.images.get("base:1").chain_id)
    Path(store.layers.driver.writable(layer.driver_id), "changed").write_bytes(b"by the container")


def prepare_two(store: Store) -> None:
    prepare_image(store)
    store.load(docker_archive([BASE, TOP], ["top:1"]))


def do_load(store: Store) -> None:
    store.load(docker_archive([BASE, TOP], ["new:1"]))


def do_load_compressed(store: Store) -> None:
    store.load(docker_archive([BASE, TOP], ["new:1"], gz=True))


def do_import(store: Store) -> None:
    made = import_image(store.images, store.content, [OTHER], config=ImageConfig(), message="", platform=AMD64, now=NOW)
    store.images.tag(parse_reference("imported:1"), made.id, now=NOW)


def do_commit(store: Store) -> None:
    parent = store.images.get("base:1")
    request = CommitRequest(parent.image.config, "", "", "", "container", AMD64, NOW)
    commit(store.images, store.content, store.layers.rw("container"), parent, request)


def do_create(store: Store) -> None:
    store.layers.create_rw("new-container", store.images.get("base:1").chain_id)


def do_remove_container(store: Store) -> None:
    store.layers.remove_rw("container")


def do_remove_image(store: Store) -> None:
    remove_image(store.images, "top:1", force=False, prune=True, users=lambda image_id: [])


def do_volume(store: Store) -> None:
    volume, _ = store.volumes.create("data", now=NOW)
    store.volumes.copy_up(volume.name, store.layers.rw("container").view(), (b"etc",))


def do_remove_volume(store: Store) -> None:
    if store.volumes.find("data") is None:
        do_volume(store)
    store.volumes.remove("data")


WORK: dict[str, tuple[Callable[[Store], None], Callable[[Store], None]]] = {
    "load": (prepare_image, do_load),
    "load into an empty store": (prepare_nothing, do_load),
    "load compressed": (prepare_nothing, do_load_compressed),
    "import": (prepare_image, do_import),
    "commit": (prepare_container, do_commit),
    "create": (prepare_image, do_create),
    "remove container": (prepare_container, do_remove_container),
    "rmi": (prepare_two, do_remove_image),
    "volume with copy-up": (prepare_container, do_volume),
    "volume rm": (prepare_container, do_remove_volume),
}


@pytest.mark.parametrize("driver", DRIVERS)
@pytest.mark.parametrize("name", WORK)
def test_killed_at_every_step(tmp_path: Path, driver: str, name: str) -> None:
    prepare, work = WORK[name]
    for step in range(1, 2000):
        root = tmp_path / str(step)
        store = open_store(root, driver)
        prepare(store)
        before = facts(store)
        store.database.close()
        killed = run_until(step, root, driver, work)
        again = open_store(root, driver)
        check(again, driver)
        assert before <= facts(again) or name in ("rmi", "remove container", "volume rm")
        if not already_done(again, name):
            work(again)
        check(again, driver)
        again.database.close()
        if not killed:
            assert step > 5
            return
    raise AssertionError("the work never got done")


def run_until(step: int, root: Path, driver: str, work: Callable[[Store], None]) -> bool:
    """Do `work` in a child that is killed before its change number `step`; whether it came to that."""
    child = os.fork()
    if child == 0:
        try:
            count = 0

            def hook(event: str, arguments: tuple[object, ...]) -> None:
                nonlocal count
                if event in CHANGES and (event != "open" or int(str(arguments[2])) & (os.O_CREAT | os.O_WRONLY)):
                    count += 1
                    if count == step:
                        os.kill(os.getpid(), signal.SIGKILL)

            sys.addaudithook(hook)
            work(open_store(root, driver))
        except BaseException:
            traceback.print_exc()
            os._exit(1)
        os._exit(0)
    _, status = os.waitpid(child, 0)
    assert status in (0, signal.SIGKILL), f"the work failed by itself at step {step}"
    return status != 0


def facts(store: Store) -> set[str]:
    """What exists for users: must only grow by an interrupted addition."""
    return {
        *(image.id for image in store.images.images()),
        *(f"container {container}" for container in store.layers.containers()),
        *(f"volume {volume.name}" for volume in store.volumes.list()),
        *(str(reference) for references in store.images.references.all().values() for reference in references),
    }


def already_done(store: Store, name: str) -> bool:
    return {
        "create": "new-container" in store.layers.containers(),
        "rmi": store.images.find("top:1") is None,
    }.get(name, False)


def check(store: Store, driver: str) -> None:
    """Everything that exists is whole, and there is nothing on disk that nothing refers to."""
    for image in store.images.images():
        data = b"".join(save(store.images, store.content, [image.id]))
        assert data.endswith(bytes(1024))
    rows = {layer.driver_id for layer in store.layers.layers()}
    for container in store.layers.containers():
        layer = store.layers.rw(container)
        rows |= {layer.driver_id, layer.init_id}
        assert {b"/".join(node.steps) for node in layer.view().walk()} >= {b"etc/hosts", b"proc", b"etc/a"}
        assert layer.changes() is not None
    # The init layer of an image stays as long as the image does, for its next container.
    rows |= {f"{layer.driver_id}-init" for layer in store.layers.layers()} & set(store.layers.driver.ids())
    assert set(store.layers.driver.ids()) == rows
    if driver == "overlay2":
        assert len(list((store.root / "overlay2" / "l").iterdir())) == len(rows)
    blobs = {blob.digest for blob in store.content.list()}
    assert blobs == {image.id for image in store.images.images()} | store.layers.blob_digests()
    assert list((store.root / "content" / "ingest").iterdir()) == []
    needed = {layer.chain_id for image in store.images.images() for layer in store.images.layers_of(image)}
    assert {layer.chain_id for layer in store.layers.layers()} == needed
    volumes = {volume.name for volume in store.volumes.list()}
    assert {path.name for path in (store.root / "volumes").iterdir()} == volumes
    for volume in store.volumes.list():
        assert {path.name for path in Path(volume.mountpoint).parent.iterdir()} == {"_data"}
        names = {path.name for path in Path(volume.mountpoint).iterdir()}
        assert names in (set(), {"a", "hostname", "hosts", "resolv.conf", "mtab"})
