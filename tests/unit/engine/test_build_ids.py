"""Ids of builds: one build has one, from the moment that it is asked for."""

import asyncio
import time
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from dockyard.engine.builds.kit.jobs import KitBuilds, Solve
from dockyard.errors import AlreadyExists


@pytest.fixture
def builds(tmp_path: Path) -> KitBuilds:
    """Builds whose clients haven't begun their sessions yet: no more is needed of the engine."""
    services: Any = SimpleNamespace(paths=SimpleNamespace(build_history=str(tmp_path)), clock_ns=time.time_ns)
    parts: Any = SimpleNamespace(services=services)
    return KitBuilds(parts, None)  # type: ignore[arg-type]


async def test_an_id_is_taken_while_its_build_waits_for_its_client(builds: KitBuilds):
    request = Solve("one", session="late")
    first = asyncio.create_task(builds.solve(request))
    await asyncio.sleep(0)
    with pytest.raises(AlreadyExists, match='job ID "one" exists already'):
        async with asyncio.timeout(1):
            await builds.solve(request)
    first.cancel()
    await asyncio.wait([first])
    again = asyncio.create_task(builds.solve(request))  # it is free again
    done, _ = await asyncio.wait([again], timeout=0.1)
    assert not done
    again.cancel()
    await asyncio.wait([again])
