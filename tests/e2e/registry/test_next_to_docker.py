"""Pulls, pushes and looks told line by line, next to Docker 26: the same streams, the same statuses and messages.

What is compared: everything but the numbers of progress bars and the order of layers that move at the same time.
"""

import base64
import json
from collections.abc import Iterator
from contextlib import ExitStack
from typing import Any, NamedTuple
from urllib.parse import quote

import pytest
from tests.e2e.registry.conftest import busybox_layer
from tests.peers import docker_daemon
from tests.peers.registry import registry
from tests.support.engine import dockyard_engine
from tests.support.faulty_registry import Answer, Asked, faulty_registry, refusal
from tests.support.http import request
from tests.support.packs import artifact_pack, image_pack, index_pack, layer, upload
from tests.support.token_server import token_server

pytestmark = [pytest.mark.dockyard_only, pytest.mark.peer("docker-26"), pytest.mark.xdist_group("next-to-docker")]
APP = image_pack([busybox_layer(), layer({"a": b"app" * 999})], docker=True)
BAD = image_pack([busybox_layer(), layer({"b": b"bad" * 999})])
BAD_LAYER = next(one for one in BAD.blobs if one != BAD.config_digest and one != busybox_layer().digest)
ONLY_S390 = index_pack({"linux/s390x": image_pack([busybox_layer()], architecture="s390x")})
ARTIFACT = artifact_pack("application/spdx+json", b"{}")


UNSTEADY = ("Waiting", "Downloading")
"""Lines that come or not as the clock has it."""


class Both(NamedTuple):
    """Sockets of Docker 26 and of Dockyard, and the registries that they speak to, by name."""

    docker: str
    dockyard: str
    places: dict[str, str]

    def answers(self, method: str, path: str, headers: dict[str, str]) -> list[tuple[int, list[Any]]]:
        for name, address in self.places.items():
            path = path.replace(f"<{name}>", address)
        found = []
        for number, socket in enumerate((self.docker, self.dockyard)):
            own = f"pushed{number}"
            answer = request(socket, method, f"/v1.45{path}".replace("PUSHED", own), headers=headers)
            found.append((answer.status, _lines(answer.body.decode().replace(own, "PUSHED"))))
        return found


def _lines(text: str) -> list[Any]:
    lines = [json.loads(line) for line in text.splitlines()]
    return [one for one in lines if not one.get("progressDetail") and one.get("status") not in UNSTEADY]


def _lives(lines: list[Any]) -> dict[str, list[str]]:
    """What is said of each layer."""
    found: dict[str, list[str]] = {}
    for one in lines:
        if "progressDetail" in one and "aux" not in one:
            found.setdefault(one["id"], []).append(one["status"])
    return found


def agree(theirs: list[Any], ours: list[Any]) -> bool:
    """Whether the same is said. Layers move side by side, and Docker leaves out steps of theirs when it is in a hurry:
    of each it says nothing that we don't say, in our order, with the same beginning and end."""
    lives, own = _lives(theirs), _lives(ours)
    if [one for one in theirs if one.get("id") not in lives] != [one for one in ours if one.get("id") not in own]:
        return False
    for layer_id, steps in lives.items():
        said = iter(own.get(layer_id, ()))
        if not all(step in said for step in steps) or (steps[0], steps[-1]) != (own[layer_id][0], own[layer_id][-1]):
            return False
    return lives.keys() == own.keys()


def _lies(asked: Asked) -> Answer | None:
    size = len(BAD.blobs[BAD_LAYER])
    if asked.path.startswith("/v2/bad/") and asked.blob == BAD_LAYER:
        return Answer(body=b"x" * size)
    if asked.path.startswith("/v2/gone/") and asked.blob == BAD_LAYER:
        return refusal(404, "BLOB_UNKNOWN", "blob unknown to registry")
    if asked.path.startswith("/v2/config/") and asked.blob == BAD.config_digest:
        return Answer(body=b"x" * len(BAD.blobs[BAD.config_digest]))
    if asked.path.startswith("/v2/limit/manifests"):
        return refusal(429, "TOOMANYREQUESTS", "You have reached your pull rate limit.")
    if asked.path.startswith("/v2/broken/manifests"):
        return Answer(500, b"<html>oops")
    return None


@pytest.fixture(scope="module")
def both(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Both]:
    with ExitStack() as stack:
        folder = tmp_path_factory.mktemp("both")
        plain = stack.enter_context(registry(folder / "plain"))
        locked = stack.enter_context(registry(folder / "locked", users={"a": "b"}))
        tokens = stack.enter_context(token_server(folder / "tokens", {"alice": "s3cret"}))
        guarded = stack.enter_context(registry(folder / "guarded", token=tokens.settings))
        packs = {one: {"1": BAD} for one in ("bad", "gone", "config", "limit", "broken")}
        lying = stack.enter_context(faulty_registry(packs))
        lying.fault = _lies
        upload(plain.address, "app", APP, "1")
        upload(plain.address, "s390", ONLY_S390, "1")
        upload(plain.address, "artifact", ARTIFACT, "1")
        upload(locked.address, "app", APP, "1", {"Authorization": "Basic YTpi"})
        daemon = stack.enter_context(
            docker_daemon(
                release=26, own_network=False, bridge="none", arguments=("--iptables=false", "--ip6tables=false")
            )
        )
        engine = stack.enter_context(dockyard_engine("none"))
        places = {"plain": plain.address, "locked": locked.address, "guarded": guarded.address, "lying": lying.address}
        yield Both(daemon.host.removeprefix("unix://"), str(engine.docker.socket), places)


