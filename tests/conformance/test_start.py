"""`start`. https://github.com/opencontainers/runtime-spec/blob/v1.2.0/runtime.md#start"""

import pytest
from tests.conformance.kit.bundle import Bundle
from tests.conformance.kit.container import Container
from tests.conformance.kit.runtime import Refused, Runtime

pytestmark = pytest.mark.row("N1", "N2")


def test_start_without_an_id_is_an_error(runtime: Runtime):
    assert runtime.result("start").returncode != 0


def test_start_of_no_container_is_an_error(runtime: Runtime):
    done = runtime.result("start", "missing")
    assert done.returncode == 1
    assert "container does not exist" in done.stderr


def test_start_runs_the_process_once(container: Container, bundle: Bundle):
    bundle.script("echo called >> /output")
    container.create()
    container.start()
    assert container.wait().code == 0
    assert container.status() == "stopped"
    with pytest.raises(Refused, match="cannot start a container that has stopped"):
        container.start()
    assert (bundle.rootfs / "output").read_text() == "called\n"


def test_start_of_a_running_container_is_an_error(container: Container, bundle: Bundle):
    bundle.process["args"] = ["sleep", "60"]
    container.create()
    container.start()
    with pytest.raises(Refused, match="cannot start an already running container"):
        container.start()
    assert container.status() == "running"


def test_a_container_without_a_process_cannot_be_started(container: Container, bundle: Bundle):
    # The spec lets a runtime refuse it in create already, as runc does.
    del bundle.config["process"]
    with pytest.raises(Refused):
        container.create()
        container.start()


@pytest.mark.parametrize(("script", "code"), [("exit 0", 0), ("exit 42", 42), ("kill -KILL $$", 137)])
def test_the_exit_code_is_that_of_the_process(container: Container, bundle: Bundle, script: str, code: int):
    bundle.script(script)
    if "kill" in script:
        # A pid namespace's first process doesn't die of its own signals.
        bundle.without_namespace("pid")
    assert container.run().code == code
