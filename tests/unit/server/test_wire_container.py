"""A container's record as JSON: every key that Docker has, and the texts that people read."""

import msgspec
import pytest
from tests.unit.server.records import CREATED_NS, ID, IMAGE_ID, RUNNING, STARTED_NS, with_state

from dockyard.engine.containers.config import Config, HostConfig
from dockyard.engine.containers.record import Endpoint, State
from dockyard.engine.containers.state import Status
from dockyard.server.docker.wire.container_config import config, host_config
from dockyard.server.docker.wire.container_inspect import container_inspect
from dockyard.server.docker.wire.container_network import networks, port_summaries
from dockyard.server.docker.wire.container_status import status_text
from dockyard.server.docker.wire.container_summary import command_line, container_summary
from dockyard.server.docker.wire.durations import human_duration

SECOND = 1_000_000_000
NOW_NS = STARTED_NS + 4 * SECOND


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0.4, "Less than a second"),
        (1, "1 second"),
        (59.9, "59 seconds"),
        (60, "About a minute"),
        (119, "About a minute"),
        (120, "2 minutes"),
        (59 * 60 + 59, "59 minutes"),
        (3600, "About an hour"),
        (5399, "About an hour"),
        (5400, "2 hours"),
        (47 * 3600, "47 hours"),
        (48 * 3600, "2 days"),
        (13 * 86400, "13 days"),
        (14 * 86400, "2 weeks"),
        (59 * 86400, "8 weeks"),
        (60 * 86400, "2 months"),
        (729 * 86400, "24 months"),
        (730 * 86400, "2 years"),
        (-5, "Less than a second"),
    ],
)
def test_durations_for_people(seconds: float, text: str) -> None:
    assert human_duration(int(seconds * SECOND)) == text


@pytest.mark.parametrize(
    ("state", "text"),
    [
        (State(Status.CREATED), "Created"),
        (State(Status.RUNNING, started_at_ns=STARTED_NS), "Up 4 seconds"),
        (State(Status.PAUSED, started_at_ns=STARTED_NS), "Up 4 seconds (Paused)"),
        (State(Status.EXITED, started_at_ns=1, finished_at_ns=STARTED_NS), "Exited (0) 4 seconds ago"),
        (State(Status.EXITED, exit_code=137, started_at_ns=1, finished_at_ns=STARTED_NS), "Exited (137) 4 seconds ago"),
        (State(Status.RESTARTING, exit_code=1, finished_at_ns=STARTED_NS), "Restarting (1) 4 seconds ago"),
        (State(Status.REMOVING), "Removal In Progress"),
        (State(Status.DEAD), "Dead"),
        (State(Status.EXITED, exit_code=127), "Created"),
    ],
)
def test_status(state: State, text: str) -> None:
    assert status_text(state, NOW_NS) == text


def test_summary() -> None:
    summary = container_summary(RUNNING, "busybox", NOW_NS, (10, 2010))
    network = summary["NetworkSettings"]["Networks"].pop("bridge")
    assert summary == {
        "Id": ID,
        "Names": ["/keen_turing"],
        "Image": "busybox",
        "ImageID": IMAGE_ID,
        "Command": "/bin/sh -c 'sleep 1000'",
        "Created": CREATED_NS // SECOND,
        "Ports": [
            {"IP": "0.0.0.0", "PrivatePort": 80, "PublicPort": 6081, "Type": "tcp"},
            {"IP": "::", "PrivatePort": 80, "PublicPort": 6081, "Type": "tcp"},
            {"PrivatePort": 22, "Type": "tcp"},
        ],
        "Labels": {"a": "b"},
        "State": "running",
        "Status": "Up 4 seconds",
        "HostConfig": {"NetworkMode": "bridge"},
        "Health": {"Status": "none", "FailingStreak": 0},
        "NetworkSettings": {"Networks": {}},
        "Mounts": [
            {
                "Type": "volume",
                "Name": "v",
                "Source": "/var/lib/dockyard/volumes/v/_data",
                "Destination": "/data",
                "Driver": "local",
                "Mode": "z",
                "RW": True,
                "Propagation": "",
            },
            {
                "Type": "bind",
                "Source": "/srv/x",
                "Destination": "/etc/x",
                "Mode": "ro",
                "RW": False,
                "Propagation": "rprivate",
            },
        ],
        "SizeRw": 10,
        "SizeRootFs": 2010,
    }
    assert network == {
        "IPAMConfig": None,
        "Links": None,
        "Aliases": None,
        "DriverOpts": None,
        "GwPriority": 0,
        "NetworkID": "25" * 32,
        "EndpointID": "09" * 32,
        "Gateway": "172.17.0.1",
        "IPAddress": "172.17.0.6",
        "MacAddress": "02:42:ac:11:00:06",
        "IPPrefixLen": 16,
        "IPv6Gateway": "",
        "GlobalIPv6Address": "",
        "GlobalIPv6PrefixLen": 0,
        "DNSNames": None,
    }


