"""End-to-end tests: a real `docker` client, a real daemon, a real kernel. All of them need root."""

from collections.abc import Callable

import pytest
from tests.support.client import Docker


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Everything here needs root, so that not each file has to say so."""
    for item in items:
        if "tests/e2e/" in str(item.path):
            item.add_marker(pytest.mark.root)


@pytest.fixture
def sleeper(docker: Docker) -> Callable[..., str]:
    """Start a container that only sleeps: `sleeper("-p", "80", name="web")` gives its id."""

    def start(*options: str, name: str | None = None) -> str:
        named = ["--name", name] if name else []
        return docker("run", "-d", *named, *options, "busybox", "sleep", "1000")

    return start
