"""Containers that end while a killed daemon's successor starts: their networks are given back all the same."""

import os
import signal
import threading
import time
from pathlib import Path

import pytest
from tests.support.engine import Engine
from tests.support.wait import wait_until

pytestmark = pytest.mark.dockyard_only

CONTAINERS = 16
PAUSE_SECONDS = 0.04


def test_a_container_that_ends_before_the_networks_are_up_gives_its_own_back(own_engine: Engine) -> None:
    docker = own_engine.docker
    made = [docker("run", "-d", "busybox", "sleep", "1000") for _ in range(CONTAINERS)]
    again = docker("run", "-d", "--restart=always", "busybox", "sleep", "1000")
    pids = [int(docker.field(one, "{{.State.Pid}}")) for one in (made[0], again, *made[1:])]
    ports = Path(f"/sys/class/net/{own_engine.bridge}/brif")
    assert len(os.listdir(ports)) == CONTAINERS + 1
    own_engine.kill()
    ending = threading.Thread(target=end_all, args=(pids,))
    ending.start()
    own_engine.start()
    ending.join()
    wait_until(lambda: len(os.listdir(ports)) == 1, "the networks of those that ended to be given back", 10)
    wait_until(lambda: docker.field(again, "{{.State.Status}}") == "running", "the other one to run again", 10)
    assert docker("exec", again, "ip", "route").startswith("default")
    attached = docker.inspect("bridge", "--type", "network")["Containers"]
    assert list(attached) == [again]
    assert len(os.listdir(own_engine.run / "netns")) == 1
    assert " failed: " not in own_engine.log.read_text()


def test_a_step_of_a_build_that_died_gives_its_network_back(own_engine: Engine, tmp_path: Path) -> None:
    """It is killed by the new daemon, as soon as that knows of it."""
    docker = own_engine.docker
    (tmp_path / "Dockerfile").write_text("FROM busybox\nRUN sleep 1000\n")
    building = docker.start("build", str(tmp_path))
    wait_until(lambda: "sleep 1000" in docker("ps", "--no-trunc"), "the step", 15)
    own_engine.restart()
    building.communicate(timeout=10)
    wait_until(lambda: docker("ps", "-aq") == "", "the step to go", 10)
    wait_until(lambda: not os.listdir(own_engine.run / "netns"), "its network to be given back", 10)
    assert os.listdir(f"/sys/class/net/{own_engine.bridge}/brif") == []
    assert " failed: " not in own_engine.log.read_text()


def end_all(pids: list[int]) -> None:
    """Kill these, one after the other."""
    for pid in pids:
        os.kill(pid, signal.SIGKILL)
        time.sleep(PAUSE_SECONDS)
