"""`docker rmi`: Docker's rules and words, line for line."""

from pathlib import Path

import pytest
from tests.support.stores import Store, open_store
from tests.support.tarballs import digest, docker_archive, file, image_config, tarball

from dockyard.errors import Conflict, NotFound
from dockyard.store.distribution.reference import parse_reference
from dockyard.store.images import ContainerUse
from dockyard.store.images.remove import remove_image
from dockyard.store.layers.chain import chain_ids

pytestmark = [pytest.mark.root, pytest.mark.row("C6")]

ONE, TWO = tarball([file("one", b"1")]), tarball([file("two", b"2")])
STOPPED, RUNNING = "a" * 64, "b" * 64
HEX = "c" * 64


@pytest.fixture
def store(tmp_path: Path) -> Store:
    opened = open_store(tmp_path / "store")
    opened.load(docker_archive([ONE, TWO], ["x:1"]))
    return opened


def rmi(store: Store, name: str, *users: ContainerUse, force: bool = False, prune: bool = True) -> list[str]:
    lines = remove_image(store.images, name, force=force, prune=prune, users=lambda image_id: list(users))
    return [f"{line.kind.value}: {line.name}" for line in lines]


IMAGE = digest(image_config([ONE, TWO]))
CHAINS = chain_ids([digest(ONE), digest(TWO)])
DELETED = [f"Deleted: {IMAGE}", f"Deleted: {CHAINS[1]}", f"Deleted: {CHAINS[0]}"]
SHORT = IMAGE[7:19]


@pytest.mark.parametrize("name", ["x:1", IMAGE, IMAGE[7:], IMAGE[7:17], IMAGE[:20]])
def test_the_last_name_takes_the_image_along(store: Store, name: str) -> None:
    assert rmi(store, name) == ["Untagged: x:1", *DELETED]
    assert not list(store.layers.driver.ids())
    assert not list(store.content.list())


def test_one_of_several_names(store: Store) -> None:
    store.images.tag(parse_reference("y:1"), IMAGE)
    assert rmi(store, "y:1") == ["Untagged: y:1"]
    assert rmi(store, "x:1") == ["Untagged: x:1", *DELETED]


def test_digests_go_with_their_repositorys_last_tag(store: Store) -> None:
    store.images.tag(parse_reference(f"x@sha256:{HEX}"), IMAGE)
    assert rmi(store, "x:1") == ["Untagged: x:1", f"Untagged: x@sha256:{HEX}", *DELETED]


def test_an_id_with_names_in_several_repositories(store: Store) -> None:
    store.images.tag(parse_reference("y:1"), IMAGE)
    with pytest.raises(Conflict) as raised:
        rmi(store, IMAGE)
    assert str(raised.value) == (
        f"conflict: unable to delete {SHORT} (must be forced) - image is referenced in multiple repositories"
    )
    assert rmi(store, IMAGE, force=True) == ["Untagged: x:1", "Untagged: y:1", *DELETED]


def test_used_by_a_stopped_container(store: Store) -> None:
    user = ContainerUse(STOPPED, running=False)
    with pytest.raises(Conflict) as raised:
        rmi(store, "x:1", user)
    assert str(raised.value) == (
        'conflict: unable to remove repository reference "x:1" (must force) - '
        f"container {STOPPED[:12]} is using its referenced image {SHORT}"
    )
    with pytest.raises(Conflict) as raised:
        rmi(store, IMAGE, user)
    assert str(raised.value) == (
        f"conflict: unable to delete {SHORT} (must be forced) - image is being used by stopped container {STOPPED[:12]}"
    )
    assert rmi(store, "x:1", user, force=True) == ["Untagged: x:1", *DELETED]


def test_used_by_a_running_container(store: Store) -> None:
    user = ContainerUse(RUNNING, running=True)
    with pytest.raises(Conflict) as raised:
        rmi(store, IMAGE, user, force=True)
    assert str(raised.value) == (
        f"conflict: unable to delete {SHORT} (cannot be forced) - "
        f"image is being used by running container {RUNNING[:12]}"
    )
    assert rmi(store, "x:1", user, force=True) == ["Untagged: x:1"]
    assert store.images.by_id(IMAGE)


def test_layers_of_a_container_stay(store: Store) -> None:
    store.layers.create_rw(STOPPED, CHAINS[1])
    user = ContainerUse(STOPPED, running=False)
    assert rmi(store, "x:1", user, force=True) == ["Untagged: x:1", f"Deleted: {IMAGE}"]
    assert {b"one", b"two"} <= {node.leaf for node in store.layers.rw(STOPPED).view().walk()}
    store.layers.remove_rw(STOPPED)
    assert store.images.collect_layers() == [CHAINS[1], CHAINS[0]]


def test_layers_that_another_image_needs_stay(store: Store) -> None:
    store.load(docker_archive([ONE], ["base:1"]))
    assert rmi(store, "x:1") == ["Untagged: x:1", f"Deleted: {IMAGE}", f"Deleted: {CHAINS[1]}"]
    assert store.images.layers_of(store.images.get("base:1"))[0].chain_id == CHAINS[0]


def test_children_forbid_and_untagged_parents_go_along(store: Store) -> None:
    config = image_config([ONE, TWO], comment="child")
    child = store.images.create(config, parent=IMAGE)
    store.images.tag(parse_reference("child:1"), child.id)
    with pytest.raises(Conflict) as raised:
        rmi(store, IMAGE, force=True)
    assert str(raised.value) == (
        f"conflict: unable to delete {SHORT} (cannot be forced) - image has dependent child images"
    )
    assert rmi(store, "x:1") == ["Untagged: x:1"]
    assert rmi(store, "child:1") == ["Untagged: child:1", f"Deleted: {child.id}", *DELETED]


def test_parents_stay_when_not_pruning(store: Store) -> None:
    child = store.images.create(image_config([ONE, TWO], comment="child"), parent=IMAGE)
    store.images.references.delete(parse_reference("x:1"))
    assert rmi(store, child.id, prune=False) == [f"Deleted: {child.id}"]
    assert store.images.by_id(IMAGE)


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("nope", "No such image: nope:latest"),
        ("nope:1", "No such image: nope:1"),
        ("h.example/a/b", "No such image: h.example/a/b:latest"),
        ("0" * 64, f"No such image: {'0' * 64}"),
        ("sha256:" + "0" * 64, f"No such image: sha256:{'0' * 64}"),
        ("abcdef", "No such image: abcdef:latest"),
    ],
)
def test_unknown_names(store: Store, name: str, message: str) -> None:
    with pytest.raises(NotFound) as raised:
        rmi(store, name)
    assert str(raised.value) == message
