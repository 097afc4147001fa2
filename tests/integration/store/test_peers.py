"""Archives of other engines load here, and ours load there, with the same image id: docker, podman, skopeo, umoci."""

import json
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.peers import DockerDaemon, busybox_image, docker_daemon, podman, program
from tests.support.stores import Store, open_store
from tests.support.tarballs import digest, directory, docker_archive, file, hardlink, symlink, tarball

from dockyard.store.archive.events import Message
from dockyard.store.archive.save import save

pytestmark = [pytest.mark.root, pytest.mark.timeout(300)]

LAYERS = [
    tarball([directory("etc"), file("etc/a", b"a" * 3000), symlink("l", "etc/a"), hardlink("h", "etc/a")]),
    tarball([file("etc/.wh.a"), directory("d", mode=0o1777), file("d/b", b"b", uid=5)]),
    tarball([directory("etc"), file("etc/.wh..wh..opq"), file("etc/new", b"n")]),
]


@pytest.fixture
def store(tmp_path: Path) -> Store:
    opened = open_store(tmp_path / "store")
    opened.load(docker_archive(LAYERS, ["made.example/here:1"]))
    return opened


@pytest.fixture
def saved(store: Store, tmp_path: Path) -> Path:
    path = tmp_path / "ours.tar"
    with path.open("wb") as file_:
        for chunk in save(store.images, store.content, ["made.example/here:1"]):
            file_.write(chunk)
    return path


@pytest.fixture(scope="module")
def dockerd() -> Iterator[DockerDaemon]:
    with docker_daemon(bridge="none") as daemon:
        yield daemon


@pytest.fixture
def short_path() -> Iterator[Path]:
    """podman takes no run directory of more than 50 characters."""
    with tempfile.TemporaryDirectory(prefix="dyp") as path:
        yield Path(path)


def load(store: Store, path: Path) -> list[str]:
    with path.open("rb") as opened:
        events = store.load(iter(lambda: opened.read(1 << 18), b""))
    return [event.text for event in events if isinstance(event, Message)]


def image_id(store: Store) -> str:
    return store.images.get("made.example/here:1").id


@pytest.mark.peer("skopeo")
@pytest.mark.row("C4")
@pytest.mark.parametrize("transport", ["docker-archive", "oci-archive"])
def test_skopeos_archives_load_here(store: Store, saved: Path, tmp_path: Path, transport: str) -> None:
    made = tmp_path / "skopeo.tar"
    # From an OCI directory, so that skopeo compresses for oci-archive and decompresses for docker-archive.
    skopeo = program("skopeo")
    skopeo.run("copy", f"docker-archive:{saved}", f"oci:{tmp_path}/layout:made.example/here:1")
    skopeo.run("copy", f"oci:{tmp_path}/layout:made.example/here:1", f"{transport}:{made}:made.example/here:1")
    second = open_store(tmp_path / "second")
    assert load(second, made) == ["Loaded image: made.example/here:1"]
    # skopeo writes the configuration anew when it converts to OCI, so that the image gets another id there.
    config = skopeo.run("inspect", "--config", "--raw", f"oci:{tmp_path}/layout:made.example/here:1").stdout
    assert image_id(second) == digest(config.encode())
    assert tree(second) == tree(store)


@pytest.mark.peer("skopeo")
def test_skopeo_reads_our_archives(store: Store, saved: Path) -> None:
    inspected = json.loads(program("skopeo").run("inspect", "--config", "--raw", f"docker-archive:{saved}").stdout)
    assert inspected["rootfs"]["diff_ids"] == [digest(layer) for layer in LAYERS]
    layout = program("skopeo").run("inspect", "--raw", f"oci-archive:{saved}").stdout
    assert image_id(store) in layout


@pytest.mark.peer("umoci", "skopeo")
@pytest.mark.row("M1")
def test_umoci_unpacks_what_we_save_into_the_tree_that_we_show(store: Store, saved: Path, tmp_path: Path) -> None:
    program("skopeo").run("copy", f"oci-archive:{saved}", f"oci:{tmp_path}/layout:tag")
    program("umoci").run("unpack", "--image", f"{tmp_path}/layout:tag", f"{tmp_path}/bundle")
    names = {
        str(path.relative_to(tmp_path / "bundle" / "rootfs")) for path in (tmp_path / "bundle" / "rootfs").rglob("*")
    }
    assert names == set(tree(store)) == {"l", "h", "etc", "etc/new", "d", "d/b"}


