"""Exports of builds, read by others: skopeo, a registry, and our own store."""

import base64
import hashlib
import json
import os
import tarfile
from pathlib import Path
from typing import Any

import pytest
from tests.peers import program
from tests.peers.registry import RunningRegistry, registry
from tests.support.exporting import Exporting
from tests.support.packs import fetch_manifest
from tests.support.pulling import Pulling, in_thread
from tests.support.stores import open_store

from dockyard.builder.export.contract import Attestation
from dockyard.errors import InvalidParameter
from dockyard.store.distribution.reference import parse_reference
from dockyard.store.distribution.registry.credentials import ANONYMOUS
from dockyard.store.push.parcel import Parcel, ParcelPush
from dockyard.store.push.push import Pusher, PushRequest
from dockyard.store.push.tools import PushTools, UploadLimits

pytestmark = pytest.mark.root

DOCKERFILE = """FROM scratch AS base
COPY a.txt /data/
ENV A=b
WORKDIR /w/x
FROM base
ARG SOURCE_DATE_EPOCH
LABEL k=v
COPY dir /d
CMD ["/none"]
"""
FILES = {"a.txt": "a\n", "dir/x": "x", "dir/sub/y": "y" * 1000}
BOTH = ("linux/amd64", "linux/arm64")
PROVENANCE = Attestation("https://slsa.dev/provenance/v0.2", b'{"builder":{"id":""}}', "provenance.json")


class Layout:
    """An archive of an image."""

    def __init__(self, path: Path) -> None:
        with tarfile.open(path) as archive:
            self.members = archive.getmembers()
            self.files = {one.name: archive.extractfile(one).read() for one in self.members if one.isfile()}  # type: ignore[union-attr]
        self.index = json.loads(self.files["index.json"])

    def blob(self, digest: str) -> Any:
        return json.loads(self.files[f"blobs/sha256/{digest[7:]}"])


async def test_an_oci_archive_is_a_layout_that_skopeo_copies(tmp_path: Path) -> None:
    it = Exporting(tmp_path)
    answer = await it.export(await it.build(DOCKERFILE, FILES), "oci", name="test/it:1")
    archive = tmp_path / "client" / "file-0"
    layout = Layout(archive)
    names = [one.name for one in layout.members if one.isfile()]
    assert names == sorted(names)
    assert {one.mtime for one in layout.members} == {0}
    entry = layout.index["manifests"][0]
    assert entry["annotations"]["io.containerd.image.name"] == "docker.io/test/it:1"
    assert entry["annotations"]["org.opencontainers.image.ref.name"] == "1"
    assert answer["containerimage.digest"] == entry["digest"]
    assert json.loads(base64.b64decode(answer["containerimage.descriptor"]))["digest"] == entry["digest"]
    manifest = layout.blob(entry["digest"])
    assert [one["mediaType"] for one in manifest["layers"]] == ["application/vnd.oci.image.layer.v1.tar+gzip"] * 3
    config = layout.blob(manifest["config"]["digest"])
    told = [(one["created_by"], one.get("empty_layer", False)) for one in config["history"]]
    assert told == [
        ("COPY a.txt /data/ # buildkit", False),
        ("ENV A=b", True),
        ("WORKDIR /w/x", False),
        ("ARG SOURCE_DATE_EPOCH", True),
        ("LABEL k=v", True),
        ("COPY dir /d # buildkit", False),
        ('CMD ["/none"]', True),
    ]
    assert {one["comment"] for one in config["history"]} == {"buildkit.dockerfile.v0"}
    assert all(one["created"] for one in config["history"])
    assert config["created"] == config["history"][-1]["created"]
    program("skopeo").run("copy", "--insecure-policy", f"oci-archive:{archive}", f"dir:{tmp_path}/copied")
    assert json.loads((tmp_path / "copied" / "manifest.json").read_bytes()) == manifest


async def test_a_docker_archive_is_loaded_by_skopeo_and_by_us(tmp_path: Path) -> None:
    it = Exporting(tmp_path)
    answer = await it.export(await it.build(DOCKERFILE, FILES), "docker", name="it:2", compression="uncompressed")
    archive = tmp_path / "client" / "file-0"
    layout = Layout(archive)
    item = json.loads(layout.files["manifest.json"])[0]
    assert item["RepoTags"] == ["it:2"]
    assert layout.index["manifests"][0]["mediaType"] == "application/vnd.docker.distribution.manifest.v2+json"
    assert answer["image.name"] == "docker.io/library/it:2"
    other = open_store(tmp_path / "other")
    other.load(archive.read_bytes())
    assert other.images.get("it:2").id == answer["containerimage.config.digest"]
    program("skopeo").run("copy", "--insecure-policy", f"docker-archive:{archive}", f"oci:{tmp_path}/as-oci:x")


