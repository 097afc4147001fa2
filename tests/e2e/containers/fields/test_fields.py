"""Every field of Config and HostConfig is honoured, or refused: one table, in which no field may be missing.

The fields are those of the Engine API's definition (tests/data/engine_api). For each there is what the kernel must
show of it, or the words of the refusal. The tables: config_cases, resource_cases, host_cases.
"""

import json
from pathlib import Path

import pytest
from tests.e2e.containers.fields.config_cases import CONFIG
from tests.e2e.containers.fields.host_cases import HOST
from tests.e2e.containers.fields.kit import Case, play
from tests.e2e.containers.fields.resource_cases import RESOURCES
from tests.e2e.containers.fields.security_cases import SECURITY
from tests.support.client import Docker
from tests.support.engine import Engine

DEFINED = json.loads((Path(__file__).parents[3] / "data" / "engine_api" / "fields.json").read_text())
OF_HOST = (*RESOURCES, *SECURITY, *HOST)


@pytest.mark.row("B23")
@pytest.mark.parametrize(("part", "cases"), [("Config", CONFIG), ("HostConfig", OF_HOST)])
def test_no_field_is_missing(part: str, cases: tuple[Case, ...]) -> None:
    assert sorted(set(DEFINED[part]) - {case.field for case in cases}) == []


@pytest.mark.row("B23")
@pytest.mark.parametrize("case", CONFIG, ids=str)
def test_config(case: Case, engine: Engine, docker: Docker) -> None:
    _play(case, engine, docker, "Config")


@pytest.mark.row("B23")
@pytest.mark.parametrize("case", OF_HOST, ids=str)
def test_host_config(case: Case, engine: Engine, docker: Docker) -> None:
    _play(case, engine, docker, "HostConfig")


def _play(case: Case, engine: Engine, docker: Docker, part: str) -> None:
    """`docker` is wanted for its end, which removes what the case has made."""
    if case.dockyard_only and engine.kind != "dockyard":
        pytest.skip("about what only Dockyard has")
    assert docker is engine.docker
    play(case, engine, part)
