"""The same commands next to Docker 26, Debian 13's: what newer versions do otherwise than 20.10, ours does like them.

A few files by default, $DOCKYARD_GOLDEN=all for all of them. A difference from 20.10 that a case explains may be one
from 26 too; what differs from 26 for a reason of its own stands there as such.
"""

import os
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from tests.e2e.golden.case import Case, Outcome, read_cases
from tests.e2e.golden.normalise import newer
from tests.e2e.golden.play import play
from tests.peers import busybox_image, docker_daemon
from tests.peers.programs import Program
from tests.support.client import Docker
from tests.support.engine import dockyard_engine

SAMPLE = ("exec", "inspect", "system")
FILES = [
    path
    for path in sorted((Path(__file__).parent / "cases").glob("*.txt"))
    if os.environ.get("DOCKYARD_GOLDEN") == "all" or path.stem in SAMPLE
]


@pytest.fixture(scope="module")
def clients_26(bridge_name: str) -> Iterator[tuple[Program, Program]]:
    """The client of Docker 26 and that of ours: the same program, each engine in a network namespace of its own."""
    with (
        docker_daemon(release=26) as reference,
        dockyard_engine(f"{bridge_name}n", own_network=True) as engine,
    ):
        for client in (reference.docker, engine.docker.client):
            Docker(client)("load", "-i", str(busybox_image()))
        yield reference.docker, engine.docker.client


def expected(case: Case, reference: Outcome, found: Outcome) -> Outcome:
    """What ours must be: as Docker 26, in the words of the newest, but for what is explained."""
    reference = newer(reference)
    if case.newer is not None:
        return case.newer.expected(reference)
    return reference if found == reference else case.expected(reference)


@pytest.mark.row("B25")
@pytest.mark.xdist_group("golden 26")
@pytest.mark.slow
@pytest.mark.timeout(300)
@pytest.mark.peer("docker-26")
@pytest.mark.client("1.50")
@pytest.mark.dockyard_only
@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_answers_are_those_of_docker_26(path: Path, clients_26: tuple[Program, Program], tmp_path: Path) -> None:
    cases = read_cases(path)
    with ThreadPoolExecutor(2) as pool:
        theirs, ours = pool.map(play, clients_26, [cases] * 2, [tmp_path / "docker", tmp_path / "dockyard"])
    different = []
    for case, reference, found in zip(cases, theirs, ours, strict=True):
        wanted = expected(case, reference, found)
        if found != wanted:
            different.append(f"{path.name}:{case.number}: {case.command}\n  expected {wanted}\n  found    {found}")
    assert not different, "\n".join(different)
