"""The shim's own folder: bundle, sockets, records."""

import json
import os
from collections.abc import Callable

import pytest
from tests.support.client import Docker
from tests.support.engine import Engine
from tests.support.wait import wait_until

pytestmark = pytest.mark.dockyard_only


@pytest.mark.row("P1", "P5")
def test_it_holds_bundle_socket_and_pid(docker: Docker, engine: Engine, sleeper: Callable[..., str]) -> None:
    container = sleeper()
    folder = engine.shim_directory(container)
    names = set(os.listdir(folder))
    assert {"config.json", "shim.sock", "shim.json"} <= names
    assert json.loads((folder / "config.json").read_text())["root"]["path"]
    docker("rm", "-f", container)
    wait_until(lambda: not folder.exists(), "the folder to be removed")


@pytest.mark.row("P4")
def test_the_exit_record_is_written_before_anybody_is_told(own_engine: Engine) -> None:
    docker = own_engine.docker
    container = docker("run", "-d", "busybox", "sh", "-c", "sleep 0.5; exit 42")
    own_engine.kill()
    record = own_engine.shim_directory(container) / "exit"
    wait_until(record.exists, "the exit record")
    assert json.loads(record.read_text())["exit_code"] == 42
    own_engine.start()
    assert docker.field(container, "{{.State.ExitCode}}") == "42"
