"""Several hundred commands: ours answers as Debian's dockerd does, but for the differences that are written down."""

import re
import subprocess
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from tests.e2e.golden.case import read_cases
from tests.e2e.golden.normalise import newer
from tests.e2e.golden.play import play
from tests.peers import busybox_image, docker_daemon
from tests.peers.programs import Program
from tests.support.client import Docker
from tests.support.engine import dockyard_engine

FILES = sorted((Path(__file__).parent / "cases").glob("*.txt"))


@pytest.fixture(scope="module")
def clients(bridge_name: str) -> Iterator[tuple[Program, Program]]:
    """The client of the reference and that of ours, each engine in a network namespace of its own."""
    with docker_daemon() as reference, dockyard_engine(f"{bridge_name}g", own_network=True) as engine:
        for client in (reference.docker, engine.docker.client):
            Docker(client)("load", "-i", str(busybox_image()))
        yield reference.docker, engine.docker.client


@pytest.mark.row("B25")
@pytest.mark.xdist_group("golden")
@pytest.mark.slow
@pytest.mark.timeout(300)
@pytest.mark.peer("docker")
@pytest.mark.client("1.50")
@pytest.mark.dockyard_only
@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_answers_are_those_of_docker(path: Path, clients: tuple[Program, Program], tmp_path: Path) -> None:
    cases = read_cases(path)
    with ThreadPoolExecutor(2) as pool:
        theirs, ours = pool.map(play, clients, [cases] * 2, [tmp_path / "docker", tmp_path / "dockyard"])
    different = []
    for case, reference, found in zip(cases, theirs, ours, strict=True):
        expected = case.expected(newer(reference))
        if found != expected:
            different.append(f"{path.name}:{case.number}: {case.command}\n  expected {expected}\n  found    {found}")
    assert not different, "\n".join(different)


VERBS = (
    *("create", "start", "restart", "wait", "rename", "diff", "commit", "port", "update", "logs", "export", "top"),
    *("pause", "unpause", "kill", "exec", "tag", "save", "load", "import", "rmi", "history", "events", "info", "stats"),
    *("system df", "system prune"),
    *(f"container {verb}" for verb in ("ls", "inspect", "prune")),
    *(f"image {verb}" for verb in ("ls", "inspect", "prune")),
    *(f"network {verb}" for verb in ("create", "ls", "inspect", "connect", "disconnect", "rm", "prune")),
    *(f"volume {verb}" for verb in ("create", "ls", "inspect", "rm", "prune")),
)
"""What users type (row B25); each must be among the commands that are compared."""


@pytest.mark.row("B25")
def test_every_verb_is_compared() -> None:
    commands = [case.command for path in FILES for case in read_cases(path)]
    assert [verb for verb in VERBS if not any(re.search(rf"(^|docker ){verb}\b", one) for one in commands)] == []


@pytest.mark.row("B25")
def test_a_context_leads_to_the_engine(docker: Docker, tmp_path: Path) -> None:
    environment = {**(docker.client.environment or {}), "DOCKER_CONFIG": str(tmp_path)}
    host = environment.pop("DOCKER_HOST")

    def run(*words: str) -> str:
        return subprocess.run(
            docker.client.command(*words), env=environment, capture_output=True, text=True, check=True
        ).stdout.strip()

    run("context", "create", "ours", "--docker", f"host={host}")
    assert run("--context", "ours", "info", "--format", "{{.ID}}") == docker.info()["ID"]
    run("context", "use", "ours")
    assert run("context", "show") == "ours"
    assert run("context", "inspect", "ours", "--format", "{{.Endpoints.docker.Host}}") == host
    run("context", "rm", "-f", "ours")
