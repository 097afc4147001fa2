"""`docker load` at the store: what it says, what it makes, and what it refuses."""

import gzip
import io
import json
import tarfile
from pathlib import Path

import pytest
from tests.support.stores import DRIVERS, Store, open_store
from tests.support.tarballs import digest, directory, docker_archive, file, hardlink, image_config, symlink, tarball

from dockyard.errors import DockyardError, InvalidParameter
from dockyard.store.archive.events import ImageLoaded, LayerProgress, LoadEvent, Message
from dockyard.store.archive.save import save

pytestmark = pytest.mark.root

BASE = tarball([directory("etc"), file("etc/a", b"a" * 3000)])
TOP = tarball([file("etc/b", b"b")])


@pytest.fixture(params=DRIVERS)
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Store:
    return open_store(tmp_path / "store", request.param)


def lines(events: list[LoadEvent]) -> list[str]:
    return [event.text for event in events if isinstance(event, Message)]


def empty(store: Store) -> bool:
    """Nothing is left of a load that failed."""
    return (
        not store.images.images()
        and not store.layers.layers()
        and not list(store.layers.driver.ids())
        and not list(store.content.list())
        and not list((store.root / "content" / "ingest").iterdir())
    )


def test_what_a_load_says(store: Store) -> None:
    events = store.load(docker_archive([BASE, TOP], ["test:latest", "host.example/x:1"]))
    assert lines(events) == ["Loaded image: test:latest", "Loaded image: host.example/x:1"]
    last = {event.id: event for event in events if isinstance(event, LayerProgress)}
    assert last == {digest(data)[7:19]: LayerProgress(digest(data)[7:19], len(data), len(data)) for data in (BASE, TOP)}
    image = store.images.get("test")
    assert [event for event in events if isinstance(event, ImageLoaded)] == [
        ImageLoaded(image.id, ("test:latest", "host.example/x:1"))
    ]
    assert image.id == digest(image_config([BASE, TOP]))


def test_without_names_the_id_is_told(store: Store) -> None:
    (line,) = lines(store.load(docker_archive([BASE], [])))
    assert line == f"Loaded image ID: {digest(image_config([BASE]))}"


def test_layers_that_are_here_are_not_unpacked_again(store: Store) -> None:
    store.load(docker_archive([BASE], ["one:1"]))
    ids = set(store.layers.driver.ids())
    events = store.load(docker_archive([BASE, TOP], ["two:1"]))
    assert {event.id for event in events if isinstance(event, LayerProgress)} == {digest(TOP)[7:19]}
    assert ids < set(store.layers.driver.ids())
    assert len(store.layers.layers()) == 2


def test_a_name_that_moves_is_announced(store: Store) -> None:
    store.load(docker_archive([BASE], ["x:1"]))
    old = store.images.get("x:1").id
    assert lines(store.load(docker_archive([TOP], ["x:1"]))) == [
        f"The image x:1 already exists, renaming the old one with ID {old} to empty string",
        "Loaded image: x:1",
    ]
    assert store.images.by_id(old)
    assert store.images.references.of_image(old) == []


@pytest.mark.parametrize("compress", [gzip.compress, bytes])
def test_compressed_layers_are_kept_as_they_came(store: Store, compress: object) -> None:
    store.load(gzip.compress(docker_archive([BASE, TOP], gz=True)))
    stored = store.images.get("test")
    assert stored.image.rootfs.diff_ids == (digest(BASE), digest(TOP))
    (blob,) = store.layers.blobs(digest(BASE))
    assert store.content.read(blob.digest) == gzip.compress(BASE, mtime=0)
    assert b"".join(store.layers.tar_stream(store.images.layers_of(stored)[0].chain_id)) == BASE


def test_compressed_blobs_can_be_dropped(tmp_path: Path) -> None:
    store = open_store(tmp_path / "s", keep_compressed=False)
    store.load(docker_archive([BASE, TOP], gz=True))
    assert [blob.digest for blob in store.content.list()] == [store.images.get("test").id]
    for layer, data in zip(store.images.layers_of(store.images.get("test")), (BASE, TOP), strict=True):
        assert b"".join(store.layers.tar_stream(layer.chain_id)) == data


def test_links_between_members(store: Store) -> None:
    """As docker 20.10, podman and skopeo write them: one layer's file is a link to another's."""
    config = image_config([BASE, BASE])
    manifest = [{"Config": "c.json", "RepoTags": ["l:1"], "Layers": ["one/layer.tar", "two/layer.tar"]}]
    store.load(
        tarball(
            [
                file("c.json", config),
                file("data.tar", BASE),
                hardlink("one/layer.tar", "data.tar"),
                symlink("two/layer.tar", "../one/layer.tar"),
                file("manifest.json", json.dumps(manifest).encode()),
            ]
        )
    )
    assert len(store.images.layers_of(store.images.get("l:1"))) == 2


