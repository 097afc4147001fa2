"""Pulls from an honest registry: media types, platforms, names, what is shared."""

import asyncio
import threading
from collections.abc import Awaitable, Callable

import pytest
from tests.support.faulty_registry import Answer, Asked, faulty_registry
from tests.support.packs import Pack, image_pack, index_pack, layer
from tests.support.pulling import Pulling

from dockyard.errors import InvalidParameter, NotFound
from dockyard.spec.image.platform import parse_platform
from dockyard.store.distribution.events import LayerProgress
from dockyard.store.images.platforms import of_platform

Make = Callable[..., Awaitable[Pulling]]


def three_layers(docker: bool = False) -> Pack:
    return image_pack(
        [layer({"a": b"a" * 5000}), layer({"b": b"b" * 5000}, "zstd"), layer({"c": b"c"}, "")], docker=docker
    )


@pytest.mark.parametrize("docker", [False, True])
async def test_all_compressions_in_both_kinds_of_manifest(pulling: Make, docker: bool) -> None:
    pack = three_layers(docker)
    with faulty_registry({"team/app": {"1": pack}}) as registry:
        it = await pulling()
        name = f"{registry.address}/team/app"
        assert await it.pull(f"{name}:1") is True
        ids = [one["digest"][7:19] for one in _layers(pack)]
        lines = it.lines()
        assert lines[:4] == ["1: Pulling from team/app", *(f"{one}: Pulling fs layer" for one in ids)]
        assert lines[-2:] == [f"Digest: {pack.digest}", f"Status: Downloaded newer image for {name}:1"]
        for one in ids:
            own = [line.partition(": ")[2] for line in lines if line.startswith(one) and "Waiting" not in line]
            assert own == ["Pulling fs layer", "Verifying Checksum", "Download complete", "Pull complete"]
        stored = it.store.images.get(f"{name}:1")
        assert stored.id == pack.config_digest
        assert it.store.images.get(f"{name}@{pack.digest}").id == stored.id
        for number, name_of_file in enumerate("abc"):
            chain = it.store.images.layers_of(stored)[number]
            assert b"".join(it.store.layers.tar_stream(chain.chain_id)).startswith(name_of_file.encode())
        assert not list((it.root / "content" / "downloads").iterdir())

        registry.asked.clear()
        it.events.clear()
        assert await it.pull(f"{name}:1") is False
        assert it.lines()[1:] == [f"Digest: {pack.digest}", f"Status: Image is up to date for {name}:1"]
        assert [asked.method for asked in registry.asked] == ["HEAD"]


def _layers(pack: Pack) -> list[dict[str, str]]:
    import json

    layers: list[dict[str, str]] = json.loads(pack.manifests[-1][1])["layers"]
    return layers


@pytest.mark.row("M2")
@pytest.mark.parametrize("docker", [False, True])
async def test_the_platform_is_chosen_from_an_index(pulling: Make, docker: bool) -> None:
    images = {
        platform: image_pack(
            [layer({"arch": platform.encode()})],
            docker=docker,
            architecture=platform.split("/")[1],
            variant=platform.split("/")[2] if platform.count("/") > 1 else "",
        )
        for platform in ("linux/arm64/v8", "linux/amd64", "linux/arm/v6")
    }
    index = index_pack(images, docker=docker)
    with faulty_registry({"app": {"latest": index}}) as registry:
        it = await pulling()
        name = f"{registry.address}/app"
        await it.pull(f"{name}:latest")
        assert it.store.images.get(name).id == images["linux/amd64"].config_digest
        await it.pull(f"{name}:latest", platform="linux/arm64")
        assert it.store.images.get(name).id == images["linux/arm64/v8"].config_digest
        await it.pull(f"{name}:latest", platform="linux/arm/v7")
        assert it.store.images.get(name).id == images["linux/arm/v6"].config_digest
        with pytest.raises(NotFound, match="no matching manifest for linux/riscv64 in the manifest list entries"):
            await it.pull(f"{name}:latest", platform="linux/riscv64")
        registry.asked.clear()
        await it.pull(f"{name}:latest", platform="linux/amd64")
        assert [asked.method for asked in registry.asked] == ["HEAD"]
        assert it.store.images.get(name).id == images["linux/amd64"].config_digest


async def test_a_single_image_of_another_platform_is_taken_with_a_warning(pulling: Make) -> None:
    with faulty_registry({"app": {"latest": image_pack([layer({"x": b""})])}}) as registry:
        it = await pulling()
        await it.pull(f"{registry.address}/app:latest", platform="linux/arm64")
        assert it.lines()[-1] == (
            f"WARNING: image with reference {registry.address}/app:latest was found but its platform (linux/amd64) "
            "does not match the specified platform (linux/arm64)"
        )


async def test_all_tags(pulling: Make) -> None:
    packs = {tag: image_pack([layer({"tag": tag.encode()})]) for tag in ("one", "two")}
    with faulty_registry({"app": packs}) as registry:
        it = await pulling()
        assert await it.pull(f"{registry.address}/app") is True
        assert {it.store.images.get(f"{registry.address}/app:{tag}").id for tag in packs} == {
            pack.config_digest for pack in packs.values()
        }
        assert it.lines()[-1] == f"Status: Downloaded newer image for {registry.address}/app"
        assert await it.pull(f"{registry.address}/app") is False