@pytest.mark.peer("umoci")
@pytest.mark.row("M1")
def test_layers_that_umoci_makes_load_here(tmp_path: Path) -> None:
    umoci, skopeo = program("umoci"), program("skopeo")
    layout = f"{tmp_path}/layout"
    umoci.run("init", "--layout", layout)
    umoci.run("new", "--image", f"{layout}:t")
    bundle = tmp_path / "bundle"
    umoci.run("unpack", "--image", f"{layout}:t", str(bundle))
    (bundle / "rootfs" / "d").mkdir()
    (bundle / "rootfs" / "d" / "a").write_bytes(b"a")
    (bundle / "rootfs" / "keep").write_bytes(b"k")
    umoci.run("repack", "--image", f"{layout}:t", str(bundle))
    umoci.run("unpack", "--image", f"{layout}:t", f"{tmp_path}/again")
    (tmp_path / "again" / "rootfs" / "d" / "a").unlink()
    (tmp_path / "again" / "rootfs" / "d" / "b").write_bytes(b"b")
    umoci.run("repack", "--image", f"{layout}:t", f"{tmp_path}/again")
    skopeo.run("copy", f"oci:{layout}:t", f"oci-archive:{tmp_path}/made.tar:made.example/here:1")
    store = open_store(tmp_path / "store")
    assert load(store, tmp_path / "made.tar") == ["Loaded image: made.example/here:1"]
    assert set(tree(store)) == {"d", "d/b", "keep"}


@pytest.mark.peer("podman")
@pytest.mark.row("C4")
@pytest.mark.parametrize("format_", ["docker-archive", "oci-archive"])
def test_podman_both_ways(store: Store, saved: Path, tmp_path: Path, short_path: Path, format_: str) -> None:
    peer = podman(short_path)
    assert "Loaded image: made.example/here:1" in peer.run("load", "-i", str(saved)).stdout
    (inspected,) = json.loads(peer.run("image", "inspect", "made.example/here:1").stdout)
    assert f"sha256:{inspected['Id']}" == image_id(store)
    peer.run("save", "--format", format_, "-o", f"{tmp_path}/podman.tar", "made.example/here:1")
    second = open_store(tmp_path / "second")
    assert load(second, tmp_path / "podman.tar") == ["Loaded image: made.example/here:1"]
    assert image_id(second) == image_id(store)


@pytest.mark.peer("dockerd")
@pytest.mark.row("C3", "C4")
def test_docker_both_ways(store: Store, saved: Path, tmp_path: Path, dockerd: DockerDaemon) -> None:
    assert dockerd.docker.run("load", "-i", str(saved)).stdout.strip() == "Loaded image: made.example/here:1"
    theirs = dockerd.docker.run("image", "inspect", "-f", "{{.Id}}", "made.example/here:1").stdout.strip()
    assert theirs == image_id(store)
    dockerd.docker.run("save", "-o", f"{tmp_path}/docker.tar", "made.example/here:1")
    second = open_store(tmp_path / "second")
    assert load(second, tmp_path / "docker.tar") == ["Loaded image: made.example/here:1"]
    assert image_id(second) == image_id(store)
    assert tree(second) == tree(store)


@pytest.mark.peer("dockerd")
@pytest.mark.parametrize(
    ("change", "arguments"),
    [("a file", ["touch", "/new"]), ("a deletion", ["rm", "/etc/group"]), ("nothing", ["true"])],
)
def test_what_docker_commits_loads_here(
    tmp_path: Path, dockerd: DockerDaemon, change: str, arguments: list[str]
) -> None:
    docker = dockerd.docker
    docker.run("load", "-i", str(busybox_image()))
    name = f"commit-{change.replace(' ', '-')}"
    docker.run("run", "--name", name, "--network", "none", "busybox", *arguments)
    docker.run("commit", "-m", "msg", name, f"{name}:1")
    docker.run("save", "-o", f"{tmp_path}/docker.tar", f"{name}:1")
    store = open_store(tmp_path / "store")
    assert load(store, tmp_path / "docker.tar") == [f"Loaded image: {name}:1"]
    assert (
        store.images.get(f"{name}:1").id == docker.run("image", "inspect", "-f", "{{.Id}}", f"{name}:1").stdout.strip()
    )
    names = {node.steps for node in store.layers.driver.view(top(store, f"{name}:1")).walk()}
    assert ((b"new",) in names) == (change == "a file")
    assert ((b"etc", b"group") in names) == (change != "a deletion")


def top(store: Store, name: str) -> str:
    return store.images.layers_of(store.images.get(name))[-1].driver_id


def tree(store: Store) -> dict[str, tuple[int, int, int]]:
    """Mode, owner and size of everything in the image, by path."""
    view = store.layers.driver.view(top(store, "made.example/here:1"))
    return {
        b"/".join(node.steps).decode(): (node.status.st_mode, node.status.st_uid, node.status.st_size)
        for node in view.walk()
    }