def test_an_oci_layout_without_manifest_json(store: Store) -> None:
    config = image_config([BASE])
    layer = gzip.compress(BASE, mtime=0)
    manifest = json.dumps(
        {
            "schemaVersion": 2,
            "config": {
                "mediaType": "application/vnd.oci.image.config.v1+json",
                "digest": digest(config),
                "size": len(config),
            },
            "layers": [
                {
                    "mediaType": "application/vnd.oci.image.layer.v1.tar+gzip",
                    "digest": digest(layer),
                    "size": len(layer),
                }
            ],
        }
    ).encode()
    entry = {
        "mediaType": "application/vnd.oci.image.manifest.v1+json",
        "digest": digest(manifest),
        "size": len(manifest),
        "annotations": {"org.opencontainers.image.ref.name": "host.example/a/b:c"},
    }
    other = {**entry, "platform": {"architecture": "arm64", "os": "linux"}, "digest": digest(b"not here")}
    inner = json.dumps(
        {
            "schemaVersion": 2,
            "manifests": [other, {**entry, "platform": {"architecture": "amd64", "os": "linux"}, "annotations": {}}],
        }
    ).encode()
    index = {
        "schemaVersion": 2,
        "manifests": [
            {
                "mediaType": "application/vnd.oci.image.index.v1+json",
                "digest": digest(inner),
                "size": len(inner),
                "annotations": {"io.containerd.image.name": "docker.io/library/multi:1"},
            },
            entry,
        ],
    }
    blobs = {digest(data)[7:]: data for data in (config, layer, manifest, inner)}
    events = store.load(
        tarball(
            [
                file("oci-layout", b'{"imageLayoutVersion":"1.0.0"}'),
                file("index.json", json.dumps(index).encode()),
                *(file(f"blobs/sha256/{name}", data) for name, data in blobs.items()),
            ]
        )
    )
    assert lines(events) == ["Loaded image: multi:1", "Loaded image: host.example/a/b:c"]
    assert store.images.get("multi:1").id == digest(config)


def contents(archive: bytes) -> dict[str, bytes]:
    """All regular members of an archive."""
    with tarfile.open(fileobj=io.BytesIO(archive)) as opened:
        return {member.name: opened.extractfile(member).read() for member in opened if member.isreg()}  # type: ignore[union-attr]


def replaced(name: str, data: bytes | None) -> bytes:
    """A good archive in which one member is another, or missing (None)."""
    members: dict[str, bytes | None] = dict(contents(docker_archive([BASE, TOP])))
    members[CONFIG_NAME if name == "config" else name] = data
    return tarball([file(member, content) for member, content in members.items() if content is not None])


CONFIG_NAME = f"{digest(image_config([BASE, TOP]))[7:]}.json"
UNREADABLE = {
    "empty": (b"", "invalid archive: does not contain a manifest.json"),
    "no archive": (b"garbage" * 1000, "archive/tar: invalid tar header"),
    "truncated": (docker_archive([BASE, TOP])[:9000], "unexpected EOF"),
    "truncated gzip": (gzip.compress(docker_archive([BASE]))[:200], "gzip: invalid data"),
    "no manifest": (replaced("manifest.json", None), "invalid archive: does not contain a manifest.json"),
    "bad manifest": (replaced("manifest.json", b"{"), "invalid archive: failed to decode manifest.json"),
    "null manifest": (replaced("manifest.json", b"null"), "invalid manifest, manifest cannot be null (but can be [])"),
    "manifest of another type": (replaced("manifest.json", b'[{"Config":5}]'), "Config: expected a string, got int"),
    "no config": (replaced("config", None), f"open {CONFIG_NAME}: no such file or directory"),
    "bad config": (replaced("config", b"[]"), "image configuration: expected an object, got list"),
    "config without layers": (replaced("config", b"{}"), "invalid image JSON, no RootFS key"),
    "deeply nested config": (replaced("config", b"[" * 100_000), "invalid image JSON"),
    "windows": (
        replaced("config", image_config([BASE, TOP], os="windows")),
        "cannot load windows image on linux",
    ),
    "one layer more": (
        replaced("config", image_config([BASE])),
        "invalid manifest, layers length mismatch: expected 2, got 1",
    ),
    "no layer": (replaced("1/layer.tar", None), "open 1/layer.tar: no such file or directory"),
    "another layer": (
        replaced("1/layer.tar", BASE),
        f'invalid diffID for layer 1: expected "{digest(TOP)}", got "{digest(BASE)}"',
    ),
    "damaged layer": (replaced("1/layer.tar", TOP[:400]), "unexpected EOF"),
    "bad tag": (docker_archive([BASE], ["UPPER:1"]), "invalid reference format: repository name"),
}


@pytest.mark.parametrize("name", UNREADABLE)
def test_unreadable_archives(store: Store, name: str) -> None:
    data, message = UNREADABLE[name]
    with pytest.raises(InvalidParameter) as raised:
        store.load(data)
    assert message in str(raised.value)
    assert empty(store)


def test_a_client_that_goes_away_leaves_nothing(store: Store) -> None:
    data = docker_archive([BASE, TOP])

    def chunks() -> object:
        yield data[:5000]
        raise InvalidParameter("unexpected EOF")

    with pytest.raises(DockyardError):
        store.load(chunks())  # type: ignore[arg-type]
    assert empty(store)


def test_names_in_the_outer_archive_reach_no_filesystem(store: Store, tmp_path: Path) -> None:
    data = docker_archive([BASE])
    evil = tarball([file("../../evil", b"x" * 100_000), file("/tmp/evil-absolute", b"x" * 100_000), symlink("a", "/")])
    store.load(data)
    with pytest.raises(InvalidParameter):
        store.load(evil)
    assert not (tmp_path / "evil").exists()
    assert not Path("/tmp/evil-absolute").exists()


@pytest.mark.row("C2", "C3")
def test_save_and_load_elsewhere_keep_the_id(store: Store, tmp_path: Path) -> None:
    store.load(docker_archive([BASE, TOP], ["one:1", "one:2", "other:x"]))
    saved = b"".join(save(store.images, store.content, ["one", "other:x"]))
    assert {"manifest.json", "repositories", "oci-layout", "index.json"} <= set(contents(saved))
    second = open_store(tmp_path / "second")
    assert sorted(lines(second.load(saved))) == [
        "Loaded image: one:1",
        "Loaded image: one:2",
        "Loaded image: other:x",
    ]
    assert second.images.get("one:1").id == store.images.get("one:1").id
    assert b"".join(save(second.images, second.content, ["one", "other:x"])) == saved
