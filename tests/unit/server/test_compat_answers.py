"""Answers of older versions: each difference at its version, and not one before it."""

import copy
from typing import Any

import pytest
from tests.unit.server.records import ID, RUNNING

from dockyard.engine.event_journal import Event
from dockyard.server.docker.compat import container_answers, event_answers, image_answers, system_answers
from dockyard.server.docker.wire.container_inspect import container_inspect
from dockyard.server.docker.wire.container_summary import container_summary
from dockyard.server.docker.wire.event import event_message

NEWEST = (1, 55)


def summary_at(*version: int) -> dict[str, Any]:
    return container_answers.summary(container_summary(RUNNING, "busybox", 0), version)


def inspect_at(*version: int) -> dict[str, Any]:
    return container_answers.inspect(container_inspect(RUNNING), version)


def test_the_newest_is_left_as_it_is() -> None:
    assert summary_at(*NEWEST) == container_summary(RUNNING, "busybox", 0)
    assert inspect_at(*NEWEST) == container_inspect(RUNNING)


@pytest.mark.parametrize(
    ("since", "path"),
    [
        ((1, 52), ("Health",)),
        ((1, 48), ("NetworkSettings", "Networks", "bridge", "GwPriority")),
        ((1, 44), ("NetworkSettings", "Networks", "bridge", "DNSNames")),
    ],
)
def test_what_lists_did_not_have(since: tuple[int, int], path: tuple[str, ...]) -> None:
    assert has(summary_at(*since), path)
    assert not has(summary_at(since[0], since[1] - 1), path)


@pytest.mark.parametrize(
    ("until", "path", "value"),
    [
        ((1, 52), ("NetworkSettings", "IPAddress"), "172.17.0.6"),
        ((1, 52), ("NetworkSettings", "MacAddress"), "02:42:ac:11:00:06"),
        ((1, 52), ("NetworkSettings", "IPPrefixLen"), 16),
        ((1, 52), ("NetworkSettings", "Bridge"), ""),
        ((1, 52), ("NetworkSettings", "HairpinMode"), False),
        ((1, 52), ("NetworkSettings", "SecondaryIPAddresses"), None),
        ((1, 52), ("Config", "OnBuild"), None),
        ((1, 42), ("HostConfig", "KernelMemory"), 0),
        ((1, 42), ("HostConfig", "KernelMemoryTCP"), 0),
        ((1, 42), ("HostConfig", "DiskQuota"), 0),
    ],
)
def test_what_inspect_had_once(until: tuple[int, int], path: tuple[str, ...], value: Any) -> None:
    assert not has(inspect_at(*until), path)
    older = inspect_at(until[0], until[1] - 1)
    assert has(older, path)
    assert get(older, path) == value


@pytest.mark.parametrize(
    ("since", "path"),
    [
        ((1, 48), ("NetworkSettings", "Networks", "bridge", "GwPriority")),
        ((1, 46), ("GraphDriver", "Data", "ID")),
        ((1, 44), ("NetworkSettings", "Networks", "bridge", "DNSNames")),
    ],
)
def test_what_inspect_did_not_have(since: tuple[int, int], path: tuple[str, ...]) -> None:
    assert has(inspect_at(*since), path)
    assert not has(inspect_at(since[0], since[1] - 1), path)


def test_aliases_of_networks_of_users_own_had_the_short_id() -> None:
    document = container_inspect(RUNNING)
    networks = document["NetworkSettings"]["Networks"]
    networks["mine"] = {**networks["bridge"], "Aliases": ["web"]}
    newer = container_answers.inspect(copy.deepcopy(document), (1, 45))["NetworkSettings"]["Networks"]
    older = container_answers.inspect(document, (1, 44))["NetworkSettings"]["Networks"]
    assert (newer["mine"]["Aliases"], older["mine"]["Aliases"]) == (["web"], ["web", ID[:12]])
    assert older["bridge"]["Aliases"] is None


def test_events() -> None:
    started = event_message(Event("container", "start", ID, {"image": "busybox", "name": "x"}, 1_500_000_000))
    assert started == {
        "Type": "container",
        "Action": "start",
        "Actor": {"ID": ID, "Attributes": {"image": "busybox", "name": "x"}},
        "scope": "local",
        "time": 1,
        "timeNano": 1_500_000_000,
    }
    assert event_answers.event(dict(started), (1, 52)) == started
    assert event_answers.event(dict(started), (1, 51)) == {**started, "status": "start", "id": ID, "from": "busybox"}
    pulled = event_message(Event("image", "pull", "busybox", {}, 1))
    assert event_answers.event(dict(pulled), (1, 51)) == {**pulled, "status": "pull", "id": "busybox"}
    created = event_message(Event("image", "create", "busybox", {}, 1))
    assert event_answers.event(dict(created), (1, 46)) is not None
    assert event_answers.event(dict(created), (1, 45)) is None
    network = event_message(Event("network", "connect", "n", {}, 1))
    assert event_answers.event(dict(network), (1, 24)) == network


IMAGE = {"Id": "sha256:1", "RepoTags": [], "RepoDigests": [], "Size": 5, "Containers": 2, "Config": {"Cmd": ["sh"]}}


def test_image_lists() -> None:
    assert image_answers.summary(dict(IMAGE), (1, 51)) == IMAGE
    assert image_answers.summary(dict(IMAGE), (1, 50))["Containers"] == -1
    assert "VirtualSize" not in image_answers.summary(dict(IMAGE), (1, 44))
    assert image_answers.summary(dict(IMAGE), (1, 43))["VirtualSize"] == 5
    assert image_answers.summary(dict(IMAGE), (1, 43))["RepoTags"] == []
    assert image_answers.summary(dict(IMAGE), (1, 42))["RepoTags"] == ["<none>:<none>"]
    tagged = IMAGE | {"RepoTags": ["a:1"]}
    assert image_answers.summary(dict(tagged), (1, 43))["RepoDigests"] == []
    assert image_answers.summary(dict(tagged), (1, 42))["RepoDigests"] is None


