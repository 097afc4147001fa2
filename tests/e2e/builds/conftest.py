"""Builds: with a client that must not look for BuildKit, or with buildx."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.peers.buildx import buildx_client
from tests.peers.programs import Program
from tests.support.build import Builder
from tests.support.client import Docker, Result


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


class Buildx(Builder):
    """A Builder whose client has buildx."""

    def result(self, dockerfile, files=None, *arguments) -> Result:
        context = self.context({**(files or {}), "Dockerfile": dockerfile})
        shown = () if "-q" in arguments else ("--progress=plain",)
        command = ("buildx", "build", *shown, *arguments, str(context))
        return self.docker.result(*command, timeout_seconds=110)


@pytest.fixture
def buildx(docker: Docker, tmp_path: Path) -> Iterator[Buildx]:
    """Builds with the shared engine; images that a test makes go with it."""
    client = Docker(buildx_client(docker.host, tmp_path / "config", 26))
    before = set(docker("images", "-aq", "--no-trunc").split())
    yield Buildx(client, tmp_path)
    made = set(docker("images", "-aq", "--no-trunc").split()) - before
    if made:
        docker.result("rmi", "-f", *made)
