"""How long a container takes from start to end, next to Debian's dockerd in the same minute, with the same client.

The figures are `script/bench`'s; here only a loose bound guards them, since a test machine is busy.
"""

import statistics
import time

import pytest
from tests.peers import busybox_image, docker_daemon
from tests.support.client import Docker
from tests.support.engine import Engine


@pytest.mark.dockyard_only
@pytest.mark.slow
@pytest.mark.row("U4", "X5")
@pytest.mark.xdist_group("speed")
def test_a_container_takes_half_of_dockers_time_at_most(engine: Engine) -> None:
    with docker_daemon() as daemon:
        reference = Docker(daemon.docker)
        reference("load", "-i", str(busybox_image()))
        times: dict[str, list[float]] = {"ours": [], "docker": []}
        for _ in range(9):
            for name, docker in (("ours", engine.docker), ("docker", reference)):
                begin = time.perf_counter()
                docker("run", "--rm", "busybox", "true")
                times[name].append(time.perf_counter() - begin)
    ours, theirs = (statistics.median(times[name]) for name in ("ours", "docker"))
    assert ours < 1, f"a container took {ours:.2f} s"
    assert ours < theirs / 2, f"ours {ours * 1000:.0f} ms, Docker {theirs * 1000:.0f} ms"
