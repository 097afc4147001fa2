"""Builds: the client must not look for BuildKit."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.peers.programs import Program
from tests.support.build import Builder
from tests.support.client import Docker


def classic(docker: Docker) -> Docker:
    """The same client, told to use the classic builder."""
    client = docker.client
    environment = {**(client.environment or {}), "DOCKER_BUILDKIT": "0"}
    return Docker(Program(client.path, environment=environment))


@pytest.fixture
def build(docker: Docker, tmp_path: Path) -> Iterator[Builder]:
    """Builds with the shared engine; images that a test makes go with it."""
    client = classic(docker)
    before = set(client("images", "-aq", "--no-trunc").split())
    yield Builder(client, tmp_path)
    made = set(client("images", "-aq", "--no-trunc").split()) - before
    if made:
        client.result("rmi", "-f", *made)