def auth(name: str, password: str) -> dict[str, str]:
    entry = json.dumps({"username": name, "password": password}).encode()
    return {"X-Registry-Auth": base64.urlsafe_b64encode(entry).decode()}


def pull(name: str, tag: str = "1", more: str = "") -> tuple[str, str]:
    return "POST", f"/images/create?fromImage={name}&tag={quote(tag, safe='')}{more}"


NOBODY = {"X-Registry-Auth": "e30="}
CASES: dict[str, tuple[tuple[str, str], dict[str, str]]] = {
    "new": (pull("<plain>/app"), {}),
    "again": (pull("<plain>/app"), {}),
    "by digest": (pull("<plain>/app", APP.digest), {}),
    "all tags": (pull("<plain>/app", ""), {}),
    "no such tag": (pull("<plain>/app", "nosuch"), {}),
    "no such digest": (pull("<plain>/app", "sha256:" + "a" * 64), {}),
    "no such repository": (pull("<plain>/nosuch"), {}),
    "all tags of no repository": (pull("<plain>/nosuch", ""), {}),
    "upper case": (pull("<plain>/App"), {}),
    "bad tag": (pull("<plain>/app", "in valid"), {}),
    "bad name": (pull("a//b"), {}),
    "bad platform": (pull("<plain>/app", "1", "&platform=a/b/c/d"), {}),
    "scratch": (pull("scratch", ""), {}),
    "no platform fits": (pull("<plain>/s390"), {}),
    "an artifact": (pull("<plain>/artifact"), {}),
    "a login is wanted": (pull("<locked>/app"), {}),
    "a login that holds": (pull("<locked>/app"), auth("a", "b")),
    "no token": (pull("<guarded>/team/app"), {}),
    "unreachable": (pull("127.0.0.1:1/x"), {}),
    "a wrong layer": (pull("<lying>/bad"), {}),
    "a layer that is gone": (pull("<lying>/gone"), {}),
    "too many requests": (pull("<lying>/limit"), {}),
    "a broken registry": (pull("<lying>/broken"), {}),
    "tag": (("POST", "/images/<plain>%2Fapp:1/tag?repo=<plain>/PUSHED&tag=1"), {}),
    "push": (("POST", "/images/<plain>/PUSHED/push?tag=1"), NOBODY),
    "push again": (("POST", "/images/<plain>/PUSHED/push?tag=1"), NOBODY),
    "push for a platform, which 1.45 doesn't know": (
        ("POST", f"/images/<plain>/PUSHED/push?tag=1&platform={quote(json.dumps({'os': 'x', 'architecture': 'y'}))}"),
        NOBODY,
    ),
    "push all tags": (("POST", "/images/<plain>/PUSHED/push"), NOBODY),
    "push no such tag": (("POST", "/images/<plain>/PUSHED/push?tag=nosuch"), NOBODY),
    "push nothing": (("POST", "/images/<plain>/nosuch/push?tag=1"), NOBODY),
    "push a digest": (("POST", f"/images/<plain>/app@{APP.digest}/push"), NOBODY),
    "tag for a login": (("POST", "/images/<plain>%2Fapp:1/tag?repo=<locked>/PUSHED&tag=1"), {}),
    "push without login": (("POST", "/images/<locked>/PUSHED/push?tag=1"), NOBODY),
    "push with a wrong login": (("POST", "/images/<locked>/PUSHED/push?tag=1"), auth("a", "no")),
    "tag for tokens": (("POST", "/images/<plain>%2Fapp:1/tag?repo=<guarded>/PUSHED&tag=1"), {}),
    "push without token": (("POST", "/images/<guarded>/PUSHED/push?tag=1"), NOBODY),
    "look": (("GET", "/distribution/<plain>/app:1/json"), {}),
    "look for nothing": (("GET", "/distribution/<plain>/app:nosuch/json"), {}),
    "look without login": (("GET", "/distribution/<locked>/app:1/json"), {}),
    "look at a bad name": (("GET", "/distribution/<plain>/App:1/json"), {}),
}


def test_the_same_lines_and_answers(both: Both) -> None:
    """In order: a push needs what a pull brought."""
    different = {}
    for name, ((method, path), headers) in CASES.items():
        theirs, ours = both.answers(method, path, headers)
        if theirs[0] != ours[0] or not agree(theirs[1], ours[1]):
            different[name] = (theirs, ours)
    assert different == {}


def test_what_docker_28_says_otherwise(both: Both) -> None:
    """Docker 26 answers 500 where a login is refused, 28 answers 401; the words are the same."""
    for place, headers in (("<locked>/app:no", auth("a", "no")), ("<guarded>/team/app", auth("alice", "no"))):
        (theirs_status, theirs), (ours_status, ours) = both.answers(*pull(place, ""), headers)
        assert (theirs_status, ours_status, ours) == (500, 401, theirs)
    (_, theirs), (_, ours) = both.answers(*pull("<lying>/config"), {})
    # layers that Docker has begun with by then are told or not
    assert [one for one in theirs if "error" in one] == [one for one in ours if "error" in one] != []
