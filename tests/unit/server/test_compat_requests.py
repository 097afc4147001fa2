"""Requests of older versions, taken up: what was ignored, what was the default, what was not allowed."""

from types import SimpleNamespace
from typing import Any

import pytest

from dockyard.engine.containers.lifecycle.create import Created
from dockyard.errors import InvalidParameter
from dockyard.server.docker.compat.create_requests import upgrade_create
from dockyard.server.docker.compat.update_requests import upgrade_update
from dockyard.server.docker.endpoints.containers.create import container_create
from dockyard.server.docker.http.query import Query

EMPTY = {"HostConfig": {"NetworkMode": "bridge"}, "NetworkingConfig": {"EndpointsConfig": {}}}
MAC = "02:42:ac:11:00:02"
MAC_WARNING = (
    "The container-wide MacAddress field is now deprecated. It should be specified in EndpointsConfig instead."
)


def upgraded(body: dict[str, Any], *version: int) -> dict[str, Any]:
    upgrade_create(body, version)
    return body


def host(options: dict[str, Any], *version: int) -> dict[str, Any]:
    host_config: dict[str, Any] = upgraded({"HostConfig": options}, *version)["HostConfig"]
    host_config.pop("NetworkMode")
    return host_config


def test_an_empty_request() -> None:
    assert upgraded({}, 1, 55) == EMPTY


@pytest.mark.parametrize(
    ("given", "version", "expected"),
    [
        ({}, (1, 39), {"IpcMode": "shareable"}),
        ({"IpcMode": "private"}, (1, 39), {"IpcMode": "private"}),
        ({}, (1, 40), {}),
        ({"ConsoleSize": [1, 2]}, (1, 41), {}),
        ({"ConsoleSize": [1, 2]}, (1, 42), {"ConsoleSize": [1, 2]}),
        ({"Annotations": {"a": "b"}}, (1, 42), {}),
        ({"Annotations": {"a": "b"}}, (1, 43), {"Annotations": {"a": "b"}}),
        ({"KernelMemory": 5, "KernelMemoryTCP": 6}, (1, 41), {"KernelMemory": 5, "KernelMemoryTCP": 6}),
        ({"KernelMemory": 5, "KernelMemoryTCP": 6}, (1, 51), {"KernelMemoryTCP": 6}),
        ({"KernelMemory": 5, "KernelMemoryTCP": 6}, (1, 52), {}),
        ({"PidsLimit": 0}, (1, 55), {}),
        ({"PidsLimit": -1}, (1, 55), {}),
        ({"PidsLimit": 20}, (1, 55), {"PidsLimit": 20}),
        ({"PortBindings": {"80/tcp": []}}, (1, 24), {"PortBindings": {"80/tcp": [{}]}}),
        ({"PortBindings": {"80/tcp": None}}, (1, 55), {"PortBindings": {"80/tcp": [{}]}}),
    ],
)
def test_host_config(given: dict[str, Any], version: tuple[int, int], expected: dict[str, Any]) -> None:
    found = host(given, *version)
    if version < (1, 40):
        assert found == {**expected, "IpcMode": found["IpcMode"]}
    assert {key: found[key] for key in expected} == expected
    assert set(found) - set(expected) <= {"IpcMode"}


@pytest.mark.parametrize(
    ("mount", "version", "expected"),
    [
        ({"Type": "bind", "BindOptions": {"NonRecursive": True}}, (1, 39), {"Type": "bind", "BindOptions": {}}),
        ({"Type": "bind", "BindOptions": {"CreateMountpoint": True}}, (1, 41), {"Type": "bind", "BindOptions": {}}),
        ({"Type": "bind", "VolumeOptions": {}, "TmpfsOptions": {}}, (1, 41), {"Type": "bind"}),
        (
            {"Type": "bind", "ReadOnly": True},
            (1, 43),
            {"Type": "bind", "ReadOnly": True, "BindOptions": {"ReadOnlyNonRecursive": True}},
        ),
        ({"Type": "bind", "ReadOnly": True}, (1, 44), {"Type": "bind", "ReadOnly": True}),
    ],
)
def test_mounts(mount: dict[str, Any], version: tuple[int, int], expected: dict[str, Any]) -> None:
    assert host({"Mounts": [mount]}, *version)["Mounts"] == [expected]


@pytest.mark.parametrize(
    ("mount", "version", "message"),
    [
        ({"Type": "bind", "VolumeOptions": {}}, (1, 42), 'VolumeOptions must not be specified on mount type "bind"'),
        ({"Type": "volume", "BindOptions": {}}, (1, 55), 'BindOptions must not be specified on mount type "volume"'),
        ({"Type": "bind", "TmpfsOptions": {}}, (1, 55), 'TmpfsOptions must not be specified on mount type "bind"'),
        (
            {"Type": "bind", "BindOptions": {"ReadOnlyForceRecursive": True}},
            (1, 43),
            "BindOptions.ReadOnlyForceRecursive needs API v1.44 or newer",
        ),
        (
            {"Type": "volume", "VolumeOptions": {"Subpath": "x"}},
            (1, 44),
            "VolumeOptions.Subpath needs API v1.45 or newer",
        ),
        ({"Type": "image"}, (1, 47), 'Mount type "Image" needs API v1.48 or newer'),
    ],
)
def test_mounts_that_are_refused(mount: dict[str, Any], version: tuple[int, int], message: str) -> None:
    with pytest.raises(InvalidParameter) as refused:
        host({"Mounts": [mount]}, *version)
    assert str(refused.value) == message


