"""Several hundred commands: ours answers as Debian's dockerd does, but for the differences that are written down."""

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


@pytest.mark.xdist_group("golden")
@pytest.mark.slow
@pytest.mark.peer("docker")
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
