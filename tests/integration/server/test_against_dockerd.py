"""The same requests to Debian's dockerd and to us: same status, same keys, same JSON types.

Debian's is 20.10 (API 1.41). What newer versions of Docker changed on purpose, and we follow, is listed in DIFFERENT.
"""

import json
from collections.abc import Iterator
from typing import Any, NamedTuple

import pytest
from tests.peers import busybox_image
from tests.peers.docker import docker_daemon
from tests.support.engine import Engine
from tests.support.http import Answer, request

API = "/v1.41"
NAMES = (
    ".Networks",
    ".Ports",
    ".ExposedPorts",
    ".Containers",
    ".Labels",
    ".Attributes",
    ".Runtimes",
    ".IndexConfigs",
    ".stats",
)
"""Where keys are data."""
CREATE = {
    "Image": "busybox",
    "Cmd": ["sleep", "1000"],
    "Labels": {"x": "y"},
    "ExposedPorts": {"80/tcp": {}},
    "HostConfig": {"PortBindings": {"80/tcp": [{"HostPort": "0"}]}, "Binds": ["compared:/data"]},
}


class Step(NamedTuple):
    """One request; `{id}` in the path is the id of the exec that was created last."""

    name: str
    method: str
    path: str
    body: Any = None


STEPS = (
    Step("version", "GET", "/version"),
    Step("info", "GET", "/info"),
    Step("images", "GET", "/images/json"),
    Step("image", "GET", "/images/busybox/json"),
    Step("history", "GET", "/images/busybox/history"),
    Step("create", "POST", "/containers/create?name=compared", CREATE),
    Step("inspect created", "GET", "/containers/compared/json"),
    Step("list created", "GET", "/containers/json?all=1"),
    Step("start", "POST", "/containers/compared/start"),
    Step("start again", "POST", "/containers/compared/start"),
    Step("inspect", "GET", "/containers/compared/json?size=1"),
    Step("list", "GET", "/containers/json?size=1"),
    Step("top", "GET", "/containers/compared/top"),
    Step("top aux", "GET", "/containers/compared/top?ps_args=aux"),
    Step("stats", "GET", "/containers/compared/stats?stream=0"),
    Step("changes", "GET", "/containers/compared/changes"),
    Step("exec", "POST", "/containers/compared/exec", {"Cmd": ["true"], "AttachStdout": True}),
    Step("inspect exec", "GET", "/exec/{id}/json"),
    Step("start exec", "POST", "/exec/{id}/start", {"Detach": True}),
    Step("exec of nothing", "POST", "/containers/compared/exec", {}),
    Step("pause", "POST", "/containers/compared/pause"),
    Step("pause again", "POST", "/containers/compared/pause"),
    Step("exec paused", "POST", "/containers/compared/exec", {"Cmd": ["true"]}),
    Step("list paused", "GET", "/containers/json"),
    Step("remove paused", "DELETE", "/containers/compared"),
    Step("unpause", "POST", "/containers/compared/unpause"),
    Step("remove running", "DELETE", "/containers/compared"),
    Step("rename to itself", "POST", "/containers/compared/rename?name=compared"),
    Step("rename to nothing", "POST", "/containers/compared/rename?name="),
    Step("update", "POST", "/containers/compared/update", {"Memory": 64 << 20, "MemorySwap": -1}),
    Step("update wrongly", "POST", "/containers/compared/update", {"Memory": 1000}),
    Step("stop", "POST", "/containers/compared/stop?t=0"),
    Step("stats of the stopped", "GET", "/containers/compared/stats?stream=0"),
    Step("stop again", "POST", "/containers/compared/stop?t=0"),
    Step("kill stopped", "POST", "/containers/compared/kill"),
    Step("inspect exited", "GET", "/containers/compared/json"),
    Step("wait", "POST", "/containers/compared/wait"),
    Step("volumes", "GET", "/volumes"),
    Step("volume", "GET", "/volumes/compared"),
    Step("remove used volume", "DELETE", "/volumes/compared"),
    Step("create volume", "POST", "/volumes/create", {"Name": "other", "Labels": {"a": "b"}}),
    Step("remove volume", "DELETE", "/volumes/other"),
    Step("networks", "GET", '/networks?filters={"name":["bridge"]}'),
    Step("network", "GET", "/networks/bridge"),
    Step("disk usage", "GET", "/system/df"),
    Step("tag", "POST", "/images/busybox/tag?repo=a/b&tag=c"),
    Step("untag", "DELETE", "/images/a/b:c"),
    Step("remove used image", "DELETE", "/images/busybox"),
    Step("commit", "POST", "/commit?container=compared&repo=committed&tag=1&comment=hi&author=me"),
    Step("committed", "GET", "/images/committed:1/json"),
    Step("remove committed", "DELETE", "/images/committed:1"),
    Step("remove", "DELETE", "/containers/compared?v=1"),
    Step("remove again", "DELETE", "/containers/compared"),
    Step("no page", "GET", "/nope"),
    Step("prune containers", "POST", "/containers/prune"),
    Step("prune images", "POST", "/images/prune"),
)

