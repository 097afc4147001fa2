"""Caches that lie elsewhere: a second machine runs nothing that the first has run."""

import base64
import json
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import pytest
from tests.peers.registry import RunningRegistry, registry
from tests.support.exporting import Exporting
from tests.support.packs import fetch_manifest
from tests.support.pulling import Pulling

from dockyard.builder.remotecache.exporters import CacheTools, cache_exporter_of
from dockyard.builder.remotecache.importers import cache_import_of
from dockyard.errors import DockyardError, InvalidParameter

pytestmark = [pytest.mark.root, pytest.mark.peer("docker-registry")]

DOCKERFILE = """FROM scratch AS made
COPY a.txt /data/
WORKDIR /w/x
FROM scratch
COPY --from=made /data /copied
COPY dir /d
WORKDIR /end
"""
FILES = {"a.txt": "a\n", "dir/x": "x", "dir/sub/y": "y" * 1000}
Machine = Callable[[str], Exporting]


@pytest.fixture
async def machine(tmp_path: Path) -> AsyncIterator[Machine]:
    async with AsyncExitStack() as stack:
        shared = await stack.enter_async_context(Pulling(tmp_path / "client-of-registries"))

        def make(name: str) -> Exporting:
            (tmp_path / name).mkdir()
            return Exporting(tmp_path / name, registries=shared.client)

        yield make


@pytest.fixture(scope="module")
def target(tmp_path_factory: pytest.TempPathFactory) -> Any:
    with registry(tmp_path_factory.mktemp("registry")) as running:
        yield running


def steps(it: Exporting) -> dict[str, bool]:
    """Whether each step was cached."""
    return {name: cached for name, cached in it.cached if name.startswith(("COPY", "WORKDIR"))}


@pytest.mark.parametrize(
    "attributes", [{}, {"image_manifest": "false"}, {"oci_mediatypes": "false"}, {"compression": "zstd"}]
)
async def test_a_registrys_cache_is_used_by_a_second_machine(
    machine: Machine, target: RunningRegistry, attributes: dict[str, str]
) -> None:
    name = f"{target.address}/cache/{'-'.join(attributes) or 'plain'}:x"
    first = machine("first")
    built = await first.build(DOCKERFILE, FILES)
    answer = await first.export_cache(built, "registry", ref=name, mode="max", **attributes)
    root = json.loads(fetch_manifest(target.address, name.split("/", 1)[1].removesuffix(":x"), "x"))
    assert root["mediaType"] == json.loads(answer["cache.manifest"])["mediaType"]
    second = machine("second")
    again = await second.build(DOCKERFILE, FILES, cache_from=[("registry", {"ref": name})])
    assert all(steps(second).values())
    assert again.refs[0].chain_id == built.refs[0].chain_id
    images = [await it.export(result, "image", name="x") for it, result in ((first, built), (second, again))]
    assert images[0] == images[1]  # also the times of the layers came along
    assert not [line for line in second.report.lines if "record" in line]


async def test_min_has_the_images_layers_alone(machine: Machine, target: RunningRegistry) -> None:
    name = f"{target.address}/cache/min:x"
    first = machine("first")
    await first.export_cache(await first.build(DOCKERFILE, FILES), "registry", ref=name)
    second = machine("second")
    await second.build(DOCKERFILE, FILES, cache_from=[("registry", {"ref": name})])
    assert steps(second) == {
        "COPY a.txt /data/": False,
        "WORKDIR /w/x": False,
        "COPY --from=made /data /copied": True,
        "COPY dir /d": True,
        "WORKDIR /end": True,
    }


