"""What engines answer at each version of the API, and where their answers differ in shape: an oracle's and ours.

One of everything is made in both (`prepare`), then all is read (READS) and compared (`differences`).
"""

import json
import time
from collections.abc import Mapping
from typing import Any, NamedTuple

from tests.peers import busybox_image
from tests.support.http import Answer, request
from tests.support.shapes import shape
from tests.support.wait import wait_until

JSON = "application/json"
RUNNING = {
    "Image": "busybox",
    "Cmd": ["sleep", "1000"],
    "Labels": {"x": "y"},
    "ExposedPorts": {"80/tcp": {}},
    "Volumes": {"/anonymous": {}},
    "Healthcheck": {"Test": ["CMD", "true"], "Interval": 1_000_000_000},
    "HostConfig": {
        "PortBindings": {"80/tcp": [{"HostPort": "0"}]},
        "Binds": ["compared:/data"],
        "Memory": 64 << 20,
        "PidsLimit": 50,
        "Mounts": [{"Type": "tmpfs", "Target": "/t"}],
        "Ulimits": [{"Name": "nofile", "Soft": 100, "Hard": 100}],
    },
}
READS = {
    "version": "/version",
    "info": "/info",
    "ping": "/_ping",
    "images": "/images/json",
    "images, all": "/images/json?all=1",
    "image": "/images/busybox/json",
    "image, committed": "/images/committed/json",
    "history": "/images/committed/history",
    "container, running": "/containers/running/json?size=1",
    "container, created": "/containers/created/json",
    "container, exited": "/containers/exited/json",
    "containers": "/containers/json?all=1&size=1",
    "containers, filtered": '/containers/json?all=1&filters={"status":["exited"]}',
    "top": "/containers/running/top",
    "changes": "/containers/running/changes",
    "stats": "/containers/running/stats?stream=0&one-shot=1",
    "exec": "/exec/{exec}/json",
    "volumes": "/volumes",
    "volume": "/volumes/named",
    "networks": "/networks",
    "network": "/networks/bridge",
    "usage": "/system/df",
    "events": "/events?since={since}&until={until}",
    "plugins": "/plugins",
    "swarm": "/swarm",
    "nodes": "/nodes",
    "secrets": "/secrets",
    "configs": "/configs",
    "no container": "/containers/nope/json",
    "no image": "/images/nope/json",
    "no volume": "/volumes/nope",
    "no network": "/networks/nope",
    "no exec": "/exec/nope/json",
    "no page": "/nope",
}


class Prepared(NamedTuple):
    """An engine with one of everything."""

    socket: str
    exec_id: str
    since: str


def prepare(socket: str, version: str) -> Prepared:
    """The same things in each engine, made with `version`, the newest that both know."""

    def do(method: str, path: str, body: Any = None) -> Any:
        headers = {"Content-Type": "application/x-tar"} if isinstance(body, bytes) else {}
        answer = request(socket, method, f"/v{version}{path}", body, headers)
        assert answer.status < 300, (path, answer)
        return (
            json.loads(answer.body) if answer.headers.get("content-type") == JSON and path != "/images/load" else None
        )

    since = f"{time.time():.6f}"
    do("POST", "/images/load", busybox_image().read_bytes())
    do("POST", "/volumes/create", {"Name": "named", "Labels": {"a": "b"}})
    do("POST", "/containers/create?name=running", RUNNING)
    do("POST", "/containers/running/start")
    do("POST", "/containers/create?name=created", {"Image": "busybox"})
    do("POST", "/containers/create?name=exited", {"Image": "busybox", "Cmd": ["false"], "Tty": True})
    do("POST", "/containers/exited/start")
    do("POST", "/containers/exited/wait")
    do("POST", "/commit?container=exited&repo=committed&comment=c&author=a", {})
    do("POST", "/images/committed/tag?repo=tagged")
    exec_id = do("POST", "/containers/running/exec", {"Cmd": ["true"], "AttachStdout": True})["Id"]
    wait_until(lambda: do("GET", "/containers/running/json")["State"]["Health"]["Status"] == "healthy", "health", 20)
    return Prepared(socket, exec_id, since)


def read(engine: Prepared, version: str, name: str) -> Answer:
    path = READS[name].replace("{exec}", engine.exec_id).replace("{since}", engine.since)
    path = path.replace("{until}", f"{time.time():.6f}").replace('"', "%22")
    return request(engine.socket, "GET", f"/v{version}{path}")


def shape_of(name: str, answer: Answer) -> set[tuple[str, str]]:
    """Paths and types; of events for each type and action."""
    if name != "events":
        return set(shape(answer.json())) if answer.headers.get("content-type") == JSON else set()
    found: set[tuple[str, str]] = set()
    for line in answer.body.splitlines():
        event = json.loads(line)
        found.update(shape(event, f"{event['Type']} {event['Action'].partition(':')[0]} "))
    return found


def differences(both: tuple[Prepared, Prepared], version: str, known: Mapping[str, tuple[str, ...]]) -> list[str]:
    """Where ours (the second) differs from the oracle's, a line each; but for what is `known`: beginnings of lines."""
    found = []
    for name in READS:
        theirs, ours = (read(engine, version, name) for engine in both)
        lines = _differences(name, version, theirs, ours)
        found += [f"{name}: {line}" for line in lines if not line.startswith(known.get(name, ()))]
    return found


def _differences(name: str, version: str, theirs: Answer, ours: Answer) -> list[str]:
    if theirs.status != ours.status:
        return [f"status at {version}: {theirs.status} {theirs.body[:200]!r} is {ours.status} {ours.body[:200]!r}"]
    if theirs.status >= 400 and theirs.body != ours.body:
        return [f"message: {theirs.body!r} is {ours.body!r}"]
    if theirs.headers.get("content-type") != ours.headers.get("content-type"):
        return [f"content type: {theirs.headers} is {ours.headers}"]
    expected, got = shape_of(name, theirs), shape_of(name, ours)
    found = [f"{path}: only in Docker: {kind}" for path, kind in sorted(expected - got)]
    return found + [f"{path}: only in Dockyard: {kind}" for path, kind in sorted(got - expected)]