@pytest.mark.parametrize("kind", ["oci", "tar"])
async def test_two_machines_make_the_same_bytes(tmp_path: Path, kind: str) -> None:
    digests = set()
    for machine, now in (("one", 1_800_000_000), ("two", 1_900_000_000)):
        (tmp_path / machine).mkdir()
        it = Exporting(tmp_path / machine, clock_ns=lambda now=now: now * 10**9)  # type: ignore[misc]
        result = await it.build(DOCKERFILE, FILES, arguments={"SOURCE_DATE_EPOCH": "1600000000"}, platforms=BOTH)
        await it.export(result, kind)
        digests.add(hashlib.sha256((tmp_path / machine / "client" / "file-0").read_bytes()).hexdigest())
    assert len(digests) == 1


async def test_the_same_build_twice_is_the_same_image(tmp_path: Path) -> None:
    it = Exporting(tmp_path)
    first = await it.export(await it.build(DOCKERFILE, FILES), "image")
    second = await it.export(await it.build(DOCKERFILE, FILES), "image")
    assert first == second


async def test_files_stand_at_the_top_or_in_folders_of_platforms(tmp_path: Path) -> None:
    it = Exporting(tmp_path)
    await it.export(await it.build(DOCKERFILE, FILES), "local")
    assert (tmp_path / "client/tree-0/d/sub/y").read_text() == "y" * 1000
    several = await it.build(DOCKERFILE, FILES, platforms=BOTH, attestations=(PROVENANCE,))
    await it.export(several, "tar")
    with tarfile.open(tmp_path / "client" / "file-0") as archive:
        names = archive.getnames()
        assert {name.split("/")[0] for name in names} == {"linux_amd64", "linux_arm64"}
        said = json.load(archive.extractfile("linux_arm64/provenance.json"))  # type: ignore[arg-type]
    assert {"name": "data/a.txt", "digest": {"sha256": hashlib.sha256(b"a\n").hexdigest()}} in said["subject"]
    with pytest.raises(InvalidParameter, match="cannot overwrite d/sub/y from linux/amd64 with"):
        await it.export(several, "local", platform_split="false")


async def test_blobs_go_into_the_clients_own_store(tmp_path: Path) -> None:
    it = Exporting(tmp_path)
    answer = await it.export(await it.build(DOCKERFILE, FILES), "oci", tar="false")
    blobs = tmp_path / "client" / "content-export" / "blobs" / "sha256"
    manifest = json.loads((blobs / answer["containerimage.digest"][7:]).read_bytes())
    assert {one["digest"][7:] for one in (manifest["config"], *manifest["layers"])} <= set(os.listdir(blobs))


@pytest.mark.parametrize(
    ("compression", "suffix", "magic"),
    [("gzip", "+gzip", b"\x1f\x8b"), ("zstd", "+zstd", b"\x28\xb5\x2f\xfd"), ("uncompressed", "", b"data")],
)
async def test_layers_are_compressed_as_asked(tmp_path: Path, compression: str, suffix: str, magic: bytes) -> None:
    it = Exporting(tmp_path)
    result = await it.build(DOCKERFILE, FILES)
    await it.export(result, "oci")
    await it.export(result, "oci", compression=compression, force_compression="true", compression_level="0")
    layout = Layout(tmp_path / "client" / "file-0")
    layers = layout.blob(layout.index["manifests"][0]["digest"])["layers"]
    assert {one["mediaType"] for one in layers} == {f"application/vnd.oci.image.layer.v1.tar{suffix}"}
    assert layout.files[f"blobs/sha256/{layers[0]['digest'][7:]}"].startswith(magic)


@pytest.fixture
def target(tmp_path: Path) -> Any:
    with registry(tmp_path / "registry") as running:
        yield running