def test_the_default_network_is_named() -> None:
    body = upgraded(
        {
            "HostConfig": {"NetworkMode": "default"},
            "NetworkingConfig": {"EndpointsConfig": {"default": {"Aliases": []}}},
        },
        1,
        55,
    )
    assert body["HostConfig"]["NetworkMode"] == "bridge"
    assert body["NetworkingConfig"]["EndpointsConfig"] == {"bridge": {"Aliases": []}}


def test_several_networks_need_1_44() -> None:
    endpoints: dict[str, Any] = {"EndpointsConfig": {"a": {}, "b": {}}}
    upgraded({"NetworkingConfig": {"EndpointsConfig": {"a": {}, "b": {}}}}, 1, 44)
    with pytest.raises(InvalidParameter, match=r"^Container cannot be created with multiple network endpoints: a, b$"):
        upgraded({"NetworkingConfig": endpoints}, 1, 43)


@pytest.mark.parametrize("version", [(1, 24), (1, 43), (1, 44), (1, 51)])
def test_the_mac_address_of_old_goes_to_its_endpoint(version: tuple[int, int]) -> None:
    body: dict[str, Any] = {"MacAddress": MAC}
    warnings = upgrade_create(body, version)
    assert body["NetworkingConfig"]["EndpointsConfig"] == {"bridge": {"MacAddress": MAC}}
    assert "MacAddress" not in body
    assert warnings == ([MAC_WARNING] if version >= (1, 44) else [])


@pytest.mark.parametrize(
    ("body", "version", "message"),
    [
        ({"MacAddress": MAC}, (1, 52), "container-wide MAC address no longer supported"),
        (
            {"MacAddress": MAC, "HostConfig": {"NetworkMode": "host"}},
            (1, 43),
            "conflicting options: mac-address and the network mode",
        ),
        (
            {
                "MacAddress": MAC,
                "NetworkingConfig": {"EndpointsConfig": {"bridge": {"MacAddress": "02:42:00:00:00:01"}}},
            },
            (1, 44),
            "the container-wide MAC address must match the endpoint-specific MAC address",
        ),
        (
            {"MacAddress": MAC, "NetworkingConfig": {"EndpointsConfig": {"other": {}}}},
            (1, 44),
            "unable to migrate container-wide MAC address to a specific network",
        ),
    ],
)
def test_mac_addresses_that_are_refused(body: dict[str, Any], version: tuple[int, int], message: str) -> None:
    with pytest.raises(InvalidParameter, match=message):
        upgrade_create(body, version)


def test_before_1_44_an_endpoint_had_no_mac_address() -> None:
    body = upgraded({"NetworkingConfig": {"EndpointsConfig": {"bridge": {"MacAddress": MAC, "GwPriority": 1}}}}, 1, 43)
    assert body["NetworkingConfig"]["EndpointsConfig"] == {"bridge": {}}


def test_warnings_of_the_newest() -> None:
    body = {
        "HostConfig": {
            "PortBindings": {"80/tcp": [], "81/tcp": []},
            "VolumeDriver": "local",
            "Mounts": [{"Type": "volume", "Target": "/x"}],
        }
    }
    warnings = upgrade_create(body, (1, 55))
    assert warnings[0].startswith("WARNING: the container-wide volume-driver configuration is ignored")
    assert warnings[1].startswith("Following container port(s) have an empty list of port-bindings: 80/tcp, 81/tcp.")


@pytest.mark.parametrize(
    ("given", "version", "expected"),
    [
        ({"PidsLimit": 5}, (1, 39), {}),
        ({"PidsLimit": 5}, (1, 40), {"PidsLimit": 5}),
        ({"PidsLimit": -1}, (1, 40), {"PidsLimit": 0}),
        ({"BlkioDeviceReadBps": []}, (1, 54), {}),
        ({"BlkioDeviceReadBps": []}, (1, 55), {"BlkioDeviceReadBps": []}),
    ],
)
def test_updates(given: dict[str, Any], version: tuple[int, int], expected: dict[str, Any]) -> None:
    upgrade_update(given, version)
    assert given == expected


@pytest.mark.parametrize(("version", "recursive"), [((1, 43), False), ((1, 44), True)])
async def test_read_only_binds(version: tuple[int, int], recursive: bool) -> None:
    asked: dict[str, Any] = {}

    async def json(_: object) -> dict[str, Any]:
        return {"Image": "x", "HostConfig": {"Binds": ["/a:/b:ro"]}}

    async def create(*_: object, **options: object) -> Created:
        asked.update(options)
        return Created("id", ())

    engine = SimpleNamespace(containers=SimpleNamespace(create=create))
    call: Any = SimpleNamespace(engine=engine, json=json, query=Query(""), version=version)
    await container_create(call)
    assert asked["binds_recursive"] == recursive
