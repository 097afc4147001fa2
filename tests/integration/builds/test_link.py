"""`COPY --link`: what it made is the same on every base, and isn't made again when the base is another."""

import asyncio
import io
import os
import tarfile
from pathlib import Path

import pytest
from tests.peers import busybox_image
from tests.support.dockerfiles.chrooted import build
from tests.support.stores import DRIVERS, Store, open_store

from dockyard.builder.cache import BuildCache
from dockyard.builder.plan import BuildOptions

pytestmark = pytest.mark.root

DOCKERFILE = "FROM busybox\nRUN mkdir -p /srv/{0} && ln -s /etc /srv/link\n{1} --link {2} /srv/x/\n"


@pytest.fixture(params=DRIVERS)
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Store:
    opened = open_store(tmp_path / "store", request.param)
    with open(busybox_image(), "rb") as file:
        opened.load(iter(lambda: file.read(1 << 20), b""))
    return opened


def built(store: Store, text: str, home: Path, style: str) -> str:
    context = home / "context"
    scratch = home / f"scratch-{os.urandom(4).hex()}"
    scratch.mkdir(parents=True)
    options = BuildOptions(style=style)
    chain = asyncio.run(build(store, text, context, options, scratch))
    assert chain is not None
    return chain


def names(store: Store, chain: str) -> list[str]:
    with tarfile.open(fileobj=io.BytesIO(b"".join(store.layers.tar_stream(chain)))) as archive:
        return sorted(archive.getnames())


@pytest.mark.parametrize("style", ["classic", "buildkit"])
def test_the_same_layer_on_every_base(store: Store, tmp_path: Path, style: str) -> None:
    context = tmp_path / "context"
    (context / "dir").mkdir(parents=True)
    (context / "a").write_text("a")
    (context / "dir/b").write_text("b" * 100_000)
    chains = [built(store, DOCKERFILE.format(base, "COPY", "a dir"), tmp_path, style) for base in ("one", "two")]
    layers = [store.layers.get(chain) for chain in chains]
    assert layers[0].chain_id != layers[1].chain_id
    assert layers[0].diff_id == layers[1].diff_id
    if store.layers.driver.name == "overlay2":
        assert names(store, chains[0]) == ["srv", "srv/x", "srv/x/a", "srv/x/b"]
    kinds = [record.description for record in BuildCache(store.database).records()]
    assert len([one for one in kinds if one.startswith("COPY --link")]) == 1


def test_a_link_in_the_base_is_not_followed(store: Store, tmp_path: Path) -> None:
    context = tmp_path / "context"
    context.mkdir()
    (context / "a").write_text("a")
    text = "FROM busybox\nRUN mkdir /srv && ln -s /etc /srv/x\nCOPY --link a /srv/x/\n"
    view = store.layers.driver.view(store.layers.get(built(store, text, tmp_path, "buildkit")).driver_id)
    assert view.resolve((b"srv", b"x", b"a")) == (b"srv", b"x", b"a")
    assert view.status((b"etc", b"a")) is None