async def test_an_image_with_an_inline_cache_is_one(machine: Machine, target: RunningRegistry) -> None:
    name = f"{target.address}/cache/inline:x"
    first = machine("first")
    built = first.with_inline_cache(await first.build(DOCKERFILE, FILES))
    answer = await first.export(built, "image", name=name, push="true")
    config = json.loads(first.store.images.config_bytes(answer["containerimage.config.digest"]))
    records = json.loads(base64.b64decode(config["moby.buildkit.cache.v0"]))
    assert [one["layers"][0]["layer"] for one in records] == [0, 1, 2]
    for where, parcel in first.pushed:
        await first.places.send(where, parcel, insecure=False, report=first.report)
    second = machine("second")
    await second.build(DOCKERFILE, FILES, cache_from=[("registry", {"ref": name})])
    assert steps(second)["COPY dir /d"]
    assert not steps(second)["COPY a.txt /data/"]


async def test_a_folder_of_the_client_is_a_cache(machine: Machine) -> None:
    first, second = machine("first"), machine("second")
    answer = await first.export_cache(await first.build(DOCKERFILE, FILES), "local", dest="c", mode="max")
    (second.root / "client").rmdir()
    (second.root / "client").symlink_to(first.root / "client")
    digest = json.loads(answer["cache.manifest"])["digest"]
    await second.build(DOCKERFILE, FILES, cache_from=[("local", {"src": "c", "digest": digest})])
    assert all(steps(second).values())


async def test_a_cache_that_is_of_no_use_says_so(machine: Machine, target: RunningRegistry) -> None:
    name = f"{target.address}/cache/other:x"
    first, second = machine("first"), machine("second")
    await first.export_cache(await first.build(DOCKERFILE, FILES), "registry", ref=name)
    await second.build("FROM scratch\nCOPY b /b\n", {"b": "b"}, cache_from=[("registry", {"ref": name})])
    assert [line for line in second.report.lines if "no matching records" in line]
    with pytest.raises(DockyardError, match="not found"):
        await second.build("FROM scratch\nCOPY b /c\n", {"b": "b"}, cache_from=[("registry", {"ref": name + "none"})])


async def test_a_layer_that_is_lost_is_made_again(machine: Machine, target: RunningRegistry) -> None:
    name = f"{target.address}/cache/lost:x"
    first, second = machine("first"), machine("second")
    built = await first.build(DOCKERFILE, FILES)
    await first.export_cache(built, "registry", ref=name, mode="max")
    manifest = json.loads(fetch_manifest(target.address, "cache/lost", "x"))
    for layer in manifest["layers"]:
        target.blob(layer["digest"]).write_bytes(b"another layer" * 10)
    again = await second.build(DOCKERFILE, FILES, cache_from=[("registry", {"ref": name})])
    assert not any(steps(second).values())
    assert len(second.store.layers.stack(again.refs[0].chain_id)) == 3
    assert [line for line in second.report.lines if name in line]


@pytest.mark.parametrize(
    ("kind", "attributes", "message"),
    [
        ("gha", {}, 'unknown cache exporter: "gha"'),
        ("s3", {"bucket": "b"}, 'unknown cache exporter: "s3"'),
        ("azblob", {}, 'unknown cache exporter: "azblob"'),
        ("registry", {}, "registry cache exporter requires ref"),
        ("registry", {"ref": "a", "mode": "all"}, "invalid cache export mode"),
        ("registry", {"ref": "a", "oci-mediatypes": "false", "image-manifest": "true"}, "OCI mediatypes are required"),
        ("local", {}, "local cache exporter requires dest"),
        ("local", {"dest": "x", "what": "1"}, "unknown attribute"),
    ],
)
async def test_what_cannot_be_exported_is_refused(
    machine: Machine, kind: str, attributes: dict[str, str], message: str
) -> None:
    it = machine("one")
    tools = CacheTools(it.store.layers, it.store.content, it.note, it.client, it.places)
    with pytest.raises(InvalidParameter, match=message):
        cache_exporter_of(kind, attributes, tools)


@pytest.mark.parametrize(("kind", "message"), [("gha", "unknown cache importer: gha"), ("local", "requires explicit")])
async def test_what_cannot_be_imported_is_refused(machine: Machine, kind: str, message: str) -> None:
    with pytest.raises(InvalidParameter, match=message):
        cache_import_of(kind, {}, machine("one").places)