def test_sizes_of_zero_are_left_out() -> None:
    assert "SizeRw" not in container_summary(RUNNING, "busybox", NOW_NS, (0, 2000))
    assert "SizeRootFs" not in container_summary(RUNNING, "busybox", NOW_NS)


def test_command_line() -> None:
    assert command_line("top", ()) == "top"
    assert command_line("echo", ("a b", "c")) == "echo 'a b' c"


def test_inspect() -> None:
    document = container_inspect(RUNNING, (0, 5))
    assert list(document) == [
        "Id", "Created", "Path", "Args", "State", "Image", "ResolvConfPath", "HostnamePath", "HostsPath", "LogPath",
        "Name", "RestartCount", "Driver", "Platform", "MountLabel", "ProcessLabel", "AppArmorProfile", "ExecIDs",
        "HostConfig", "GraphDriver", "Mounts", "Config", "NetworkSettings", "SizeRw", "SizeRootFs",
    ]  # fmt: skip
    assert document["Created"] == "2023-11-14T22:13:18.1234567Z"
    assert document["State"] == {
        "Status": "running",
        "Running": True,
        "Paused": False,
        "Restarting": False,
        "OOMKilled": False,
        "Dead": False,
        "Pid": 4962,
        "ExitCode": 0,
        "Error": "",
        "StartedAt": "2023-11-14T22:13:20.1234567Z",
        "FinishedAt": "0001-01-01T00:00:00Z",
    }
    assert document["GraphDriver"]["Data"]["UpperDir"] == "/u"
    assert document["NetworkSettings"]["Ports"] == {
        "80/tcp": [{"HostIp": "0.0.0.0", "HostPort": "6081"}, {"HostIp": "::", "HostPort": "6081"}],
        "22/tcp": None,
    }
    msgspec.json.encode(document)


@pytest.mark.parametrize(
    ("status", "flags"),
    [
        (Status.CREATED, (False, False, False, False)),
        (Status.RUNNING, (True, False, False, False)),
        (Status.PAUSED, (True, True, False, False)),
        (Status.RESTARTING, (True, False, True, False)),
        (Status.EXITED, (False, False, False, False)),
        (Status.DEAD, (False, False, False, True)),
    ],
)
def test_states_as_booleans(status: Status, flags: tuple[bool, ...]) -> None:
    state = container_inspect(with_state(status=status))["State"]
    assert tuple(state[name] for name in ("Running", "Paused", "Restarting", "Dead")) == flags
    assert state["Status"] == status.value


def test_empty_fields_that_go_leaves_out() -> None:
    portable = config(Config())
    assert set(portable) == {
        "Hostname", "Domainname", "User", "AttachStdin", "AttachStdout", "AttachStderr", "Tty", "OpenStdin",
        "StdinOnce", "Env", "Cmd", "Image", "Volumes", "WorkingDir", "Entrypoint", "Labels",
    }  # fmt: skip
    assert config(Config(stop_timeout=0))["StopTimeout"] == 0
    machine = host_config(HostConfig())
    for key in ("Annotations", "StorageOpt", "Tmpfs", "Sysctls", "Runtime", "Mounts", "Init", "KernelMemory"):
        assert key not in machine
    assert host_config(HostConfig(init=False))["Init"] is False
    assert len(machine) == 62
    assert (machine["Binds"], machine["ConsoleSize"], machine["MemorySwappiness"]) == (None, (0, 0), None)


def test_a_container_without_networks_has_none() -> None:
    assert networks(msgspec.structs.replace(RUNNING, endpoints=())) == {}


def test_an_idle_endpoint_keeps_its_network() -> None:
    idle = msgspec.structs.replace(RUNNING, endpoints=(Endpoint("bridge", "25" * 32),), ports={})
    assert networks(idle)["bridge"]["NetworkID"] == "25" * 32
    assert port_summaries(idle) == []
