"""`docker stats`: the figures of the kernel, with the fields that Docker's clients know."""

import json
import time
from typing import Any

import pytest
from tests.support.cgroups import controller_folder, is_v1
from tests.support.client import Docker
from tests.support.http import request

FIELDS = {
    "read",
    "preread",
    "pids_stats",
    "blkio_stats",
    "num_procs",
    "storage_stats",
    "cpu_stats",
    "precpu_stats",
    "memory_stats",
    "name",
    "id",
    "networks",
}
"""Of Docker's answer on Linux; newer ones have more."""
SHOWN = {"BlockIO", "CPUPerc", "Container", "ID", "MemPerc", "MemUsage", "Name", "NetIO", "PIDs"}


def sample(docker: Docker, container: str, query: str = "stream=false") -> dict[str, Any]:
    found: dict[str, Any] = request(docker.socket, "GET", f"/containers/{container}/stats?{query}").json()
    return found


def cpu_seconds(pid: int) -> float:
    """What the kernel has counted for the container so far."""
    if is_v1("cpuacct"):
        return int((controller_folder(pid, "cpuacct") / "cpuacct.usage").read_text()) / 1e9
    text = (controller_folder(pid, "cpu") / "cpu.stat").read_text()
    return int(dict(line.split() for line in text.splitlines())["usage_usec"]) / 1e6


@pytest.mark.row("U1")
def test_a_busy_loop(docker: Docker) -> None:
    """How busy a loop can be on a machine with others at work is the kernel's to say; without them it is 100 %."""
    container = docker("run", "-d", "busybox", "sh", "-c", "while :; do :; done")
    pid = int(docker.field(container, "{{.State.Pid}}"))
    before, began = cpu_seconds(pid), time.monotonic()
    found = sample(docker, container)
    real = 100 * (cpu_seconds(pid) - before) / (time.monotonic() - began)
    now, then = found["cpu_stats"], found["precpu_stats"]
    used = now["cpu_usage"]["total_usage"] - then["cpu_usage"]["total_usage"]
    total = now["system_cpu_usage"] - then["system_cpu_usage"]
    percent = 100 * used / total * now["online_cpus"]
    assert percent == pytest.approx(real, rel=0.35, abs=10)
    assert 1 < percent < 130


@pytest.mark.row("U1")
def test_the_fields_are_dockers(docker: Docker) -> None:
    container = docker("run", "-d", "-m", "64m", "--pids-limit", "50", "busybox", "sleep", "1000")
    found = sample(docker, container)
    assert set(found) >= FIELDS
    assert found["memory_stats"]["limit"] == 64 << 20
    assert 0 < found["memory_stats"]["usage"] < 64 << 20
    assert found["pids_stats"] == {"current": 1, "limit": 50}
    assert set(found["networks"]["eth0"]) == {
        f"{way}_{what}" for way in ("rx", "tx") for what in ("bytes", "packets", "errors", "dropped")
    }
    assert found["name"] == docker.field(container, "{{.Name}}")
    assert sample(docker, container, "stream=false&one-shot=true")["precpu_stats"]["cpu_usage"]["total_usage"] == 0


@pytest.mark.row("U1")
def test_the_client_shows_them(docker: Docker) -> None:
    container = docker("run", "-d", "-m", "64m", "busybox", "sleep", "1000")
    shown = json.loads(docker("stats", "--no-stream", "--format", "json", container))
    assert set(shown) == SHOWN
    assert shown["MemUsage"].endswith(" / 64MiB")
    assert (shown["PIDs"], shown["ID"]) == ("1", container[:12])
    assert shown["CPUPerc"].endswith("%")
