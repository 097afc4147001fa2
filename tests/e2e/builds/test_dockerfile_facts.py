"""Dockerfiles built by the real buildx here, next to what the BuildKit of Docker 28 made of them.

Commands with all kinds of mounts and users, and how steps fail; the rest of the language is compared without containers
(tests/integration/builds, tests/unit/builder). Docker 26 is asked for some of it: the facts are seen to be facts.
"""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.peers import busybox_image, docker_client, docker_daemon
from tests.peers.buildx import plugin
from tests.support.client import Docker
from tests.support.dockerfiles.cases import FOLDER, Case, cases
from tests.support.dockerfiles.facts import without_stubs
from tests.support.dockerfiles.record import build_facts
from tests.support.engine import dockyard_engine

pytestmark = [pytest.mark.peer("buildx"), pytest.mark.xdist_group("dockerfile facts")]

FACTS = {
    topic: json.loads((FOLDER / f"{topic}.json").read_text())["cases"]
    for topic in ("config", "copying", "errors", "mounts")
}
STEPS = re.compile(
    r"run-fails|copy-(missing|onto|directory|from-missing)|run-mount-(secret-r|ssh|from-m)|workdir-on|user-un"
)
OTHERS = (
    "arg-scope",
    "env",
    "healthcheck",
    "labels-given",
    "onbuild-triggered",
    "expose",
    "workdir-dots",
    "scratch-copy",
)
HERE = [
    case
    for topic in FACTS
    for case in cases(topic)
    if topic == "mounts"
    or (topic == "config" and (case.name.startswith(("run-", "user", "workdir-")) or case.name in OTHERS))
    or (topic == "copying" and case.name in ("everything", "ignore-own", "chown-names", "add-archive-gz", "heredoc"))
    or (topic == "errors" and STEPS.match(case.name))
]
THERE = ("env-before", "arg-scope-inherited", "workdir-slash", "cmd-shell", "entrypoint-clears-cmd")


@pytest.fixture(scope="module")
def here(bridge_name: str) -> Iterator[Docker]:
    with dockyard_engine(f"{bridge_name}k", own_network=True) as engine:
        engine.docker("load", "-q", "-i", str(busybox_image()))
        yield engine.docker


@pytest.fixture(scope="module")
def there() -> Iterator[Docker]:
    with docker_daemon(release=26) as daemon:
        docker = Docker(docker_client(daemon.host))
        docker("load", "-q", "-i", str(busybox_image()))
        yield docker


def normal(text: str) -> str:
    """Without what is each time another: refs of contexts, directories of layers, columns."""
    text = re.sub(r"\A(Dockerfile:\d+):\d+", r"\1", text)
    return re.sub(r"/\S*/merged/", "/", re.sub(r"ref \S+::\S+:", "ref X:", text))


def compare(found: dict[str, Any], expected: dict[str, Any]) -> None:
    assert normal(found.get("error", "")) == normal(expected.get("error", ""))
    assert normal(found.get("excerpt", "")) == normal(expected.get("excerpt", ""))
    for key in ("config", "author"):
        assert found.get(key) == expected.get(key)
    if "files" in expected:
        assert [entry["by"] for entry in found["history"]] == [entry["by"] for entry in expected["history"]]
        assert without_stubs(found["files"]) == without_stubs(expected["files"])


@pytest.mark.parametrize("case", HERE, ids=[f"{case.topic}/{case.name}" for case in HERE])
def test_here(here: Docker, case: Case, tmp_path: Path) -> None:
    compare(build_facts(here, str(plugin()), case, tmp_path), FACTS[case.topic][case.name])


@pytest.mark.peer("docker-26")
@pytest.mark.parametrize("name", THERE)
def test_docker_26_says_the_same(there: Docker, name: str, tmp_path: Path) -> None:
    (case,) = (one for one in cases("config") if one.name == name)
    compare(build_facts(there, str(plugin()), case, tmp_path), FACTS["config"][name])
