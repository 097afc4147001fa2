"""Fixtures of the network tests: a simulated host, and engines' controllers on it."""

import secrets
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from tests.integration.network.simulated_host import SimulatedHost
from tests.support.companion import kill_companion

from dockyard.network.attachment import Attachment, AttachRequest, BridgeInfo, PortRequest
from dockyard.network.config import NetworkConfig
from dockyard.network.controller import NetworkController


class OneEngine:
    """A controller whose calls run on the simulated host."""

    def __init__(self, host: SimulatedHost, root: Path, config: NetworkConfig) -> None:
        self.host, self.root, self.config = host, root, config
        self.info = BridgeInfo("")
        self.start(())

    def start(self, attachments: tuple[Attachment, ...]) -> None:
        """A daemon starts."""
        self.controller = self.host.run(
            NetworkController,
            str(self.root / "data"),
            str(self.root / "exec"),
            self.config,
            clock=lambda: datetime.now(UTC),
        )
        self.info = self.host.run(self.controller.start, attachments)
        self.host.run(self.controller.start_names, {})

    def call(self, method: Callable[..., Any], *arguments: Any, **named: Any) -> Any:
        """The result of a method of the controller."""
        return self.host.run(method, *arguments, **named)

    def container(self, *ports: PortRequest, name: str = "web", **wanted: Any) -> tuple[str, Attachment]:
        """Path of a new sandbox and its endpoint."""
        sandbox_id = secrets.token_hex(32)
        path = self.call(self.controller.create_sandbox, sandbox_id)
        container_id = wanted.pop("container_id", secrets.token_hex(32))
        request = AttachRequest(container_id, name, sandbox_id, secrets.token_hex(32), ports=ports, **wanted)
        try:
            return path, self.call(self.controller.attach, request)
        except Exception:
            self.call(self.controller.remove_sandbox, sandbox_id)
            raise

    def attach(self, to: Attachment, **wanted: Any) -> Attachment:
        """One more endpoint for the container of another."""
        request = AttachRequest(to.container_id, to.container_name, to.sandbox_id, secrets.token_hex(32), **wanted)
        endpoint: Attachment = self.call(self.controller.attach, request)
        return endpoint

    def end(self, attachment: Attachment) -> None:
        """A container ends."""
        self.call(self.controller.detach, attachment)
        self.call(self.controller.remove_sandbox, attachment.sandbox_id)

    def close(self) -> None:
        """The daemon ends as it should."""
        self.call(self.controller.close)


@pytest.fixture
def host() -> Iterator[SimulatedHost]:
    """A host without engine."""
    simulated = SimulatedHost()
    yield simulated
    simulated.close()


@pytest.fixture
def make_engine(host: SimulatedHost, tmp_path: Path) -> Iterator[Callable[..., OneEngine]]:
    """Start an engine on the host: `make_engine("a", icc=False)`."""
    engines: list[OneEngine] = []

    def make(name: str = "a", **settings: Any) -> OneEngine:
        engine = OneEngine(host, tmp_path / name, NetworkConfig(**settings))
        engines.append(engine)
        return engine

    yield make
    for engine in engines:
        engine.close()
        kill_companion(engine.root / "exec")


@pytest.fixture
def engine(make_engine: Callable[..., OneEngine]) -> OneEngine:
    """One engine with default settings."""
    return make_engine()


@pytest.fixture
def wait_until() -> Callable[[Callable[[], bool]], None]:
    """Wait until a condition holds; it fails the test if that takes longer than five seconds."""

    def wait(condition: Callable[[], bool]) -> None:
        deadline = time.monotonic() + 5
        while not condition():
            assert time.monotonic() < deadline, "the condition never held"
            time.sleep(0.01)

    return wait
