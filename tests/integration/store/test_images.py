"""Images by name and id, their history, and layers that two threads want at the same time."""

import threading
from pathlib import Path

import pytest
from tests.support.stores import Store, open_store
from tests.support.tarballs import digest, docker_archive, file, image_config, tarball

from dockyard.errors import Conflict, InvalidParameter, NotFound
from dockyard.store.distribution.reference import parse_reference
from dockyard.store.images.history import history
from dockyard.store.images.remove import remove_image

pytestmark = pytest.mark.root

ONE, TWO = tarball([file("one", b"1" * 100)]), tarball([file("two", b"2" * 50)])
HISTORY = [
    {"created": "2024-01-01T00:00:00Z", "created_by": "ADD one"},
    {"created": "2024-01-02T00:00:00Z", "created_by": "ENV A=1", "empty_layer": True},
    {"created": "2024-01-03T00:00:00Z", "created_by": "COPY two", "comment": "c"},
]
CONFIG = image_config([ONE, TWO], history=HISTORY)


@pytest.fixture
def store(tmp_path: Path) -> Store:
    opened = open_store(tmp_path / "store")
    opened.load(docker_archive([ONE, TWO], ["x:1", "made.example/y:latest"], config=CONFIG))
    return opened


@pytest.mark.row("A3")
@pytest.mark.parametrize(
    "name", ["x:1", "docker.io/library/x:1", "made.example/y", digest(CONFIG), digest(CONFIG)[7:19]]
)
def test_what_a_user_may_call_it(store: Store, name: str) -> None:
    assert store.images.get(name).id == digest(CONFIG)


@pytest.mark.parametrize(
    ("name", "kind", "message"),
    [
        ("x", NotFound, "No such image: x:latest"),
        ("X", InvalidParameter, "invalid reference format: repository name (library/X) must be lowercase"),
        ("sha256:zz", NotFound, "No such image: sha256:zz"),
        ("", InvalidParameter, "invalid reference format"),
    ],
)
def test_what_it_is_not_called(store: Store, name: str, kind: type[Exception], message: str) -> None:
    with pytest.raises(kind) as raised:
        store.images.get(name)
    assert str(raised.value) == message


def test_a_prefix_of_two_ids_means_none(store: Store) -> None:
    seen: dict[str, str] = {digest(CONFIG)[7:8]: digest(CONFIG)}
    for number in range(40):  # sixteen digits: two ids begin with the same one soon
        other = store.images.create(image_config([ONE, TWO], comment=str(number)))
        first = other.id[7:8]
        if first in seen and seen[first] != other.id:
            with pytest.raises(NotFound):
                store.images.get(f"sha256:{first}")
            return
        seen[first] = other.id
    raise AssertionError("no two ids with the same first digit among forty")


@pytest.mark.row("C13")
def test_history(store: Store) -> None:
    rows = history(store.images, store.images.get("x:1"))
    assert [(row.id, row.created_by, row.size_bytes, row.comment) for row in rows] == [
        (digest(CONFIG), "COPY two", 50, "c"),
        ("<missing>", "ENV A=1", 0, ""),
        ("<missing>", "ADD one", 100, ""),
    ]
    assert rows[0].tags == ("x:1", "made.example/y:latest")


@pytest.mark.row("C5")
def test_tag(store: Store) -> None:
    store.images.tag(parse_reference("h.example:5000/z").with_default_tag(), digest(CONFIG), now="2026-02-03T00:00:00Z")
    assert store.images.get("h.example:5000/z").last_tag_time == "2026-02-03T00:00:00Z"
    assert [reference.familiar for reference in store.images.references.of_image(digest(CONFIG))] == [
        "x:1",
        "h.example:5000/z:latest",
        "made.example/y:latest",
    ]
    with pytest.raises(InvalidParameter, match="refusing to create an ambiguous tag"):
        store.images.tag(parse_reference("sha256:abc"), digest(CONFIG))
    by_digest = parse_reference(f"x@sha256:{'a' * 64}")
    store.images.tag(by_digest, digest(CONFIG))
    other = store.images.create(image_config([ONE]))
    with pytest.raises(Conflict, match="Cannot overwrite digest"):
        store.images.tag(by_digest, other.id)


def test_loads_and_removals_at_the_same_time(tmp_path: Path) -> None:
    """Eight threads load and remove images that share layers: at the end everything is whole, or gone."""
    store = open_store(tmp_path / "store")
    failures: list[BaseException] = []

    def work(number: int) -> None:
        name = f"thread:{number % 3}"
        layers = [ONE, TWO][: 1 + number % 2]
        try:
            for _ in range(5):
                store.load(docker_archive(layers, [name], config=image_config(layers, comment=name)))
                layer = store.layers.create_rw(f"c{number}", store.images.get(name).chain_id)
                assert (b"one",) in {node.steps for node in layer.view().walk()}
                store.layers.remove_rw(f"c{number}")
                remove_image(store.images, name, force=True, prune=True, users=lambda image_id: [])
        except NotFound:
            pass  # another thread removed the name first
        except BaseException as error:
            failures.append(error)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    for stored in store.images.images():
        for layer in store.images.layers_of(stored):
            assert digest(b"".join(store.layers.tar_stream(layer.chain_id))) == layer.diff_id
    for container in store.layers.containers():
        store.layers.remove_rw(container)
    for stored in store.images.images():
        remove_image(store.images, stored.id, force=True, prune=True, users=lambda image_id: [])
    store.images.collect_layers()
    assert not list(store.layers.driver.ids())
    assert not list(store.content.list())
