"""Every version that Debian's dockerd speaks (1.24 to 1.41), asked of it and of us: the same statuses, messages, keys
and types. What newer versions of Docker answer otherwise to old clients, and we with them, is listed in DIFFERENT.
"""

import json
import time
from collections.abc import Iterator
from typing import Any, NamedTuple

import pytest
from tests.peers import busybox_image
from tests.peers.docker import docker_daemon
from tests.support.engine import dockyard_engine
from tests.support.http import Answer, request
from tests.support.shapes import shape
from tests.support.wait import wait_until

VERSIONS = tuple(f"1.{minor}" for minor in range(24, 42))
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
DIFFERENT = {
    # null became an empty list: 22, 24
    "images": ("[].RepoDigests", "[].Labels"),
    "images, all": ("[].RepoDigests", "[].Labels"),
    "usage": (".Images[].RepoDigests", ".Images[].Labels", ".BuildCache"),
    # empty labels aren't kept in images any more: 25
    "image, committed": (".Config.Labels",),
    # new keys, which older clients ignore: 23
    "info": (".CDISpecDirs",),
    # programs are told where they differ from their names; a key that is data
    "version": (".Components[].Details.Program",),
    # Docker knows the gateway of its default bridge, but doesn't tell before its second start; no list became null: 28
    "networks": ("[].IPAM.Config",),
    "network": (".IPAM.Config[].Gateway",),
    # counters are there once there was I/O, which depends on what the kernel had in its cache
    "stats": (".blkio_stats.io_service",),
    # kept for scripts that were written for Docker 19 and older
    "container, running": (".HostConfig.DiskQuota",),
    "container, exited": (".HostConfig.DiskQuota",),
    # filled in by 20.10 only where the request has a HostConfig
    "container, created": (".HostConfig.DiskQuota", ".HostConfig.Runtime"),
    # what a version doesn't have yet is a wrong request: 25; 20.10 looked at the version of clients alone
    "secrets": ("status at 1.24",),
    "configs": tuple(f"status at 1.{minor}" for minor in range(24, 30)),
    # the prefix of the message isn't said twice: 23
    "no image": ("message",),
}


class Prepared(NamedTuple):
    """An engine with one of everything."""

    socket: str
    exec_id: str
    since: str


def prepare(socket: str) -> Prepared:
    """The same things in each engine, made with the newest version that both know."""

    def do(method: str, path: str, body: Any = None) -> Any:
        headers = {"Content-Type": "application/x-tar"} if isinstance(body, bytes) else {}
        answer = request(socket, method, f"/v1.41{path}", body, headers)
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


@pytest.fixture(scope="module")
def both(bridge_name: str) -> Iterator[tuple[Prepared, Prepared]]:
    with docker_daemon() as reference, dockyard_engine(f"{bridge_name}v", own_network=True) as engine:
        yield prepare(reference.host.removeprefix("unix://")), prepare(engine.docker.socket)


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


@pytest.mark.slow
@pytest.mark.peer("docker")
@pytest.mark.dockyard_only
@pytest.mark.xdist_group("versions")
@pytest.mark.parametrize("version", VERSIONS)
def test_answers_have_the_shape_of_their_version(both: tuple[Prepared, Prepared], version: str) -> None:
    differences = []
    for name in READS:
        theirs, ours = (read(engine, version, name) for engine in both)
        known = DIFFERENT.get(name, ())
        found = []
        if theirs.status != ours.status:
            found.append(
                f"status at {version}: {theirs.status} {theirs.body[:200]!r} is {ours.status} {ours.body[:200]!r}"
            )
        elif theirs.status >= 400 and theirs.body != ours.body:
            found.append(f"message: {theirs.body!r} is {ours.body!r}")
        elif theirs.headers.get("content-type") != ours.headers.get("content-type"):
            found.append(f"content type: {theirs.headers} is {ours.headers}")
        else:
            expected, got = shape_of(name, theirs), shape_of(name, ours)
            found += [f"{path}: only in Docker: {kind}" for path, kind in sorted(expected - got)]
            found += [f"{path}: only in Dockyard: {kind}" for path, kind in sorted(got - expected)]
        differences += [f"{name}: {one}" for one in found if not one.startswith(known)]
    assert not differences, "\n".join(differences)