DIFFERENT = {
    # null became an empty list: 22, 24
    "images": {"[].RepoDigests"},
    "disk usage": {".Images[].RepoDigests", ".BuildCache"},
    # new keys, which older clients ignore: 23 (CDISpecDirs)
    "info": {".CDISpecDirs"},
    # Docker knows the gateway of its default bridge, but doesn't tell before its second start
    "networks": {"[].IPAM.Config[].Gateway"},
    "network": {".IPAM.Config[].Gateway"},
    # counters are there once there was I/O, which depends on what the kernel had in its cache
    "stats": {".blkio_stats"},
    # kept for scripts that were written for Docker 19 and older
    "inspect created": {".HostConfig.DiskQuota"},
    "inspect": {".HostConfig.DiskQuota"},
    "inspect exited": {".HostConfig.DiskQuota"},
    # the configuration of the container that an image was committed from isn't kept any more: 26
    "committed": {".ContainerConfig"},
}


@pytest.mark.slow
@pytest.mark.peer("docker")
def test_status_keys_and_types_are_those_of_docker(engine: Engine) -> None:
    with docker_daemon(arguments=["--default-address-pool=base=10.99.0.0/16,size=24"]) as reference:  # as ours has
        image = busybox_image().read_bytes()
        theirs = request(
            reference.host.removeprefix("unix://"), "POST", "/images/load", image, {"Content-Type": "application/x-tar"}
        )
        assert theirs.status == 200
        expected = dict(_answers(reference.host.removeprefix("unix://")))
    found = dict(_answers(engine.docker.socket))
    differences = []
    for name, answer in expected.items():
        ours = found[name]
        if answer.status != ours.status:
            differences.append(f"{name}: {answer.status} {answer.body[:200]!r} is {ours.status} {ours.body[:200]!r}")
        elif answer.status < 300 and answer.body:
            differences += [f"{name}: {line}" for line in _compare(name, _document(answer), _document(ours))]
    assert differences == []


def _answers(socket_path: str) -> Iterator[tuple[str, Answer]]:
    created = ""
    for step in STEPS:
        path = step.path.replace("{id}", created).replace('"', "%22")
        answer = request(socket_path, step.method, API + path, step.body)
        if step.name == "exec":
            created = answer.json()["Id"]
        yield step.name, answer


def _document(answer: Answer) -> Any:
    return json.loads(answer.body)


def _compare(name: str, expected: Any, found: Any) -> Iterator[str]:
    known = DIFFERENT.get(name, set())
    theirs, ours = dict(_types(expected)), dict(_types(found))
    for path in sorted({*theirs, *ours}):
        if theirs.get(path) != ours.get(path) and not any(path.startswith(one) for one in known):
            yield f"{path}: {theirs.get(path, 'no key')} is {ours.get(path, 'no key')}"


def _types(value: Any, path: str = "") -> Iterator[tuple[str, str]]:
    """Each key path with its JSON type. The first element stands for its list, as the first name for its map."""
    if isinstance(value, dict) and value:
        for key, inner in value.items():
            yield from _types(inner, f"{path}.{'*' if path.endswith(NAMES) else key}")
    elif isinstance(value, list) and value:
        yield from _types(value[0], f"{path}[]")
    else:
        yield path, type(value).__name__
