"""Volumes of a plugin, which is a program of its own (volume_plugin.py)."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from tests.support.client import Docker
from tests.support.engine import Engine

PROGRAM = Path(__file__).parent / "volume_plugin.py"
SOCKETS = Path("/run/docker/plugins")


class Plugin(NamedTuple):
    name: str
    folder: Path

    def calls(self, kind: str) -> list[dict[str, Any]]:
        lines = map(json.loads, (self.folder / "calls").read_text().splitlines())
        return [body for call, body in lines if call == f"VolumeDriver.{kind}"]


@pytest.fixture
def plugin(tmp_path: Path) -> Iterator[Plugin]:
    name = f"dockyard-test-{os.urandom(4).hex()}"
    SOCKETS.mkdir(parents=True, exist_ok=True)
    socket, folder = SOCKETS / f"{name}.sock", tmp_path / "plugin"
    process = subprocess.Popen([sys.executable, str(PROGRAM), str(socket), str(folder)])
    deadline = time.monotonic() + 20
    while not socket.exists():
        assert time.monotonic() < deadline
        time.sleep(0.01)
    yield Plugin(name, folder)
    process.kill()
    process.wait()
    socket.unlink(missing_ok=True)


def test_a_volume_of_a_plugin(docker: Docker, plugin: Plugin) -> None:
    assert docker("volume", "create", "-d", plugin.name, "-o", "colour=red", "theirs") == "theirs"
    assert plugin.calls("Create") == [{"Name": "theirs", "Opts": {"colour": "red"}}]
    shown = json.loads(docker("volume", "inspect", "theirs"))[0]
    assert (shown["Driver"], shown["Scope"], shown["Status"]) == (plugin.name, "global", {"made-by": "test"})
    assert shown["Mountpoint"] == str(plugin.folder / "theirs")
    docker("run", "--rm", "-v", "theirs:/data", "busybox", "sh", "-c", "echo inside > /data/file")
    assert (plugin.folder / "theirs" / "file").read_text() == "inside\n"
    mounts, unmounts = plugin.calls("Mount"), plugin.calls("Unmount")
    deadline = time.monotonic() + 10
    while len(unmounts) < len(mounts):  # the answer to `run --rm` doesn't wait for it
        assert time.monotonic() < deadline
        time.sleep(0.01)
        unmounts = plugin.calls("Unmount")
    assert [call["ID"] for call in mounts] == [call["ID"] for call in unmounts]
    assert docker("volume", "rm", "theirs") == "theirs"
    assert not (plugin.folder / "theirs").exists()


def test_volumes_that_only_the_plugin_knows_are_listed(docker: Docker, plugin: Plugin) -> None:
    (plugin.folder / "elsewhere").mkdir(parents=True)
    shown = docker("volume", "ls", "--filter", f"driver={plugin.name}", "--format", "{{.Driver}} {{.Name}}")
    assert shown == f"{plugin.name} elsewhere"
    assert json.loads(docker("volume", "inspect", "elsewhere"))[0]["Driver"] == plugin.name
    docker("run", "--rm", "-v", "elsewhere:/data", "--volume-driver", plugin.name, "busybox", "touch", "/data/file")
    assert (plugin.folder / "elsewhere" / "file").exists()
    docker("volume", "rm", "elsewhere")


def test_a_plugin_that_refuses(docker: Docker, plugin: Plugin) -> None:
    result = docker.result("volume", "create", "-d", plugin.name, "-o", "refuse=not today", "never")
    assert result.code == 1
    assert "VolumeDriver.Create: refused: not today" in result.err
    assert docker("volume", "ls", "-q", "--filter", "name=never") == ""


def test_a_plugin_that_is_not_there(docker: Docker) -> None:
    result = docker.result("volume", "create", "-d", "no-such-plugin", "never")
    assert result.code == 1
    assert 'error looking up volume plugin no-such-plugin: plugin "no-such-plugin" not found' in result.err


@pytest.mark.dockyard_only
def test_the_daemon_is_killed_while_a_container_has_it(own_engine: Engine, plugin: Plugin) -> None:
    docker = own_engine.docker
    docker("volume", "create", "-d", plugin.name, "theirs")
    container = docker("run", "-d", "-v", "theirs:/data", "busybox", "sleep", "1000")
    own_engine.restart()
    docker("exec", container, "touch", "/data/file")
    assert (plugin.folder / "theirs" / "file").exists()
    docker("rm", "-f", container)
    deadline = time.monotonic() + 10
    while not plugin.calls("Unmount"):
        assert time.monotonic() < deadline
        time.sleep(0.01)
    assert plugin.calls("Unmount") == plugin.calls("Mount")


def test_an_empty_volume_gets_the_images_content(docker: Docker, plugin: Plugin) -> None:
    docker("volume", "create", "-d", plugin.name, "theirs")
    created = [docker("create", "-v", "theirs:/etc:nocopy", "busybox")]
    assert not (plugin.folder / "theirs" / "passwd").exists()
    created.append(docker("create", "-v", "theirs:/etc", "busybox"))
    assert (plugin.folder / "theirs" / "passwd").exists()
    deadline = time.monotonic() + 10
    while plugin.calls("Unmount") != plugin.calls("Mount"):
        assert time.monotonic() < deadline, "what was mounted for the copy is let go"
        time.sleep(0.01)
    (plugin.folder / "theirs" / "passwd").unlink()
    created.append(docker("create", "-v", "theirs:/etc", "busybox"))
    assert not (plugin.folder / "theirs" / "passwd").exists(), "what isn't empty stays as it is"
    docker("rm", *created)
    docker("volume", "rm", "theirs")
