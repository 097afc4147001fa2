"""A supervisor with an exec-root of its own for each test, with our runtime and with Debian's runc."""

import shutil
import tempfile
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
import pytest_asyncio
from tests.integration.supervisor.bundle import make_rootfs
from tests.integration.supervisor.world import World
from tests.peers import program

from dockyard.supervisor.client import ExternalRuntime


@pytest.fixture(scope="session")
def rootfs() -> Iterator[Path]:
    """One root filesystem for all."""
    directory = Path(tempfile.mkdtemp(prefix="dockyard-rootfs-"))
    yield make_rootfs(directory)
    shutil.rmtree(directory)


@pytest_asyncio.fixture
async def own(rootfs: Path) -> AsyncIterator[World]:
    """With our own runtime."""
    async for world in _world(rootfs, None):
        yield world


@pytest_asyncio.fixture(params=["own", "runc"])
async def world(rootfs: Path, request: pytest.FixtureRequest) -> AsyncIterator[World]:
    """With our own runtime, and again with Debian's runc by its command line."""
    runtime = None if request.param == "own" else ExternalRuntime(program("runc").path)
    async for world in _world(rootfs, runtime):
        yield world


async def _world(rootfs: Path, runtime: ExternalRuntime | None) -> AsyncIterator[World]:
    base = Path(tempfile.mkdtemp(prefix="dockyard-shim-"))
    world = World(base, rootfs, runtime)
    try:
        await world.client.ensure()
        yield world
    finally:
        await world.clean_up()
        shutil.rmtree(base)
