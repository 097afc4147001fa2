"""The same commands with Debian's client (20.10), to Debian's dockerd and to ours: the same results.

A few files by default, $DOCKYARD_GOLDEN=all for all of them. Where a case has a reason to differ, what the *new* client
prints stands there; of it only exit code and error are compared.
"""

import os
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from tests.e2e.golden.case import Case, Outcome, read_cases
from tests.e2e.golden.normalise import newer, of_any_client
from tests.e2e.golden.play import play
from tests.peers import busybox_image, docker_daemon
from tests.peers.docker import debian_client
from tests.peers.programs import Program
from tests.support.client import Docker
from tests.support.engine import dockyard_engine

CASES = Path(__file__).parent / "cases"
SAMPLE = ("exec", "filters", "inspect")
FILES = [
    path for path in sorted(CASES.glob("*.txt")) if os.environ.get("DOCKYARD_GOLDEN") == "all" or path.stem in SAMPLE
]

OF_THE_NEW_CLIENT = {
    "attach --detach-keys nope1 nine": "20.10 read the refusal as output",
    "run --rm -v :/v busybox true": "the new client refuses it by itself, the new daemon as ours does",
    "tag busybox X/Y": "the client's own words",
    "commit user X": "the client's own words",
    "pull X": "the client's own words",
    "run --rm Nope true": "the client's own words",
    "image inspect -f '{{json .Config}}' com:3": "images no longer keep their container's host name: 25",
    "image inspect -f '{{json .Config}}' com:2": "images no longer keep their container's host name: 25",
    "$ docker port p7 | sort": "20.10 takes ports in the order of a map",
    "port web": "20.10 lists ports in the order of a map",
    "volume inspect v1 -f '{{.Name}} {{.Driver}} {{.Scope}} {{json .Labels}} {{json .Options}}'": "{} where nothing is",
    "run --rm --mount type=image,src=busybox,dst=/d busybox true": "its version of the API has no such mounts",
}


@pytest.fixture(scope="module")
def old_clients(bridge_name: str) -> Iterator[tuple[Program, Program]]:
    """The old client for each engine."""
    with docker_daemon() as reference, dockyard_engine(f"{bridge_name}o", own_network=True) as engine:
        clients = debian_client(reference.host), debian_client(engine.docker.host)
        for client in clients:
            Docker(client)("load", "-i", str(busybox_image()))
        yield clients


def agree(case: Case, reference: Outcome, found: Outcome) -> bool:
    expected = newer(reference)
    if of_any_client(found) == of_any_client(expected):
        return True
    wanted = of_any_client(case.expected(expected))
    same = (found.code, of_any_client(found).err) == (wanted.code, wanted.err)
    return case.command in OF_THE_NEW_CLIENT or bool(same and case.because)


@pytest.mark.xdist_group("old client")
@pytest.mark.slow
@pytest.mark.timeout(300)
@pytest.mark.peer("docker")
@pytest.mark.dockyard_only
@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_the_old_client_is_answered_alike(path: Path, old_clients: tuple[Program, Program], tmp_path: Path) -> None:
    cases = read_cases(path)
    with ThreadPoolExecutor(2) as pool:
        theirs, ours = pool.map(play, old_clients, [cases] * 2, [tmp_path / "docker", tmp_path / "dockyard"])
    different = [
        f"{path.name}:{case.number}: {case.command}\n  expected {newer(reference)}\n  found    {found}"
        for case, reference, found in zip(cases, theirs, ours, strict=True)
        if not agree(case, reference, found)
    ]
    assert not different, "\n".join(different)