@pytest.mark.peer("docker-registry")
async def test_an_index_with_attestations_is_pushed_byte_for_byte(tmp_path: Path, target: RunningRegistry) -> None:
    it = Exporting(tmp_path)
    result = await it.build(DOCKERFILE, FILES, platforms=BOTH, attestations=(PROVENANCE,))
    name = f"{target.address}/team/app:1"
    answer = await it.export(result, "image", name=name)
    stored = it.store.images.get(name)
    assert stored.id == answer["containerimage.config.digest"]
    assert stored.image.architecture == "amd64"
    assert it.store.images.get(answer["containerimage.digest"]) == stored
    async with Pulling(tmp_path / "none") as other:
        pusher = Pusher(
            it.store.images,
            it.store.content,
            other.client,
            UploadLimits,
            run=in_thread,
            now=None,  # type: ignore[arg-type]  # nothing is tried again
        )
        await pusher.push(PushRequest(parse_reference(name)), other.events.append)
        data = fetch_manifest(target.address, "team/app", "1")
        assert f"sha256:{hashlib.sha256(data).hexdigest()}" == answer["containerimage.digest"]
        index = json.loads(data)
        kinds = [(one["platform"]["architecture"], one.get("annotations", {})) for one in index["manifests"]]
        assert [architecture for architecture, _ in kinds] == ["amd64", "arm64", "unknown", "unknown"]
        about = index["manifests"][2]["annotations"]
        assert about["vnd.docker.reference.type"] == "attestation-manifest"
        assert about["vnd.docker.reference.digest"] == index["manifests"][0]["digest"]
        attestation = json.loads(fetch_manifest(target.address, "team/app", index["manifests"][2]["digest"]))
        statement = json.loads(target.blob(attestation["layers"][0]["digest"]).read_bytes())
        assert (
            statement["subject"][0]["name"]
            == f"pkg:docker/{target.address.replace(':', '%3A')}/team/app@1?platform=linux%2Famd64"
        )
        assert await other.pull(name, platform="linux/arm64")
        assert other.store.images.get(name).image.architecture == "arm64"


@pytest.mark.peer("docker-registry")
async def test_what_has_no_name_here_is_pushed_as_a_parcel(tmp_path: Path, target: RunningRegistry) -> None:
    it = Exporting(tmp_path)
    name = f"{target.address}/team/parcel:1"
    answer = await it.export(await it.build(DOCKERFILE, FILES), "image", name=name, push="true", store="false")
    assert not it.store.images.images()
    async with Pulling(tmp_path / "none") as other:
        host = (await other.client.hosts(target.address))[-1]

        async def send(parcel: Parcel) -> str:
            tools = PushTools(it.store.images, it.store.content, other.client, UploadLimits(), in_thread, None)  # type: ignore[arg-type]
            moved = ParcelPush(tools, host, parse_reference(name), ANONYMOUS, lambda *_: None)
            return await moved.send(parcel)

        assert await send(it.pushed[0][1]) == answer["containerimage.digest"]
        assert await other.pull(name)
        assert other.store.images.get(name).id == answer["containerimage.config.digest"]


async def test_removing_an_image_removes_what_is_kept_beside_it(tmp_path: Path) -> None:
    it = Exporting(tmp_path)
    answer = await it.export(await it.build(DOCKERFILE, FILES, attestations=(PROVENANCE,)), "image", name="x")
    before = {blob.digest for blob in it.store.content.list()}
    assert answer["containerimage.digest"] in before
    it.store.images.delete(answer["containerimage.config.digest"])
    it.cache.forget(record.key for record in it.cache.records())
    it.store.images.sweep()
    assert not list(it.store.content.list())


@pytest.mark.parametrize(
    ("kind", "attributes", "message"),
    [
        ("image", {"push": "maybe"}, 'non-bool value specified for push: strconv.ParseBool: parsing "maybe": invalid'),
        ("oci", {"compression": "lz4"}, "unsupported layer compression type: lz4"),
        ("docker", {"compression": "zstd", "oci-mediatypes": "false"}, "conflicts with"),
        ("local", {"wrong": "1"}, 'unknown attribute "wrong" for exporter local'),
        ("image", {"annotation-layer.x": "1"}, "unrecognized annotation type layer"),
        ("s3", {}, 'exporter "s3" could not be found'),
        ("oci", {"source-date-epoch": "-1"}, "invalid source-date-epoch"),
    ],
)
async def test_bad_attributes_are_refused_before_the_build(
    tmp_path: Path, kind: str, attributes: dict[str, str], message: str
) -> None:
    from dockyard.builder.export.exporters import exporter_of

    with pytest.raises(InvalidParameter, match=message):
        exporter_of(kind, attributes, 0, Exporting(tmp_path).tools())
