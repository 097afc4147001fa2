"""The API's own definition holds for our answers: a declared status, every field declared and of its type.

And the other way round: every field that is declared is seen in the walk, or listed with the reason why it can't be.
"""

import json
import time
import warnings
from collections import defaultdict
from collections.abc import Iterator

import pytest
from tests.integration.definition.steps import AFTER, BEFORE, Step
from tests.integration.definition.undeclared import NOW_AND_THEN, UNDECLARED_FIELDS, UNDECLARED_STATUSES, UNSEEN
from tests.support.client import Docker
from tests.support.definition import answer_schema, declared_fields, shown_fields, statuses, violations
from tests.support.engine import Engine
from tests.support.http import Answer, request
from tests.support.wait import wait_until

pytestmark = [pytest.mark.root, pytest.mark.dockyard_only]
API = "/v1.55"
JSON_TYPES = ("application/json", "application/jsonl")


def ask(engine: Engine, step: Step) -> Answer:
    headers = {"Content-Type": "application/x-tar"} if isinstance(step.body, bytes) else {}
    return request(engine.docker.socket, step.method, API + step.path, step.body, headers)


def walk(engine: Engine) -> Iterator[tuple[Step, Answer]]:
    for step in BEFORE:
        yield step, ask(engine, step)
    wait_until(lambda: "healthy" in engine.docker("inspect", "-f", "{{.State.Health.Status}}", "walked"), "health", 20)
    exec_id = ""
    for step in AFTER:
        path = step.path.replace("{exec}", exec_id).replace("{now}", f"{time.time():.3f}")
        answer = ask(engine, step._replace(path=path))
        if step.operation == "ContainerExec" and answer.status == 201:
            exec_id = answer.json()["Id"]
        yield step, answer


def documents(step: Step, answer: Answer) -> list[object]:
    kind = answer.headers.get("content-type", "").partition(";")[0]
    if step.method == "HEAD" or kind not in JSON_TYPES or not answer.body:
        return []
    if kind == "application/json" and step.operation not in ("ImageLoad", "ImageCreate"):
        return [json.loads(answer.body)]
    return [json.loads(line) for line in answer.body.splitlines()]


def test_every_answer_is_declared_and_every_declared_field_is_answered(engine: Engine, docker: Docker) -> None:
    wrong: list[str] = []
    seen: dict[tuple[str, int], set[str]] = defaultdict(set)
    for step, answer in walk(engine):
        name = f"{step.method} {step.path} ({step.operation}) {answer.status}"
        if answer.status >= 500 and (step.operation, answer.status) not in UNDECLARED_STATUSES:
            wrong.append(f"{name}: {answer.body[:300]!r}")
        if answer.status not in statuses(step.operation) | {
            status for op, status in UNDECLARED_STATUSES if op == step.operation
        }:
            wrong.append(f"{name}: not a declared status: {answer.body[:300]!r}")
        schema = answer_schema(step.operation, answer.status)
        for document in documents(step, answer):
            if schema is None:
                continue
            found = violations(step.operation, answer.status, document)
            wrong += [
                f"{name}: {one}" for one in found if not one.startswith(UNDECLARED_FIELDS.get(step.operation, ()))
            ]
            seen[step.operation, answer.status].update(shown_fields(schema, document))
    assert not wrong, "\n".join(wrong)
    unseen = {
        f"{operation} {field}"
        for (operation, status), fields in seen.items()
        for field in declared_fields(answer_schema(operation, status))
        if status < 300 and field not in fields
    }
    listed = [field for fields in UNSEEN.values() for field in fields]
    unlisted = sorted(field for field in unseen if not field.startswith((*listed, *NOW_AND_THEN)))
    assert not unlisted, "declared, and never answered:\n" + "\n".join(unlisted)
    answered = [one for one in listed if not any(field.startswith(one) for field in unseen)]
    if answered:  # no failure: who makes a field known need not know of this list
        warnings.warn(f"answered by now, take them out of the list: {answered}", stacklevel=1)