async def test_layers_that_are_here_are_not_fetched(pulling: Make) -> None:
    base = layer({"base": b"x" * 1000})
    first, second = image_pack([base]), image_pack([base, layer({"own": b"y"})])
    with faulty_registry({"first": {"1": first}, "second": {"1": second}}) as registry:
        it = await pulling()
        await it.pull(f"{registry.address}/first:1")
        registry.asked.clear()
        await it.pull(f"{registry.address}/second:1")
        assert f"{base.digest[7:19]}: Already exists" in it.lines()
        assert base.digest not in {asked.blob for asked in registry.asked}


async def test_two_pulls_at_once_share_downloads(pulling: Make) -> None:
    pack = three_layers()
    started, go = threading.Event(), threading.Event()

    def fault(asked: Asked) -> Answer | None:
        if asked.blob and asked.blob != pack.config_digest:
            started.set()
            data = pack.blobs[asked.blob]
            return Answer(body=data, hold=go, hold_after=len(data) // 2)
        return None

    with faulty_registry({"app": {"latest": pack}}) as registry:
        registry.fault = fault
        it = await pulling()
        first = asyncio.ensure_future(it.pull(f"{registry.address}/app:latest"))
        await asyncio.to_thread(started.wait, 10)
        second = asyncio.ensure_future(it.pull(f"{registry.address}/app:latest"))
        await asyncio.sleep(0.2)
        go.set()
        assert await first is True
        await second
        layers = [asked.blob for asked in registry.blobs_asked() if asked.blob != pack.config_digest]
        assert len(layers) == len(set(layers)) == 3


async def test_one_of_two_pulls_leaves_and_the_other_goes_on(pulling: Make) -> None:
    pack = three_layers()
    started, go = threading.Event(), threading.Event()

    def fault(asked: Asked) -> Answer | None:
        if asked.blob and asked.blob != pack.config_digest:
            started.set()
            return Answer(body=pack.blobs[asked.blob], hold=go, hold_after=1)
        return None

    with faulty_registry({"app": {"latest": pack}}) as registry:
        registry.fault = fault
        it = await pulling()
        name = f"{registry.address}/app:latest"
        first = asyncio.ensure_future(it.pull(name))
        await asyncio.to_thread(started.wait, 10)
        second = asyncio.ensure_future(it.pull(name))
        await asyncio.sleep(0.2)
        first.cancel()
        await asyncio.sleep(0.1)
        go.set()
        with pytest.raises(asyncio.CancelledError):
            await first
        assert await second is True
        assert it.store.images.get(name).id == pack.config_digest
        layers = [asked.blob for asked in registry.blobs_asked() if asked.blob != pack.config_digest]
        assert len(layers) == 3


async def test_a_pull_that_is_cancelled_leaves_nothing(pulling: Make) -> None:
    pack = three_layers()
    started = threading.Event()

    def fault(asked: Asked) -> Answer | None:
        if asked.blob and asked.blob != pack.config_digest:
            started.set()
            return Answer(body=pack.blobs[asked.blob], hold=threading.Event(), hold_after=10)
        return None

    with faulty_registry({"app": {"latest": pack}}) as registry:
        registry.fault = fault
        it = await pulling()
        task = asyncio.ensure_future(it.pull(f"{registry.address}/app:latest"))
        await asyncio.to_thread(started.wait, 10)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert it.leftovers() == set()
        assert it.store.images.images() == []


async def test_progress_adds_up(pulling: Make) -> None:
    import os

    pack = image_pack([layer({"big": os.urandom(3 << 20)})])
    with faulty_registry({"app": {"latest": pack}}) as registry:
        it = await pulling()
        await it.pull(f"{registry.address}/app:latest")
        told = [event for event in it.events if isinstance(event, LayerProgress)]
        total = _layers(pack)[0]["size"]
        assert {event.total for event in told} == {total}
        downloading = [event.current for event in told if event.text == "Downloading"]
        assert downloading == sorted(downloading) and downloading[-1] <= int(total)


async def test_schema_1_and_artifacts_are_refused(pulling: Make) -> None:
    old = Pack(manifests=[("application/vnd.docker.distribution.manifest.v1+prettyjws", b'{"schemaVersion": 1}')])
    artifact = image_pack([layer({"x": b""})])
    artifact.manifests[-1] = (
        artifact.media_type,
        artifact.manifests[-1][1].replace(b"oci.image.config.v1+json", b"example.thing.v1+json"),
    )
    with faulty_registry({"app": {"old": old, "artifact": artifact}}) as registry:
        it = await pulling()
        with pytest.raises(InvalidParameter, match="schema 1 support has been removed"):
            await it.pull(f"{registry.address}/app:old")
        with pytest.raises(InvalidParameter, match="unsupported media type application/vnd"):
            await it.pull(f"{registry.address}/app:artifact")
        assert it.leftovers() == set()


async def test_platforms_of_one_tag_stay_side_by_side(pulling: Make) -> None:
    images = {
        f"linux/{one}": image_pack([layer({"arch": one.encode()})], architecture=one) for one in ("amd64", "arm64")
    }
    with faulty_registry({"app": {"latest": index_pack(images)}}) as registry:
        it = await pulling()
        name = f"{registry.address}/app:latest"
        await it.pull(name)
        await it.pull(name, platform="linux/arm64")
        for platform, pack in images.items():
            assert of_platform(it.store.images, name, parse_platform(platform)).id == pack.config_digest
        await it.pull(name, platform="linux/amd64")  # the tag moves back, and neither image is without a name
        for platform, pack in images.items():
            found = of_platform(it.store.images, name, parse_platform(platform))
            assert found.id == pack.config_digest
            assert it.store.images.references.of_image(found.id)
        with pytest.raises(NotFound, match=r"wanted linux/riscv64, actual: linux/amd64"):
            of_platform(it.store.images, name, parse_platform("linux/riscv64"))
