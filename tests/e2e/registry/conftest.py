"""Debian's docker-registry in several guises, and images that the tests put into it themselves."""

import shutil
import socket
import tarfile
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.peers import busybox_image
from tests.peers.registry import RunningRegistry, registry
from tests.support.packs import LayerBlob, Pack, image_pack, layer, packed_layer, upload


@pytest.fixture(scope="session")
def plain_registry(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningRegistry]:
    """A registry on a loopback address, without TLS and login."""
    with registry(tmp_path_factory.mktemp("registry")) as running:
        yield running


@pytest.fixture(scope="session")
def second_registry(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningRegistry]:
    """Another one like it."""
    with registry(tmp_path_factory.mktemp("second-registry")) as running:
        yield running


def own_address() -> str | None:
    """An address of this machine that isn't loopback."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(("198.51.100.1", 9))
        except OSError:
            return None
        address = str(probe.getsockname()[0])
    return None if address.startswith("127.") else address


def busybox_layer() -> LayerBlob:
    """What a shell needs: the layer of the busybox image."""
    with tarfile.open(busybox_image()) as archive:
        name = next(member for member in archive.getnames() if member.endswith("layer.tar"))
        file = archive.extractfile(name)
        assert file is not None
        return packed_layer(file.read())


@pytest.fixture
def pushed(plain_registry: RunningRegistry) -> tuple[str, Pack]:
    """An image that runs, in the plain registry under a name of its own: name without tag, and content."""
    repository = f"tests/app{time.monotonic_ns()}"
    pack = image_pack([busybox_layer(), layer({"greeting": b"hello\n"})], docker=True)
    upload(plain_registry.address, repository, pack, "latest")
    return f"{plain_registry.address}/{repository}", pack


@pytest.fixture
def short_folder() -> Iterator[Path]:
    """A folder with a path that is short enough for podman."""
    path = Path(tempfile.mkdtemp(prefix="dyp", dir="/tmp"))
    yield path
    shutil.rmtree(path, ignore_errors=True)
