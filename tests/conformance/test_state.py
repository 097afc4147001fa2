"""`state`. https://github.com/opencontainers/runtime-spec/blob/v1.2.0/runtime.md#query-state"""

import os

import pytest
from tests.conformance.kit.bundle import Bundle
from tests.conformance.kit.container import Container
from tests.conformance.kit.runtime import Runtime

pytestmark = pytest.mark.row("N1", "N2")


def test_state_without_an_id_is_an_error(runtime: Runtime):
    assert runtime.result("state").returncode != 0


def test_state_of_no_container_is_an_error(runtime: Runtime):
    done = runtime.result("state", "missing")
    assert done.returncode == 1
    assert "container does not exist" in done.stderr


def test_state_of_a_life(container: Container, bundle: Bundle):
    bundle.process["args"] = ["sleep", "60"]
    bundle.config["annotations"] = {"org.example.key": "value"}
    container.create()
    created = container.state()
    assert created["id"] == container.id
    assert created["status"] == "created"
    assert created["bundle"] == str(bundle.directory)
    assert created["annotations"] == {"org.example.key": "value"}
    assert created["ociVersion"].startswith("1.")
    os.kill(created["pid"], 0)

    container.start()
    running = container.state()
    assert running == created | {"status": "running"}

    container.kill()
    container.wait()
    stopped = container.state()
    assert stopped["status"] == "stopped"
    assert stopped.get("pid", 0) == 0
    container.delete()
    assert container.runtime.result("state", container.id).returncode == 1
