"""Dockerfiles planned here, next to what the real BuildKit made of them (tests/support/dockerfiles): errors with the
lines that they show, warnings, configuration and history. Files are tests/integration/builds' matter."""

import asyncio
import json
import re
from typing import Any

import pytest
from tests.support.dockerfiles.cases import FOLDER, Case, cases, topics
from tests.support.dockerfiles.planned import Images, options_of

from dockyard.builder.dockerfile import DockerfileError, parse_dockerfile
from dockyard.builder.plan import BuildPlan, check_build, plan_build
from dockyard.errors import InvalidParameter
from dockyard.spec.image.config import Image, image_to_json

WHILE_IT_RUNS = re.compile(r"failed to compute cache key|process \"|lstat |mkdir |cannot copy to|secret |unset ssh")
"""Errors of steps: a plan can't have them."""


def facts(topic: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((FOLDER / f"{topic}.json").read_text())["cases"]
    return found


FACTS = {topic: facts(topic) for topic in topics()}
ALL = [(topic, case) for topic in topics() for case in cases(topic)]


def planned(case: Case) -> BuildPlan:
    dockerfile = parse_dockerfile(case.dockerfile.encode(), style="buildkit")
    return asyncio.run(plan_build(dockerfile, options_of(case), Images()))


def history(plan: BuildPlan) -> list[str]:
    stage, told = plan.result, []
    while True:
        told = [step.created_by for step in stage.steps] + told
        parent = plan.stages[stage.parent] if stage.parent is not None else None
        if parent is None:
            return told
        stage = parent


def normal(excerpt: str) -> str:
    """BuildKit shows no columns."""
    return re.sub(r"\A(Dockerfile:\d+):\d+", r"\1", excerpt)


@pytest.mark.parametrize(("topic", "case"), ALL, ids=[f"{topic}/{case.name}" for topic, case in ALL])
def test_plan(topic: str, case: Case) -> None:
    expected = FACTS[topic][case.name]
    try:
        plan = planned(case)
    except InvalidParameter as error:
        excerpt = normal(error.excerpt) if isinstance(error, DockerfileError) else ""
        assert (str(error), excerpt) == (expected.get("error"), expected.get("excerpt"))
        return
    if "error" in expected:
        assert WHILE_IT_RUNS.match(expected["error"])
        return
    config = image_to_json(Image(architecture="amd64", os="linux", config=plan.result.config))["config"]
    config.pop("ArgsEscaped", None)  # for Windows, and not among the facts
    assert {key: value for key, value in config.items() if value} == expected["config"]
    assert plan.result.author == expected["author"]
    assert history(plan) == [entry["by"] for entry in expected["history"]]


@pytest.mark.parametrize(("topic", "case"), ALL, ids=[f"{topic}/{case.name}" for topic, case in ALL])
def test_warnings(topic: str, case: Case) -> None:
    expected = FACTS[topic][case.name].get("warnings")
    if expected is None or "error" in FACTS[topic][case.name]:
        return  # BuildKit tells of what it had found until then, which may be nothing
    dockerfile = parse_dockerfile(case.dockerfile.encode(), style="buildkit")
    warnings, _ = asyncio.run(check_build(dockerfile, options_of(case), Images()))
    told = [(one.rule, one.message, one.url, [[part.start, part.end] for part in one.ranges]) for one in warnings]
    # BuildKit tells of the variables in one instruction in the order of a hash.
    assert sorted(told) == sorted((one["rule"], one["detail"], one["url"], one["lines"]) for one in expected)
    assert [lines[0][0] for *_, lines in told] == [one["lines"][0][0] for one in expected]
