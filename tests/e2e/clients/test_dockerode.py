"""dockerode, the client of node: each of its functions that Dockyard has an endpoint for."""

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.e2e.clients.suites import read_junit
from tests.peers import busybox_image, npm_peer
from tests.support.engine import Engine, dockyard_engine

SCRIPT = Path(__file__).parent / "foreign" / "dockerode_functions.js"


@pytest.fixture
def apart(bridge_name: str) -> Iterator[Engine]:
    with dockyard_engine(f"{bridge_name}d", own_network=True) as engine:
        engine.docker("load", "-i", str(busybox_image()))
        yield engine


@pytest.mark.row("A26")
@pytest.mark.peer("dockerode")
@pytest.mark.dockyard_only
@pytest.mark.slow
def test_functions_of_dockerode(apart: Engine, tmp_path: Path) -> None:
    peer = npm_peer("dockerode")
    report = tmp_path / "report.xml"
    environment = {
        **os.environ,
        "DOCKER_SOCKET": apart.docker.socket,
        "NODE_PATH": str(peer.directory / "node_modules"),
    }
    done = subprocess.run(
        [peer.node, "--test", "--test-reporter=junit", f"--test-reporter-destination={report}", str(SCRIPT)],
        env=environment,
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert report.exists(), done.stdout + done.stderr
    results = read_junit(report)
    assert not results.failed, "\n".join(f"{name}: {why}" for name, why in results.failed.items())
    assert len(results.passed) >= 12
