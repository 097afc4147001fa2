"""testcontainers-python in its own environment: each function of its core, on busybox and the services' image."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.e2e.clients.suites import run_pytest
from tests.peers import busybox_image, compose_program, python_peer, services_image
from tests.peers.docker import docker_client
from tests.support.engine import Engine, dockyard_engine


@pytest.fixture
def apart(bridge_name: str) -> Iterator[Engine]:
    """An engine in a network of its own; the tests enter it to reach published ports."""
    with dockyard_engine(f"{bridge_name}t", own_network=True) as engine:
        for image in (busybox_image(), services_image()):
            engine.docker("load", "-i", str(image))
        yield engine


@pytest.mark.row("A26")
@pytest.mark.peer("testcontainers", "compose", "services")
@pytest.mark.dockyard_only
@pytest.mark.slow
def test_core_of_testcontainers(apart: Engine, tmp_path: Path) -> None:
    peer = python_peer("testcontainers")
    assert peer.python is not None
    programs = tmp_path / "programs"
    programs.mkdir()
    client = docker_client(apart.docker.host).path
    (programs / "docker").write_text(
        f'#!/bin/sh\n[ "$1" = compose ] && shift && exec {compose_program()} "$@"\nexec {client} "$@"\n'
    )
    (programs / "docker").chmod(0o755)
    variables = {
        "DOCKER_HOST": apart.docker.host,
        # its reaper is an image of its own, from a registry
        "TESTCONTAINERS_RYUK_DISABLED": "true",
        "PATH": f"{programs}:{os.environ['PATH']}",
    }
    source = Path(__file__).parent / "foreign"
    results = run_pytest(
        peer.python, source, tmp_path, ["testcontainers_core.py"], variables, enter=apart.enter_network()
    )
    assert not results.failed, "\n".join(f"{name}: {why}" for name, why in results.failed.items())
    assert len(results.passed) >= 15
    assert apart.docker("ps", "-aq") == ""
