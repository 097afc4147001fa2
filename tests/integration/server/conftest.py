"""The door before a real engine: tests speak HTTP to a daemon's socket. All of them need root."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from tests.support.engine import Engine
from tests.support.http import Answer, request

Ask = Callable[..., Answer]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Everything here needs root, so that not each file has to say so."""
    for item in items:
        if "tests/integration/server/" in str(item.path):
            item.add_marker(pytest.mark.root)


@pytest.fixture
def ask(engine: Engine) -> Iterator[Ask]:
    """`ask("GET", "/info")`: one request to the shared engine; containers that the test leaves are removed after it."""
    socket_path = engine.docker.socket

    def one(method: str, path: str, body: Any = None, **headers: str) -> Answer:
        return request(
            socket_path, method, path, body, {key.replace("_", "-"): value for key, value in headers.items()}
        )

    yield one
    for container in one("GET", "/containers/json?all=1").json():
        one("DELETE", f"/containers/{container['Id']}?force=1&v=1")


@pytest.fixture
def sleeper(ask: Ask) -> str:
    """A container that runs `sleep`, named `sleeper`, with a published port; its id."""
    body = {
        "Image": "busybox",
        "Cmd": ["sleep", "1000"],
        "ExposedPorts": {"80/tcp": {}},
        "HostConfig": {"PortBindings": {"80/tcp": [{"HostPort": ""}]}, "Binds": ["/tmp:/host:ro"]},
    }
    created = ask("POST", "/containers/create?name=sleeper", body)
    assert created.status == 201, created.body
    container: str = created.json()["Id"]
    assert ask("POST", f"/containers/{container}/start").status == 204
    return container
