"""Blobs that a pull kept count as little as their layers do before these are known to be on the disk."""

from collections.abc import Awaitable, Callable
from pathlib import Path

from tests.support.faulty_registry import faulty_registry
from tests.support.packs import LayerBlob, image_pack, layer, packed_layer
from tests.support.pulling import Pulling

Make = Callable[..., Awaitable[Pulling]]
PLAIN = layer({"shared": b"s" * 100_000}, "")
GZIP, ZSTD = packed_layer(PLAIN.data), packed_layer(PLAIN.data, "zstd")


def blob(it: Pulling, one: LayerBlob) -> Path:
    return it.root / "content" / "blobs" / "sha256" / one.digest[7:]


async def test_an_image_that_was_not_written_out_is_pulled_anew(pulling: Make) -> None:
    with faulty_registry({"app": {"1": image_pack([GZIP])}}) as registry:
        it = await pulling(boot="before")
        await it.pull(f"{registry.address}/app:1")
        blob(it, GZIP).write_bytes(b"")  # what the disk has of it after a power cut
        later = await pulling(boot="after")
        assert later.store.images.images() == []
        assert not blob(later, GZIP).exists()
        assert await later.pull(f"{registry.address}/app:1") is True
        assert blob(later, GZIP).read_bytes() == GZIP.data


async def test_what_another_image_needs_is_looked_at(pulling: Make) -> None:
    """Two images have one archive as two blobs; the later one's isn't on the disk."""
    packs = {"1": image_pack([GZIP]), "2": image_pack([layer({"below": b"b"}), ZSTD])}
    with faulty_registry({"app": packs}) as registry:
        it = await pulling(boot="before")
        await it.pull(f"{registry.address}/app:1")
        it.store.layers.confirm()
        await it.pull(f"{registry.address}/app:2")
        blob(it, ZSTD).write_bytes(bytes(len(ZSTD.data)))
        later = await pulling(boot="after")
        assert [one.id for one in later.store.images.images()] == [packs["1"].config_digest]
        assert blob(later, GZIP).read_bytes() == GZIP.data
        assert not blob(later, ZSTD).exists()
        assert [row.digest for row in later.store.layers.blobs(PLAIN.diff_id)] == [GZIP.digest]
