"""`kill`. https://github.com/opencontainers/runtime-spec/blob/v1.2.0/runtime.md#kill"""

import time

import pytest
from tests.conformance.kit.bundle import Bundle
from tests.conformance.kit.container import Container
from tests.conformance.kit.runtime import Refused, Runtime

pytestmark = pytest.mark.row("N1", "N2")


def test_kill_without_an_id_is_an_error(runtime: Runtime):
    assert runtime.result("kill").returncode != 0


def test_kill_of_no_container_is_an_error(runtime: Runtime):
    done = runtime.result("kill", "missing", "KILL")
    assert done.returncode == 1
    assert "container does not exist" in done.stderr


def test_kill_of_a_stopped_container_is_an_error_and_changes_nothing(container: Container, bundle: Bundle):
    bundle.script("echo called >> /output")
    container.create()
    container.start()
    container.wait()
    with pytest.raises(Refused):
        container.kill()
    assert container.status() == "stopped"
    assert (bundle.rootfs / "output").read_text() == "called\n"


def test_kill_of_a_created_container(container: Container):
    container.create()
    container.kill()
    assert container.wait().code == 137
    assert container.status() == "stopped"


@pytest.mark.parametrize(
    ("signal", "trapped"),
    [("TERM", "TERM"), ("USR1", "USR1"), ("SIGUSR2", "USR2"), ("sighup", "HUP"), ("10", "USR1"), ("", "TERM")],
)
def test_kill_sends_the_signal(container: Container, bundle: Bundle, signal: str, trapped: str):
    bundle.script(f"trap 'echo got > /got; exit 7' {trapped}; echo ready > /ready; while :; do sleep 0.05; done")
    container.create()
    container.start()
    container.until(bundle.rootfs / "ready")
    container.runtime("kill", container.id, *([signal] if signal else []))
    assert container.wait().code == 7
    assert (bundle.rootfs / "got").read_text() == "got\n"


def test_kill_all_reaches_every_process(container: Container, bundle: Bundle):
    bundle.script("sleep 60 & sleep 60 & echo ready > /ready; trap '' TERM; wait; wait; echo both > /gone; sleep 60")
    container.create()
    container.start()
    container.until(bundle.rootfs / "ready")
    container.kill("TERM", "--all")
    container.until(bundle.rootfs / "gone")


@pytest.mark.parametrize("signal", ["NOPE", "SIGNOPE", "-1", "200", "1.5"])
def test_a_signal_that_is_none_is_an_error(container: Container, bundle: Bundle, signal: str):
    bundle.process["args"] = ["sleep", "60"]
    container.create()
    container.start()
    assert container.runtime.result("kill", container.id, signal).returncode == 1
    time.sleep(0.05)
    assert container.status() == "running"
