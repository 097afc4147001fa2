"""`docker inspect` of a container: every key of a real Docker's answer is there, with its type."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.support.client import Docker
from tests.support.engine import Engine
from tests.support.processes import command_line, parent

SAMPLE = Path(__file__).parents[2] / "data" / "inspect-sample.json"
# Docker took these out of its answers after the sample was made: 17.x, 22, 23
GONE = {"HostConfig.DiskQuota", "HostConfig.KernelMemory", "HostConfig.KernelMemoryTCP"}
# null in the sample and a list, map or number in others
OPTIONAL = (type(None), list, dict, int, str, bool)


def key_paths(value: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    """Each key path with its value. Names of ports and networks are data and not keys; the first stands for all."""
    if isinstance(value, dict) and value:
        if path.endswith((".Ports", ".PortBindings", ".ExposedPorts", ".Networks")):
            yield path, value
            yield from key_paths(next(iter(value.values())), f"{path}.*")
            return
        for key, inner in value.items():
            yield from key_paths(inner, f"{path}.{key}".lstrip("."))
    elif isinstance(value, list) and value and isinstance(value[0], dict):
        yield path, value
        yield from key_paths(value[0], f"{path}[]")
    else:
        yield path, value


@pytest.mark.row("B10")
def test_every_key_of_a_real_answer_is_there_with_its_type(docker: Docker) -> None:
    container = docker("run", "-dit", "-p", "0:22", "-p", "0:80", "busybox", "sh", "-c", "sleep 1000")
    shown = dict(key_paths(docker.inspect(container)))
    everything = " ".join(shown)
    for path, sample in key_paths(json.loads(SAMPLE.read_text())):
        if path in GONE:
            continue
        parents = (path, *(path.rsplit(".", count)[0] for count in (1, 2)))
        assert any(known in shown for known in parents), f"no key {path} in {everything}"
        if path in shown and sample is not None and shown[path] is not None:
            assert type(shown[path]) is type(sample), f"{path}: {shown[path]!r} is not as {sample!r}"


@pytest.mark.row("B10")
def test_values_follow_the_options(docker: Docker) -> None:
    options = ("-m", "64m", "--cpus", "0.5", "--cap-add", "NET_ADMIN", "--dns", "9.9.9.9", "--add-host", "a:1.2.3.4")
    more = ("--read-only", "--shm-size", "1m", "--label", "x=y", "--hostname", "there", "--restart", "on-failure:3")
    container = docker("run", "-d", *options, *more, "busybox", "sleep", "1000")
    shown = docker.inspect(container)
    host = shown["HostConfig"]
    assert (host["Memory"], host["NanoCpus"], host["ShmSize"], host["ReadonlyRootfs"]) == (
        64 << 20,
        500000000,
        1 << 20,
        True,
    )
    assert [name.removeprefix("CAP_") for name in host["CapAdd"]] == ["NET_ADMIN"]
    assert (host["Dns"], host["ExtraHosts"]) == (["9.9.9.9"], ["a:1.2.3.4"])
    assert host["RestartPolicy"] == {"Name": "on-failure", "MaximumRetryCount": 3}
    assert (shown["Config"]["Labels"], shown["Config"]["Hostname"]) == ({"x": "y"}, "there")
    assert (shown["Path"], shown["Args"], shown["Driver"], shown["Platform"]) == (
        "sleep",
        ["1000"],
        "overlay2",
        "linux",
    )
    assert re.fullmatch(r"sha256:[0-9a-f]{64}", shown["Image"])
    state = shown["State"]
    assert (state["Status"], state["Running"], state["ExitCode"]) == ("running", True, 0)
    assert state["FinishedAt"] == "0001-01-01T00:00:00Z"
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d+Z", state["StartedAt"])


@pytest.mark.row("B11")
def test_the_pid_is_that_of_the_command_below_its_shim(docker: Docker) -> None:
    container = docker("run", "-d", "busybox", "sleep", "1234")
    pid = int(docker("inspect", "--format={{.State.Pid}}", container))
    assert command_line(pid) == ["sleep", "1234"]
    assert container in " ".join(command_line(parent(pid)))


@pytest.mark.row("F2")
def test_paths_of_its_files(docker: Docker, engine: Engine) -> None:
    container = docker("run", "-d", "--hostname", "there", "busybox", "sleep", "1000")
    shown = docker.inspect(container)
    folder = engine.data / "containers" / container
    assert shown["ResolvConfPath"] == f"{folder}/resolv.conf"
    assert shown["HostnamePath"] == f"{folder}/hostname"
    assert shown["HostsPath"] == f"{folder}/hosts"
    assert shown["LogPath"] == f"{folder}/{container}-json.log"
    for key in ("ResolvConfPath", "HostnamePath", "HostsPath", "LogPath"):
        assert Path(shown[key]).is_file()
    address = shown["NetworkSettings"]["IPAddress"]
    hosts = [line.split() for line in Path(shown["HostsPath"]).read_text().splitlines()]
    assert [address, "there"] in hosts
    assert ["127.0.0.1", "localhost"] in hosts
    assert docker("exec", container, "cat", "/etc/hosts") == Path(shown["HostsPath"]).read_text().rstrip("\n")
    assert docker("exec", container, "cat", "/etc/hostname") == "there"
