"""A hundred kills at random moments, in the middle of create, start, exec and remove: nothing is lost or leaked."""

import os
import random
import signal
import subprocess

import pytest
from tests.support.engine import Engine
from tests.support.leaks import holdings
from tests.support.survival import kill_at_random
from tests.support.wait import wait_until

pytestmark = pytest.mark.dockyard_only

WORK = """
while :; do
    id=$({docker} create -l fleeting -v /data busybox sh -c 'echo begin; sleep 0.3; echo end; exit 3') || continue
    {docker} start $id && {docker} exec $id true
    {docker} wait $id
    {docker} rm -f -v $id
    {docker} run --rm busybox true
    {docker} run -d -l fleeting busybox sleep 1000
    {docker} rm -f -v $({docker} ps -aq --filter label=fleeting)
done
"""


@pytest.mark.slow
@pytest.mark.timeout(600)
@pytest.mark.row("A23", "P3", "P4")
@pytest.mark.parametrize("seed", range(4))
def test_twenty_five_kills_leave_nothing_behind(own_engine: Engine, seed: int) -> None:
    docker = own_engine.docker
    docker("run", "--rm", "busybox", "true")
    kept = docker("run", "-d", "--name", "kept", "busybox", "sh", "-c", "while :; do echo tick; sleep 0.1; done")
    pid = docker.field(kept, "{{.State.Pid}}")
    before = holdings(own_engine)
    source = random.Random(seed)
    script = WORK.format(docker=docker.client.path)
    worker = subprocess.Popen(
        ["sh", "-c", script],
        start_new_session=True,
        env=docker.client.environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        for _ in range(25):
            victim = kill_at_random(own_engine, 1.0, source)
            if victim != "supervisor":
                own_engine.start()
    finally:
        os.killpg(worker.pid, signal.SIGKILL)
        worker.wait()
    assert docker.field(kept, "{{.State.Status}} {{.State.Pid}}") == f"running {pid}"
    everything = docker("ps", "-aq", "--no-trunc").split()
    docker.result("rm", "-f", "-v", *everything)
    docker.result("volume", "prune", "-a", "-f")
    own_engine.restart()

    def left() -> dict[str, list[str]]:
        beyond = holdings(own_engine).beyond(before)
        beyond.pop("processes", None)
        beyond.pop("descriptors", None)
        return beyond

    wait_until(lambda: not left(), f"nothing to be left: {left()}", 20, 0.2)
    shims = [line for line in holdings(own_engine).processes if "dockyard-shim" in line]
    assert shims == []
    assert docker("run", "--rm", "busybox", "echo", "still works") == "still works"
