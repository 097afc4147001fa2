"""A Compose project: the real `docker-compose` of version 2, pointed at an engine."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.peers import compose_program
from tests.support.engine import Engine

STACKS = Path(__file__).parent / "stacks"
FETCH = "import sys, urllib.request; sys.stdout.write(urllib.request.urlopen(sys.argv[1], timeout=5).read().decode())"


class Project:
    """A folder with a compose.yaml. A call gives what the command printed, and must succeed."""

    def __init__(self, engine: Engine, directory: Path) -> None:
        self.engine = engine
        self.directory = directory

    def __call__(self, *arguments: str, stdin: str | None = None, timeout_seconds: float = 60) -> str:
        done = self.run(*arguments, stdin=stdin, timeout_seconds=timeout_seconds)
        assert done.returncode == 0, (
            f"compose {' '.join(arguments)}: exit {done.returncode}\n{done.stdout}{done.stderr}"
        )
        return done.stdout.rstrip("\n")

    def run(
        self, *arguments: str, stdin: str | None = None, timeout_seconds: float = 60
    ) -> "subprocess.CompletedProcess[str]":
        """A call that may fail."""
        environment = {key: value for key, value in os.environ.items() if not key.startswith(("DOCKER_", "COMPOSE_"))}
        environment |= {"DOCKER_HOST": self.engine.docker.host, "DOCKER_CONFIG": str(self.directory / "no-config")}
        return subprocess.run(
            [compose_program(), "--ansi=never", "--progress=plain", *arguments],
            cwd=self.directory,
            env=environment,
            input=stdin,
            stdin=subprocess.DEVNULL if stdin is None else None,
            capture_output=True,
            text=True,
            timeout=timeout_seconds,
        )

    def containers(self) -> dict[str, dict[str, Any]]:
        """What `ps --all` tells of each container, by its name without the project's."""
        lines = self("ps", "--all", "--format", "json").splitlines()
        found = [json.loads(line) for line in lines]
        return {one["Name"].partition("-")[2]: one for one in found}

    def ids(self) -> dict[str, str]:
        """The containers' ids by their names without the project's."""
        return {name: one["ID"] for name, one in self.containers().items()}

    def fetch(self, url: str) -> str:
        """A page, as a client on the engine's host gets it."""
        return self.engine.in_network(sys.executable, "-c", FETCH, url)


@contextmanager
def project(engine: Engine, stack: str, directory: Path) -> Iterator[Project]:
    """A copy of the folder `stack` as a project; it is taken down afterwards."""
    place = directory / stack
    shutil.copytree(STACKS / stack, place)
    made = Project(engine, place)
    try:
        yield made
    finally:
        made.run("--profile", "*", "down", "--volumes", "--remove-orphans", "--timeout", "0")
