"""Tests of the `dockyard` command against the engine; `docker`, the real client, is there to compare with."""

import pytest
from tests.peers.programs import Program
from tests.support.client import Docker
from tests.support.engine import PROGRAMS


@pytest.fixture
def dockyard(docker: Docker) -> Docker:
    """Our command, pointed at the engine that `docker` talks to."""
    return Docker(Program(str(PROGRAMS / "dockyard"), (), docker.client.environment))
