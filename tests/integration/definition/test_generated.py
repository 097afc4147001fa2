"""Requests that schemathesis makes up from the API's definition, right ones and wrong ones, to a live daemon.

No 500, no answer of an undeclared status or shape, and the daemon says nothing of a traceback. Half of the names are
those of things that exist, so that requests get past the first look-up. `DOCKYARD_EXAMPLES` sets how many there are.
"""

import json
import os
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import quote, urlencode

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from hypothesis.errors import Unsatisfiable
from schemathesis import Case, GenerationMode
from schemathesis.core.errors import SerializationNotPossible
from tests.integration.definition.undeclared import UNDECLARED_FIELDS
from tests.peers import busybox_image
from tests.support.definition import document, operations, statuses, violations
from tests.support.engine import Engine, dockyard_engine
from tests.support.http import Answer, request

pytestmark = [pytest.mark.root, pytest.mark.dockyard_only, pytest.mark.xdist_group("generated")]

EXAMPLES = int(os.environ.get("DOCKYARD_EXAMPLES", "8"))
ELSEWHERE = frozenset(
    {
        # of a registry, which a test of random names must not ask
        *("ImageCreate", "ImagePush", "ImageSearch", "SystemAuth", "DistributionInspect", "ImageBuild"),
        *("GetPluginPrivileges", "PluginPull", "PluginUpgrade", "PluginPush"),
        # answers that last: a stream, or a connection given away
        *("ContainerAttach", "ContainerAttachWebsocket", "Session", "ContainerWait"),
    }
)
OPERATIONS = sorted(set(operations()) - ELSEWHERE)
ALWAYS = {400: "the request is wrong", 404: "the name is", 409: "the state is", 501: "refused", 503: "no swarm"}
NAMES = ("running", "stopped", "busybox", "bridge", "local", "thing")
ENDING = {"SystemEvents": {"until": "1"}, "ContainerStats": {"stream": "false", "one-shot": "1"}}
"""Parameters without which an answer would have no end."""
ENDING |= {"ContainerLogs": {"follow": "0"}, "ContainerStop": {"t": "0"}, "ContainerRestart": {"t": "0"}}


@pytest.fixture(scope="module")
def live(bridge_name: str) -> Iterator[Engine]:
    """An engine of its own: what these requests make and remove is nobody else's."""
    with dockyard_engine(f"{bridge_name}f") as engine:
        yield engine


def prepare(engine: Engine) -> None:
    """One running container, one that isn't, one volume, an image: what the names mean."""
    socket = engine.docker.socket
    if request(socket, "GET", "/images/busybox/json").status != 200:
        engine.docker("load", "-i", str(busybox_image()))
    for name in ("running", "stopped"):
        request(socket, "POST", f"/containers/create?name={name}", {"Image": "busybox", "Cmd": ["sleep", "1000"]})
    request(socket, "POST", "/containers/running/start")
    request(socket, "POST", "/volumes/create", {"Name": "thing"})


@pytest.fixture(scope="module")
def schema() -> Any:
    return schemathesis.openapi.from_dict(document())


def send(engine: Engine, operation: str, case: Case, name: str) -> Answer:
    path = case.path
    for parameter, value in (case.path_parameters or {}).items():
        path = path.replace(f"{{{parameter}}}", quote(name or str(value), safe=""))
    query = {**(case.query or {}), **ENDING.get(operation, {})}
    headers = {key: quote(str(value)) for key, value in (case.headers or {}).items()}
    body = case.body if isinstance(case.body, bytes) else None
    if not isinstance(case.body, bytes | schemathesis.core.NotSet):
        body = json.dumps(case.body).encode()
    if body is not None:
        headers["Content-Type"] = case.media_type or "application/json"
    return request(engine.docker.socket, case.method, f"/v1.55{path}?{urlencode(query, doseq=True)}", body, headers)


def check(operation: str, answer: Answer) -> None:
    """Raises AssertionError for an answer that the definition doesn't have."""
    assert answer.status in statuses(operation) | ALWAYS.keys(), (answer.status, answer.body[:300])
    assert answer.status != 500, answer.body[:300]
    if answer.status == 501:
        assert b"by Dockyard" in answer.body, answer.body[:300]
    elif answer.headers.get("content-type") == "application/json" and answer.body:
        found = violations(operation, answer.status, json.loads(answer.body))
        assert [one for one in found if not one.startswith(UNDECLARED_FIELDS.get(operation, ()))] == []


@pytest.mark.parametrize("operation", OPERATIONS)
def test_generated_requests_are_answered_as_declared(live: Engine, schema: Any, operation: str) -> None:
    prepare(live)
    already = live.log.read_bytes().count(b"Traceback")
    for mode in (GenerationMode.POSITIVE, GenerationMode.NEGATIVE):
        _generated(lambda case, name: check(operation, send(live, operation, case, name)), schema, operation, mode)
    assert live.log.read_bytes().count(b"Traceback") == already
    assert request(live.docker.socket, "GET", "/_ping").status == 200


def _generated(try_one: Callable[[Case, str], None], schema: Any, operation: str, mode: GenerationMode) -> None:
    found = schema.find_operation_by_id(operation)
    run = settings(
        max_examples=EXAMPLES,
        derandomize=True,
        database=None,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    names = st.sampled_from(("", *NAMES))
    try:
        run(given(found.as_strategy(generation_mode=mode), names)(try_one))()
    except (Unsatisfiable, SerializationNotPossible):
        # any text is a name: such a request can't be wrong; nor does schemathesis write archives
        assert mode is GenerationMode.NEGATIVE or operation in ("ImageLoad", "PluginCreate")
