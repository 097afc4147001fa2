"""Sockets with limits: their grammar, and what passes through a door that has one."""

import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from tests.unit.server.http_client import doorway

from dockyard.api.routes import EXTENSIONS, ROUTES
from dockyard.errors import InvalidParameter, NotFound
from dockyard.server.docker.admission import ATTACHING, GREETINGS, LISTS, ON_CONTAINER, ON_EXEC, REACHING_OUT
from dockyard.server.docker.call import Call
from dockyard.server.docker.endpoints.execs import container_exec
from dockyard.server.docker.endpoints.table import Endpoint
from dockyard.server.docker.http.answers import Answer, JsonAnswer
from dockyard.server.docker.scope import Scope, split_scope

ALL = (*ROUTES, *EXTENSIONS)
OURS = "a" * 64
THEIRS = "b" * 64


@pytest.mark.parametrize(
    ("text", "place", "scope"),
    [
        ("unix:///a", "unix:///a", None),
        ("unix:///a?scope=read-only", "unix:///a", Scope(read_only=True)),
        ("unix:///a?scope=events", "unix:///a", Scope(events_only=True)),
        ("unix:///a?label=team", "unix:///a", Scope(label="team")),
        ("unix:///a?label=team=a=b", "unix:///a", Scope(label="team=a=b")),
        ("fd://x?label=team%20x=a&scope=read-only", "fd://x", Scope(read_only=True, label="team x=a")),
    ],
)
def test_grammar(text: str, place: str, scope: Scope | None) -> None:
    assert split_scope(text) == (place, scope)


@pytest.mark.parametrize(
    "limits", ["", "scope", "scope=", "scope=readonly", "read-only", "label=", "label==a", "label=a&label=b", "x=y"]
)
def test_limits_that_do_not_exist_are_refused(limits: str) -> None:
    with pytest.raises(InvalidParameter):
        split_scope(f"unix:///a?{limits}")


def test_operations_that_are_named_exist() -> None:
    named = GREETINGS | LISTS | ON_CONTAINER | ON_EXEC | ATTACHING | REACHING_OUT
    assert {operation for _, _, operation in ALL} >= named


async def shown(call: Call) -> Answer:
    return JsonAnswer({"name": call.name, "filters": json.loads(call.query.text("filters") or "{}")})


EVERYTHING = {operation: Endpoint(shown) for _, _, operation in ALL}


def through(path: Path, scope: Scope, **endpoints: Endpoint) -> Any:
    return doorway(path / "s", engine(), scope=scope, endpoints={**EVERYTHING, **endpoints})


def engine() -> Any:
    labels = {OURS: {"team": "a"}, THEIRS: {"team": "b"}}
    names = {"mine": OURS, "other": THEIRS, OURS: OURS, THEIRS: THEIRS}

    def get(ref: str) -> Any:
        if ref not in names:
            raise NotFound(f"No such container: {ref}")
        container_id = names[ref]
        return SimpleNamespace(id=container_id, config=SimpleNamespace(labels=labels[container_id]))

    async def inspect(exec_id: str) -> Any:
        return SimpleNamespace(container_id={"e1": OURS, "e2": THEIRS}[exec_id])

    return SimpleNamespace(containers=SimpleNamespace(get=get), execs=SimpleNamespace(inspect=inspect))


def target(template: str) -> str:
    return template.replace("{id}", "mine").replace("{name}", "mine")


@pytest.mark.row("X7")
async def test_read_only_refuses_all_that_is_no_get_or_reaches_further(tmp_path: Path) -> None:
    reaching = {"ContainerAttachWebsocket", "DistributionInspect", "ImageSearch", "VolumeExport"}
    async with through(tmp_path, Scope(read_only=True)) as door:
        for method, template, operation in ALL:
            reply = await door.request(method, target(template))
            allowed = method in ("GET", "HEAD") and operation not in reaching
            assert reply.status == (200 if allowed else 403), operation
        refused = await door.request("POST", "/containers/mine/start")
        assert refused.json["message"].startswith("this socket is read-only: POST /containers/mine/start")


@pytest.mark.row("X7")
async def test_events_only(tmp_path: Path) -> None:
    async with through(tmp_path, Scope(events_only=True)) as door:
        for method, template, operation in ALL:
            reply = await door.request(method, target(template))
            allowed = operation in ("SystemEvents", "SystemPing", "SystemPingHead", "SystemVersion")
            assert reply.status == (200 if allowed else 403), operation
        assert (await door.request("GET", "/events")).json["filters"] == {}


@pytest.mark.row("X7")
async def test_one_labels_containers(tmp_path: Path) -> None:
    async with through(tmp_path, Scope(label="team=a")) as door:
        assert (await door.request("POST", "/containers/mine/start")).json["name"] == OURS
        assert (await door.request("GET", "/exec/e1/json")).json["name"] == "e1"
        refused = [
            ("POST", "/containers/other/start"),
            ("DELETE", f"/containers/{THEIRS}"),
            ("GET", "/containers/other/json"),
            ("GET", "/exec/e2/json"),
            ("POST", "/exec/e2/start"),
            ("POST", "/containers/create"),
            ("POST", "/containers/mine/update"),
            ("POST", "/commit?container=other"),
            ("GET", "/images/json"),
            ("GET", "/info"),
            ("GET", "/volumes"),
            ("POST", "/networks/bridge/connect"),
            ("GET", "/system/df"),
        ]
        for method, path in refused:
            reply = await door.request(method, path)
            assert reply.status == 403, path
            assert "this socket reaches containers with the label team=a only" in reply.json["message"]
        assert (await door.request("GET", "/containers/nosuch/json")).status == 404


async def test_lists_and_events_are_narrowed(tmp_path: Path) -> None:
    async with through(tmp_path, Scope(label="team=a")) as door:
        asked = '/containers/json?filters={"label":{"team=b":true}}'
        assert (await door.request("GET", asked)).json["filters"] == {"label": ["team=b", "team=a"]}
        assert (await door.request("POST", "/containers/prune")).json["filters"] == {"label": ["team=a"]}
        events = (await door.request("GET", '/events?filters={"type":["container","image"]}')).json["filters"]
        assert events == {"label": ["team=a"], "type": ["container"]}
        assert (await door.request("GET", '/events?filters={"type":["image"]}')).status == 403


async def test_an_exec_on_a_label_socket_may_not_be_privileged(tmp_path: Path) -> None:
    async with through(tmp_path, Scope(label="team"), ContainerExec=Endpoint(container_exec)) as door:
        body = {"Cmd": ["mount"], "Privileged": True}
        reply = await door.request("POST", "/containers/mine/exec", body)
        assert reply.status == 403
        assert "privileged execs are not allowed" in reply.json["message"]
        reply = await door.request("POST", "/containers/mine/exec", {"Cmd": ["mount"], "privileged": True})
        assert reply.status == 403
