"""Every operation of the API with parameters that make no sense: refused or answered, never an error of our own."""

import json
import random
from urllib.parse import quote

import pytest
from tests.integration.server.conftest import Ask
from tests.support.engine import Engine

from dockyard.api.routes import EXTENSIONS, ROUTES

HANGING = {
    "SystemEvents",
    "ContainerStats",
    "ContainerAttach",
    "ContainerAttachWebsocket",
    "ContainerWait",
    "ExecStart",
    "Session",
}
"""They answer with a stream that has no end, or take the connection."""
ELSEWHERE = {"ImageCreate", "ImagePush", "ImageSearch", "DistributionInspect", "SystemAuth"}
"""They ask registries."""
NAMES = ["nope", "..", "a/b", "%00", "%2e%2e%2fx", "x" * 300, "-1", "*", "busybox", "sha256:" + "0" * 64, "%ff%fe"]
VALUES = [
    "",
    "0",
    "-1",
    "x",
    "9" * 20,
    "true",
    "{}",
    "[]",
    '{"a":["b"]}',
    "\0",
    "1.5",
    '"',
    "../../etc/passwd",
    "\udcff",
]
PARAMETERS = (
    "all", "limit", "size", "filters", "name", "platform", "ps_args", "stdout", "stderr", "since", "until", "tail",
    "timestamps", "h", "w", "signal", "t", "condition", "force", "v", "link", "repo", "tag", "names", "noprune",
    "fromSrc", "changes", "message", "quiet", "type", "verbose", "container", "pause", "author", "comment",
    "detachKeys",
)  # fmt: skip
BODIES = [
    None,
    b"",
    b"null",
    b"[]",
    b'{"a":',
    b"\xff\xfe",
    json.dumps({"Cmd": None}).encode(),
    json.dumps({"Cmd": ["\0"], "Image": "busybox"}).encode(),
    json.dumps({"Image": "busybox", "Env": ["A=\0"], "Hostname": "\0", "User": "\0"}).encode(),
    json.dumps({"Image": "\ud800"}).encode(),
    json.dumps({"Memory": -5, "CpusetCpus": "x", "RestartPolicy": {"Name": "\0"}}).encode(),
    json.dumps({"Name": "\0", "Labels": {"\0": "\0"}}).encode(),
]


@pytest.mark.parametrize("seed", range(6))
def test_nonsense(engine: Engine, ask: Ask, sleeper: str, seed: int) -> None:
    chance = random.Random(seed)
    for method, template, operation in (*ROUTES, *EXTENSIONS):
        if operation in HANGING | ELSEWHERE:
            continue
        name = chance.choice([*NAMES, sleeper] if method == "GET" else NAMES)
        chosen = [(chance.choice(PARAMETERS), chance.choice(VALUES)) for _ in range(chance.randrange(5))]
        query = "&".join(f"{key}={quote(value, errors='surrogateescape')}" for key, value in chosen)
        version = chance.choice(["", "/v1.24", "/v1.41", "/v1.50", "/v1.55"])
        path = f"{version}{template.replace('{id}', name).replace('{name}', name)}?{query}"
        body = chance.choice(BODIES) if method in ("POST", "PUT") else None
        headers = {"Content-Type": "application/json"} if body is not None else {}
        answer = ask(method, path, body, **headers)
        assert answer.status in (501, 503) or answer.status < 500, f"{method} {path} {body!r}: {answer}"
    assert "Traceback" not in engine.log.read_text(errors="replace")
