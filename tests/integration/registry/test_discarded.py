"""Compressed blobs that aren't kept: what was pulled is still pushed byte for byte, and none stays on disk."""

import gzip
import os
import zlib
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest
from tests.integration.registry.test_push import Receiver, push
from tests.support.faulty_registry import FaultyRegistry, faulty_registry, refusal
from tests.support.packs import LayerBlob, Pack, image_pack, layer
from tests.support.pulling import Pulling

from dockyard.store.distribution.events import Pushed, Status, TransferEvent
from dockyard.store.distribution.reference import parse_reference

Make = Callable[..., Awaitable[Pulling]]
FILES = {"random": os.urandom(200_000), "text": b"all the same to us " * 60_000, "zeros": bytes(3_000_000)}


def remade(level: int, memory: int = 8, name: str = "") -> LayerBlob:
    """A gzip layer as zlib makes it."""
    plain = layer(FILES, "")
    compress = zlib.compressobj(level, zlib.DEFLATED, -15, memory)
    header = b"\x1f\x8b\x08" + (b"\x08" if name else b"\0") + b"\1\2\3\4\2\3" + (name.encode() + b"\0" if name else b"")
    body = compress.compress(plain.data) + compress.flush()
    end = zlib.crc32(plain.data).to_bytes(4, "little") + len(plain.data).to_bytes(4, "little")
    return LayerBlob(header + body + end, plain.diff_id, "gzip")


def foreign() -> LayerBlob:
    """One that nobody here knows how to make: two members, as of other compressors."""
    plain = layer(FILES, "")
    half = len(plain.data) // 2
    return LayerBlob(gzip.compress(plain.data[:half]) + gzip.compress(plain.data[half:]), plain.diff_id, "gzip")


def kept(it: Pulling) -> set[str]:
    return {path.name for path in (it.root / "content" / "blobs" / "sha256").iterdir()}


def without_layers(pack: Pack, layers: list[LayerBlob]) -> set[str]:
    return {one[7:] for one in {*pack.blobs, pack.digest} - {one.digest for one in layers}}


async def pulled_then_pushed_elsewhere(
    it: Pulling, source: FaultyRegistry, target: FaultyRegistry
) -> list[TransferEvent]:
    await it.pull(f"{source.address}/app:latest")
    name = f"{target.address}/target:1"
    it.store.images.tag(parse_reference(name), it.store.images.get(f"{source.address}/app:latest").id)
    return await push(it, name)


@pytest.mark.parametrize("level", range(1, 10))
async def test_made_again(pulling: Make, level: int) -> None:
    """Without asking the registry that it came from."""
    layers = [remade(level), remade(level, 9, "layer.tar")]
    pack = image_pack([layers[level % 2]], docker=True)
    with faulty_registry({"app": {"latest": pack}}) as source, faulty_registry({}) as target:
        receiver = Receiver(target)
        target.fault = receiver
        it = await pulling(keep_compressed=False)
        await it.pull(f"{source.address}/app:latest")
        assert kept(it) == without_layers(pack, layers)
        source.fault = lambda asked: refusal(500, "UNKNOWN", "gone")
        name = f"{target.address}/target:1"
        it.store.images.tag(parse_reference(name), it.store.images.get(f"{source.address}/app:latest").id)
        events = await push(it, name)
        assert receiver.blobs == pack.blobs
        assert events[-1] == Pushed("1", pack.digest, len(pack.manifests[-1][1]))
        assert kept(it) == without_layers(pack, layers)


@pytest.mark.parametrize("compression", ["gzip", "zstd"])
async def test_fetched_from_where_it_came(pulling: Make, compression: str) -> None:
    layers = [foreign() if compression == "gzip" else layer(FILES, "zstd"), layer({"x": b"y"})]
    pack = image_pack(layers)
    with faulty_registry({"app": {"latest": pack}}) as source, faulty_registry({}) as target:
        receiver = Receiver(target)
        target.fault = receiver
        it = await pulling(keep_compressed=False)
        events = await pulled_then_pushed_elsewhere(it, source, target)
        assert receiver.blobs == pack.blobs
        assert events[-1] == Pushed("1", pack.digest, len(pack.manifests[-1][1]))
        assert kept(it) == without_layers(pack, layers)
        assert not list((it.root / "content" / "ingest").iterdir())


async def test_a_new_digest_is_said(pulling: Make) -> None:
    """Nobody can make it, and where it came from is gone: it is pushed all the same, and the next push has no work."""
    layers = [foreign()]
    pack = image_pack(layers)
    with faulty_registry({"app": {"latest": pack}}) as source, faulty_registry({}) as target:
        receiver = Receiver(target)
        target.fault = receiver
        it = await pulling(keep_compressed=False)
        await it.pull(f"{source.address}/app:latest")
        source.fault = lambda asked: refusal(404, "BLOB_UNKNOWN", "gone")
        name = f"{target.address}/target:1"
        it.store.images.tag(parse_reference(name), it.store.images.get(f"{source.address}/app:latest").id)
        events = await push(it, name)
        told = [one.text for one in events if isinstance(one, Status)]
        assert any("the image gets a new digest" in text for text in told)
        assert isinstance(events[-1], Pushed) and events[-1].digest != pack.digest
        again = await push(it, name)
        assert again[-1] == events[-1]
        assert not any("new digest" in one.text for one in again if isinstance(one, Status))
        assert not kept(it) & {digest[7:] for digest in receiver.blobs if digest not in pack.blobs}


async def test_a_liar_is_not_passed_on(pulling: Make) -> None:
    layers = [foreign()]
    pack = image_pack(layers)
    with faulty_registry({"app": {"latest": pack}}) as source, faulty_registry({}) as target:
        target.fault = receiver = Receiver(target)
        it = await pulling(keep_compressed=False)
        await it.pull(f"{source.address}/app:latest")
        source.repositories = {"app": {"latest": Pack({**pack.blobs, layers[0].digest: b"lies"}, pack.manifests)}}
        name = f"{target.address}/target:1"
        it.store.images.tag(parse_reference(name), it.store.images.get(f"{source.address}/app:latest").id)
        await push(it, name)
        assert b"lies" not in receiver.blobs.values()
        assert not list((it.root / "content" / "ingest").iterdir())


async def test_what_was_kept_is_dropped_at_the_next_start(pulling: Make, tmp_path: Path) -> None:
    layers = [remade(6), foreign()]
    pack = image_pack(layers)
    with faulty_registry({"app": {"latest": pack}}) as source, faulty_registry({}) as target:
        target.fault = receiver = Receiver(target)
        it = await pulling()
        await it.pull(f"{source.address}/app:latest")
        assert kept(it) == {one[7:] for one in (*pack.blobs, pack.digest)}
        later = await pulling(keep_compressed=False)
        assert kept(later) == without_layers(pack, layers)
        name = f"{target.address}/target:1"
        later.store.images.tag(parse_reference(name), later.store.images.get(f"{source.address}/app:latest").id)
        events = await push(later, name)
        assert (receiver.blobs, events[-1]) == (pack.blobs, Pushed("1", pack.digest, len(pack.manifests[-1][1])))