def test_image_inspect() -> None:
    assert image_answers.inspect(dict(IMAGE), (1, 52)) == IMAGE
    older = image_answers.inspect(dict(IMAGE), (1, 51))
    assert (older["Comment"], older["DockerVersion"], older["Config"]["Env"], older["Config"]["Cmd"]) == (
        "",
        "",
        None,
        ["sh"],
    )
    assert "Hostname" not in older["Config"]
    assert image_answers.inspect(dict(IMAGE), (1, 49))["Config"]["Hostname"] == ""
    assert "ContainerConfig" not in image_answers.inspect(dict(IMAGE), (1, 45))
    assert image_answers.inspect(dict(IMAGE), (1, 44))["ContainerConfig"]["Hostname"] == ""
    committed = IMAGE | {"Container": "c", "ContainerConfig": {"Image": "i"}}
    assert image_answers.inspect(dict(committed), (1, 45)) == image_answers.inspect(dict(IMAGE), (1, 45))
    older = image_answers.inspect(dict(committed), (1, 44))
    assert (older["Container"], older["ContainerConfig"]["Image"]) == ("c", "i")
    assert image_answers.inspect(dict(IMAGE), (1, 43))["Created"] == "0001-01-01T00:00:00Z"


USAGE = {
    "ImageUsage": {"Items": [IMAGE], "TotalSize": 7, "TotalCount": 1, "ActiveCount": 1, "Reclaimable": 0},
    "ContainerUsage": {"Items": [{"Id": "c"}], "TotalSize": 1, "TotalCount": 1, "ActiveCount": 0, "Reclaimable": 1},
    "VolumeUsage": {"Items": [], "TotalSize": 0, "TotalCount": 0, "ActiveCount": 0, "Reclaimable": 0},
}


def test_disk_usage() -> None:
    assert system_answers.disk_usage(copy.deepcopy(USAGE), (1, 52), verbose=True) == USAGE
    older = system_answers.disk_usage(copy.deepcopy(USAGE), (1, 51), verbose=False)
    nameless = IMAGE | {"RepoTags": None, "RepoDigests": None}
    assert older == {"LayersSize": 7, "Images": [nameless], "Containers": [{"Id": "c"}], "Volumes": []}
    assert system_answers.disk_usage(copy.deepcopy(USAGE), (1, 43), verbose=False)["Images"][0]["VirtualSize"] == 5
    both = system_answers.disk_usage(copy.deepcopy(USAGE), (1, 52), verbose=False)
    assert both["Images"] == [IMAGE]
    assert both["ImageUsage"] == {"TotalSize": 7, "TotalCount": 1, "ActiveCount": 1, "Reclaimable": 0}


INFO: dict[str, Any] = {
    "RegistryConfig": {"Mirrors": None, "IndexConfigs": {}},
    "Runtimes": {"runc": {"path": "p", "status": {"features": "{}"}}},
    "ContainerdCommit": {"ID": "1"},
    "RuncCommit": {"ID": "2"},
    "InitCommit": {"ID": ""},
    "SecurityOptions": ["name=seccomp,profile=builtin"],
    "FirewallBackend": {"Driver": "nftables"},
}


@pytest.mark.parametrize(
    ("version", "path", "value"),
    [
        # seen at Docker 28.5.2 for 1.46 to 1.51, at 26.1.5 up to 1.45, at 20.10 up to 1.41; None: not there
        ((1, 52), ("KernelMemoryTCP",), None),
        ((1, 51), ("KernelMemoryTCP",), False),
        ((1, 51), ("KernelMemory",), None),
        ((1, 41), ("KernelMemory",), False),
        ((1, 50), ("BridgeNfIptables",), None),
        ((1, 49), ("BridgeNfIptables",), False),
        ((1, 49), ("FirewallBackend", "Driver"), "nftables"),
        ((1, 48), ("FirewallBackend",), None),
        ((1, 49), ("RuncCommit", "Expected"), None),
        ((1, 48), ("RuncCommit", "Expected"), "2"),
        ((1, 44), ("Runtimes", "runc", "status", "features"), "{}"),
        ((1, 43), ("Runtimes", "runc", "status"), None),
        ((1, 41), ("RegistryConfig", "Mirrors"), []),
    ],
)
def test_info(version: tuple[int, int], path: tuple[str, ...], value: Any) -> None:
    document = system_answers.info(copy.deepcopy(INFO), version)
    assert get(document, path) == value if value is not None else not has(document, path)


def test_lists_of_registries_that_are_null_since_1_42() -> None:
    def at(minor: int) -> Any:
        return system_answers.info(copy.deepcopy(INFO), (1, minor))["RegistryConfig"]

    assert (at(47)["Mirrors"], at(42)["Mirrors"]) == (None, None)
    assert "AllowNondistributableArtifactsCIDRs" not in at(47)
    assert at(46)["AllowNondistributableArtifactsCIDRs"] is None
    assert at(41)["AllowNondistributableArtifactsCIDRs"] == []


def has(document: Any, path: tuple[str, ...]) -> bool:
    for key in path:
        if key not in document:
            return False
        document = document[key]
    return True


def get(document: Any, path: tuple[str, ...]) -> Any:
    for key in path:
        document = document[key]
    return document
