"""The `local` driver: Docker's binary format, rotated and compressed."""

import json
from pathlib import Path

import pytest
from tests.support.client import Docker
from tests.support.engine import Engine
from tests.support.wait import wait_until


def log_of(engine: Engine, container: str) -> Path:
    return engine.data / "containers" / container / "local-logs" / "container.log"


@pytest.mark.row("H2")
def test_local_is_read_back_with_times_streams_and_details(docker: Docker) -> None:
    script = "echo out; echo err >&2; printf unfinished"
    options = ("--log-driver", "local", "--log-opt", "labels=role", "--label", "role=test")
    container = docker("run", "-d", *options, "busybox", "sh", "-c", script)
    docker("wait", container)
    assert docker.field(container, "{{.LogPath}}") == ""
    assert docker.result("logs", container) == (0, "out\nunfinished", "err\n")
    assert docker("logs", "--details", container).splitlines()[0] == "role=test out"
    stamped = docker("logs", "-t", "--tail", "1", container)
    assert stamped.endswith("Z unfinished")
    assert len(stamped.split()[0]) == len("2026-11-24T08:00:00.123456789Z")


@pytest.mark.dockyard_only("looks into the data root")
def test_rotated_files_are_compressed_and_shown(docker: Docker, engine: Engine) -> None:
    options = ("--log-driver", "local", "--log-opt", "max-size=20k", "--log-opt", "max-file=4")
    script = "for i in $(seq 3000); do echo line $i; done"
    container = docker("run", "-d", *options, "busybox", "sh", "-c", script)
    docker("wait", container)
    path = log_of(engine, container)
    compressed = [path.with_name(f"container.log.{number}.gz") for number in (1, 2, 3)]
    wait_until(lambda: all(file.exists() for file in compressed), "rotated files to be compressed")
    wait_until(lambda: len(list(path.parent.iterdir())) == 4, "nothing else to be left")
    shown = docker("logs", container).splitlines()
    assert shown == [f"line {number}" for number in range(3001 - len(shown), 3001)]
    assert len(shown) > 1200
    assert docker("logs", "--tail", "1000", container).splitlines() == shown[-1000:]


@pytest.mark.row("H3")
@pytest.mark.parametrize("driver", ["json-file", "local"])
def test_following_survives_rotation_and_compression(docker: Docker, driver: str) -> None:
    options = ("--log-driver", driver, "--log-opt", "max-size=50k", "--log-opt", "max-file=100")
    script = "i=0; while [ $i -lt 20000 ]; do echo line $i; i=$((i+1)); done"
    container = docker("run", "-d", *options, "--log-opt", "compress=true", "busybox", "sh", "-c", script)
    assert docker("logs", "-f", container).splitlines() == [f"line {number}" for number in range(20_000)]


def test_info_lists_what_docker_lists(docker: Docker) -> None:
    names = set(json.loads(docker("info", "--format", "{{json .Plugins.Log}}")))
    assert names >= {"awslogs", "fluentd", "gcplogs", "gelf", "journald", "json-file", "local", "splunk", "syslog"}
    assert "none" not in names
