"""What nothing names is gone: after any pulls, removals, containers, prunes, cancelled pulls and kills, the disk holds
what a fresh store with the same images holds, to the byte."""

import asyncio
import contextlib
import random
import shutil
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest
from tests.support.faulty_registry import Answer, Asked, faulty_registry
from tests.support.packs import Pack, image_pack, index_pack, layer
from tests.support.pulling import Pulling

from dockyard.errors import DockyardError
from dockyard.store.images.remove import remove_image

Make = Callable[..., Awaitable[Pulling]]
BASE = [layer({"base": b"b" * 20_000}), layer({"base2": b"c" * 9_000}, "zstd")]


def packs() -> dict[str, Pack]:
    """Images on one base, on half of it, with a layer twice, of several platforms, uncompressed."""
    own = [layer({f"own{n}": bytes([n]) * 5_000}, ("gzip", "zstd", "")[n % 3]) for n in range(6)]
    platforms = {f"linux/{one}": image_pack([*BASE, own[5]], architecture=one) for one in ("amd64", "arm64")}
    return {
        "a": image_pack([*BASE, own[0]], docker=True),
        "b": image_pack([*BASE, own[1], own[2]]),
        "c": image_pack([BASE[0], own[3]]),
        "d": image_pack([*BASE, own[4], own[4]]),
        "e": index_pack(platforms),
        "f": image_pack(BASE),
    }


def disk(root: Path) -> dict[str, int]:
    """Blobs by digest and size; of layers how many there are and how large they are together."""
    found = {path.name: path.stat().st_size for path in (root / "content" / "blobs" / "sha256").iterdir()}
    found |= {f"{where}/": len(list((root / "content" / where).iterdir())) for where in ("ingest", "downloads")}
    layers = [path for path in (root / "overlay2").iterdir() if path.name != "l"]
    found["layers"] = len(layers)
    found["bytes"] = sum(path.stat().st_size for one in layers for path in one.rglob("diff/*") if path.is_file())
    found["links"] = len(list((root / "overlay2" / "l").iterdir()))
    return found


class Life:
    """One store's, until it is killed and the next one goes on with its folder."""

    def __init__(self, make: Make, folder: Path, address: str, choose: random.Random) -> None:
        self._make = make
        self._folder = folder
        self._address = address
        self._choose = choose
        self._count = 0

    async def begin(self) -> None:
        self.it = await self._make()

    def name(self, tag: str) -> str:
        return f"{self._address}/app:{tag}"

    async def pull(self, name: str) -> None:
        await self.it.pull(name, platform=self._choose.choice(("", "linux/arm64")))

    async def rmi(self, name: str) -> None:
        remove_image(self.it.store.images, name, force=True, prune=True, users=lambda _: [])

    async def cancel(self, name: str) -> None:
        task = asyncio.ensure_future(self.it.pull(name))
        await asyncio.sleep(self._choose.random() / 50)
        task.cancel()
        await asyncio.wait([task])

    async def container(self, name: str) -> None:
        self._count += 1
        layers = self.it.store.layers
        layers.create_rw(f"c{self._count}", self.it.store.images.get(name).chain_id)
        layers.remove_rw(f"c{self._count}")

    async def kill(self, name: str) -> None:
        """The next store gets a copy of the folder as it is in the middle of a pull."""
        task = asyncio.ensure_future(self.it.pull(name))
        await asyncio.sleep(self._choose.random() / 50)
        self._count += 1
        copy = self._folder / f"copy{self._count}"
        shutil.copytree(self.it.root, copy, symlinks=True)
        task.cancel()
        await asyncio.wait([task])
        self.it = await self._make(copy.name)


@pytest.mark.parametrize("seed", range(2))
async def test_the_disk_holds_what_a_fresh_store_holds(pulling: Make, tmp_path: Path, seed: int) -> None:
    choose = random.Random(seed)
    images = packs()
    with faulty_registry({"app": images}) as registry:
        life = Life(pulling, tmp_path, registry.address, choose)
        await life.begin()
        for _ in range(80):
            verb = choose.choice((life.pull, life.pull, life.rmi, life.rmi, life.cancel, life.container, life.kill))
            if choose.random() < 0.1:
                registry.fault = _failing(choose.randrange(2, 6))
            with contextlib.suppress(DockyardError):
                await verb(life.name(choose.choice(list(images))))
            registry.fault = lambda asked: None
        it = life.it
        it.downloads.prune()
        fresh = await pulling("fresh")
        named = it.store.images.references.all()
        for image_id, names in sorted(named.items(), key=lambda item: not any(one.tag for one in item[1])):
            tags = [one.tag for one in names if one.tag] or ["e"]  # a platform that the tag has left
            architecture = it.store.images.by_id(image_id).image.architecture
            for tag in tags:
                await fresh.pull(life.name(tag), platform=f"linux/{architecture}")
        assert {one.id for one in fresh.store.images.images()} == {one.id for one in it.store.images.images()}
        assert without_init_layers(it) == without_init_layers(fresh)
        for stored in it.store.images.images():
            remove_image(it.store.images, stored.id, force=True, prune=True, users=lambda _: [])
        assert set(without_init_layers(it).values()) == {0}


def without_init_layers(it: Pulling) -> dict[str, int]:
    """`disk` without what containers leave as long as their image is there."""
    inits = len(list(it.store.database.query("SELECT 1 FROM init_layers")))
    found = disk(it.root)
    return found | {"layers": found["layers"] - inits, "links": found["links"] - inits}


def _failing(after: int) -> Callable[[Asked], Answer | None]:
    """Everything fails after so many requests."""
    count = 0

    def fault(asked: Asked) -> Answer | None:
        nonlocal count
        count += 1
        return Answer(418, b"") if count > after else None

    return fault
