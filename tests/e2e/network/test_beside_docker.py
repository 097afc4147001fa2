"""Two engines on one host: Debian's dockerd and ours, each with published ports, and neither in the other's way."""

import subprocess
from collections.abc import Iterator

import pytest
from tests.e2e.network.test_ports import WEB
from tests.peers import busybox_image, docker_daemon
from tests.support.client import Docker
from tests.support.engine import Engine, dockyard_engine
from tests.support.wait import wait_until

pytestmark = [pytest.mark.dockyard_only, pytest.mark.peer("docker")]


BRIEFLY = ("timeout", "1", "wget", "-qO-")
TERMINATED = 143
"""Exit code of what `timeout` has ended: nobody answered."""


@pytest.fixture
def both(bridge_name: str) -> Iterator[tuple[Docker, Engine]]:
    """dockerd in a network namespace of its own, and ours in the same."""
    with docker_daemon() as daemon:
        theirs = Docker(daemon.docker)
        theirs("load", "-i", str(busybox_image()))
        name = f"{bridge_name}b"
        with dockyard_engine(name, enter=("nsenter", "-n", "-t", str(daemon.pid))) as engine:
            engine.docker("load", "-i", str(busybox_image()))
            yield theirs, engine


def is_served(engine: Engine, port: int) -> bool:
    command = ("nsenter", "-n", "-t", str(engine.pid), "curl", "-s", "-m", "2", f"http://127.0.0.1:{port}")
    return b"page of" in subprocess.run(command, capture_output=True).stdout


@pytest.mark.row("X14", "G4")
def test_neither_is_in_the_others_way(both: tuple[Docker, Engine]) -> None:
    theirs, engine = both
    ours = engine.docker
    theirs("run", "-d", "--name", "theirs", "-p", "9001:80", *WEB)
    ours("network", "create", "front")
    ours("run", "-d", "--name", "web", "--network", "front", "-p", "9002:80", *WEB)
    asker = ours("run", "-d", "--network", "front", "busybox", "sleep", "1000")
    for port in (9001, 9002):
        wait_until(lambda port=port: is_served(engine, port), f"port {port}")
    taken = ours.result("run", "--rm", "-p", "9001:80", "busybox", "true")
    assert taken.code == 125
    assert "9001" in taken.err
    assert "page of" in ours("exec", asker, "wget", "-qO-", "http://web")
    gateway = theirs("inspect", "-f", "{{.NetworkSettings.Gateway}}", "theirs")
    inner = theirs("inspect", "-f", "{{.NetworkSettings.IPAddress}}", "theirs")
    assert ours.result("exec", asker, *BRIEFLY, f"http://{inner}").code == TERMINATED
    own = ours("inspect", "-f", "{{.NetworkSettings.Networks.front.IPAddress}}", "web")
    assert theirs.result("exec", "theirs", *BRIEFLY, f"http://{own}").code == TERMINATED
    for port in (9001, 9002):  # from a container to the host, and through it to one of either engine
        assert "page of" in ours("exec", asker, "wget", "-qO-", f"http://{gateway}:{port}")
    theirs("network", "create", "other")
    theirs("run", "-d", "--network", "other", "-p", "9003:80", *WEB)
    engine.restart()
    for port in (9001, 9002, 9003):
        wait_until(lambda port=port: is_served(engine, port), f"port {port} after the restart of ours")
    ours("rm", "-f", "web")
    wait_until(lambda: is_served(engine, 9001) and is_served(engine, 9003), "Docker's ports")
