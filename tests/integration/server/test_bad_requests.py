"""Requests that are wrong: status and message as Docker's, and nothing left behind."""

from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

import pytest
from tests.integration.server.conftest import Ask
from tests.support.engine import Engine
from tests.support.leaks import no_leaks

CREATE = "/containers/create"
NOT_A_FILTER = "/containers/json?filters=" + quote('{"nope": ["x"]}')


@pytest.fixture(autouse=True)
def nothing_left(engine: Engine) -> Iterator[None]:
    """A refused request leaves nothing of the machine behind."""
    with no_leaks(engine):
        yield


def host(**options: Any) -> dict[str, Any]:
    return {"Image": "busybox", "HostConfig": options}


@pytest.mark.parametrize(
    ("method", "path", "body", "status", "message"),
    [
        ("POST", CREATE, {"Image": "nosuch"}, 404, "No such image: nosuch:latest"),
        ("POST", CREATE, {}, 400, "config cannot be empty in order to create a container"),
        ("POST", CREATE, b"{", 400, "invalid JSON: unexpected EOF"),
        ("POST", CREATE, b"nope", 400, "invalid JSON: invalid character 'o' in literal null (expecting 'u')"),
        ("POST", CREATE, {"Image": 5}, 400, "cannot unmarshal number into Go struct field CreateRequest.Image"),
        ("POST", CREATE, host(Memory="1g"), 400, "HostConfig.Memory of type int64"),
        ("POST", CREATE, host(Memory=1000), 400, "Minimum memory limit allowed is 6MB"),
        ("POST", CREATE, host(NanoCpus=999 * 10**9), 400, "CPUs is from 0.01 to"),
        ("POST", CREATE, host(CapAdd=["NOPE"]), 400, 'unknown capability: "CAP_NOPE"'),
        ("POST", CREATE, host(Runtime="nope"), 400, "unknown or invalid runtime name: nope"),
        ("POST", CREATE, host(Binds=["a:b:c:d"]), 400, "invalid volume specification: 'a:b:c:d'"),
        ("POST", CREATE, host(Binds=["/a:/b:zz"]), 400, "invalid mode: zz"),
        ("POST", CREATE, host(Binds=["/a\0:/b"]), 400, "must not contain a NUL character"),
        ("POST", CREATE, host(RestartPolicy={"Name": "nope"}), 400, "invalid restart policy"),
        ("POST", CREATE, host(RestartPolicy={"Name": "always"}, AutoRemove=True), 400, "can't create 'AutoRemove'"),
        ("POST", CREATE, host(Mounts=[{"Type": "bind", "VolumeOptions": {}}]), 400, "VolumeOptions must not be"),
        ("POST", f"{CREATE}?name=_x", {"Image": "busybox"}, 400, "Invalid container name (_x)"),
        ("POST", f"{CREATE}?platform=windows/amd64", {"Image": "busybox"}, 404, "windows/amd64"),
        ("POST", "/containers/nope/start", None, 404, "No such container: nope"),
        ("GET", "/containers/nope/json", None, 404, "No such container: nope"),
        ("POST", "/containers/nope/attach?stream=1", None, 404, "No such container: nope"),
        ("POST", "/containers/nope/exec", {"Cmd": ["x"]}, 404, "No such container: nope"),
        ("POST", "/containers/nope/kill", None, 404, "cannot kill container: nope: No such container: nope"),
        ("DELETE", "/containers/nope", None, 404, "No such container: nope"),
        ("POST", "/exec/nope/start", {}, 404, "No such exec instance: nope"),
        ("GET", "/exec/nope/json", None, 404, "No such exec instance: nope"),
        ("GET", "/images/nope/json", None, 404, "No such image: nope:latest"),
        ("DELETE", "/images/nope", None, 404, "No such image: nope:latest"),
        ("POST", "/images/busybox/tag?repo=A/B", None, 400, "must be lowercase"),
        ("GET", "/images/get?names=nope", None, 404, "nope"),
        ("GET", "/images/get", None, 400, "at least one image name is required"),
        ("GET", "/volumes/nope", None, 404, "get nope: no such volume"),
        ("POST", "/volumes/create", {"Name": "a/b"}, 400, 'create a/b: "a/b" includes invalid characters'),
        ("POST", "/volumes/create", {"Name": "ab", "Driver": "x"}, 404, 'create ab: error looking up volume plugin x'),
        ("GET", "/networks/nope", None, 404, "network nope not found"),
        ("GET", f"/containers/json?filters={quote('{')}", None, 400, "invalid filter"),
        ("GET", NOT_A_FILTER, None, 400, "invalid filter 'nope'"),
        ("GET", "/containers/json?limit=x", None, 400, 'strconv.Atoi: parsing "x": invalid syntax'),
        ("GET", "/events?since=abc", None, 400, "invalid value for 'since': invalid timestamp"),
        ("GET", "/events?since=2&until=1", None, 400, "`since` time (2) cannot be after `until` time (1)"),
        ("GET", "/system/df?type=nope", None, 400, "unknown object type: nope"),
        ("GET", "/nodes", None, 503, "This node is not a swarm manager. Use"),
        ("GET", f"/services?filters={quote('[')}", None, 400, "invalid filter"),
        ("GET", "/swarm", None, 503, "This node is not a swarm manager. Use"),
        ("POST", "/swarm/leave", None, 503, "This node is not part of a swarm"),
        ("POST", "/swarm/init", {}, 501, "Swarm mode is not implemented by Dockyard yet"),
        ("POST", "/services/create", b"{", 400, "invalid JSON: unexpected EOF"),
        ("POST", "/services/x/update?version=1", {}, 503, "This node is not a swarm manager. Use"),
        ("POST", "/services/x/update?version=a", {}, 400, "invalid service version 'a': strconv.ParseUint: parsing"),
        ("POST", "/secrets/x/update", {}, 400, "invalid secret version"),
        ("GET", "/v1.24/configs", None, 400, "GET /configs requires minimum API version 1.30"),
        ("PUT", "/v1.41/volumes/x", {}, 400, "PUT /volumes/{name:.*} requires minimum API version 1.42"),
        ("GET", "/v1.56/info", None, 400, "client version 1.56 is too new. Maximum supported API version is 1.55"),
        ("GET", "/plugins/x/json", None, 404, 'plugin "x" not found'),
        ("DELETE", "/plugins/x", None, 404, 'plugin "x" not found'),
        ("POST", "/plugins/x/enable", None, 400, 'strconv.Atoi: parsing "": invalid syntax'),
        ("POST", "/plugins/pull?remote=x", {}, 501, "managed plugins are not supported by Dockyard"),
    ],
)  # fmt: skip
def test_status_and_message(ask: Ask, method: str, path: str, body: Any, status: int, message: str) -> None:
    headers = {"Content-Type": "application/json"} if isinstance(body, bytes) else {}
    answer = ask(method, path, body, **headers)
    assert (answer.status, message in answer.json()["message"]) == (status, True), answer.body
    assert ask("GET", "/containers/json?all=1").json() == []


def test_a_version_that_is_too_old_is_told_in_plain_text(ask: Ask) -> None:
    """Clients of that time print the body as it is."""
    answer = ask("GET", "/v1.23/info")
    assert (answer.status, answer.headers["content-type"]) == (400, "text/plain; charset=utf-8")
    assert answer.body == (
        b"client version 1.23 is too old. Minimum supported API version is 1.24, "
        b"please upgrade your client to a newer version\n"
    )


def test_a_body_of_another_type(ask: Ask) -> None:
    answer = ask("POST", CREATE, b"Image=busybox", **{"Content-Type": "application/x-www-form-urlencoded"})
    assert answer.status == 400
    assert answer.json()["message"] == (
        "unsupported Content-Type header (application/x-www-form-urlencoded): must be 'application/json'"
    )


def test_an_archive_that_is_none(ask: Ask) -> None:
    """Docker answers 200 and tells the error within the stream, where its client looks for it."""
    answer = ask("POST", "/images/load", b"not a tar archive at all" * 100, **{"Content-Type": "application/x-tar"})
    assert answer.status == 200
    assert b'"errorDetail"' in answer.body
