"""Pulls in the tests' own process. Unpacking needs root: files get their owners."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import pytest
from tests.support.pulling import Pulling


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Everything here needs root."""
    for item in items:
        if "tests/integration/registry" in str(item.path):
            item.add_marker(pytest.mark.root)


@pytest.fixture
async def pulling(tmp_path: Path) -> AsyncIterator[Callable[..., Awaitable[Pulling]]]:
    """Make pullers: `it = await pulling(config=…)`; `folder=` for another store than the test's first."""
    async with AsyncExitStack() as stack:

        async def make(folder: str = "store", **options: Any) -> Pulling:
            return await stack.enter_async_context(Pulling(tmp_path / folder, **options))

        yield make
