"""Builds through sessions, with the same client against two daemons: Debian 13's Docker 26 as the oracle, and ours."""

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.peers import busybox_image, docker_daemon
from tests.support.build import Context
from tests.support.client import Docker, Result
from tests.support.engine import PROGRAMS, Engine

from dockyard.client.address import parse
from dockyard.client.sdk import Client


class Sessions:
    """One daemon: `client` of our SDK, `docker` to look at what was built, the `dockyard` command, contexts."""

    def __init__(self, docker: Docker, home: Path, *, is_oracle: bool) -> None:
        self.docker = docker
        self.is_oracle = is_oracle
        self.home = home
        self.program = PROGRAMS / "dockyard"
        self.client = Client(parse(docker.host))
        self._count = 0

    def context(self, dockerfile: str, files: Context | None = None) -> Path:
        """A new folder with these files."""
        self._count += 1
        folder = self.home / f"context{self._count}"
        folder.mkdir()
        for name, data in {**(files or {}), "Dockerfile": dockerfile}.items():
            path = folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(data.encode() if isinstance(data, str) else data)
        return folder

    def command(self, *arguments: str, stdin: bytes | None = None, **environment: str) -> Result:
        """`dockyard ARGUMENTS`, pointed at the daemon."""
        done = subprocess.run(
            [str(self.program), *arguments],
            input=stdin,
            stdin=subprocess.DEVNULL if stdin is None else None,
            capture_output=True,
            timeout=110,
            env={"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "HOME": str(self.home), "DOCKER_HOST": self.docker.host,
                 **environment},
        )  # fmt: skip
        return Result(done.returncode, done.stdout.decode(errors="replace"), done.stderr.decode(errors="replace"))

    def run(self, image: str, *command: str) -> str:
        """What `command` prints in a container of the image."""
        return self.docker("run", "--rm", "--network", "none", image, *command)


@pytest.fixture(scope="session")
def docker_26() -> Iterator[Docker]:
    """Docker 26 with busybox."""
    with docker_daemon(release=26) as daemon:
        docker = Docker(daemon.docker)
        docker("load", "-i", str(busybox_image()))
        yield docker


@pytest.fixture(
    params=[
        pytest.param("docker", marks=[pytest.mark.peer("docker-26"), pytest.mark.xdist_group("docker-26")]),
        pytest.param("dockyard", marks=pytest.mark.dockyard_only),
    ]
)
def sessions(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Sessions]:
    """Each test runs against both; images that it makes go with it."""
    if request.param == "docker":
        docker: Docker = request.getfixturevalue("docker_26")
    else:
        engine: Engine = request.getfixturevalue("engine")
        docker = engine.docker
    before = set(docker("images", "-aq", "--no-trunc").split())
    made = Sessions(docker, tmp_path, is_oracle=request.param == "docker")
    yield made
    made.client.close()
    if new := set(docker("images", "-aq", "--no-trunc").split()) - before:
        docker.result("rmi", "-f", *new)
