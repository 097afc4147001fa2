"""The command over TCP: the same streams and exit codes as over the unix socket."""

import os
import socket
from collections.abc import Callable

import pytest
from tests.peers.programs import Program
from tests.support.client import Docker
from tests.support.engine import PROGRAMS, Engine


@pytest.mark.dockyard_only
def test_streams_over_tcp(make_engine: Callable[..., Engine]) -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    engine = make_engine(f"--host=tcp://127.0.0.1:{port}")
    environment = {**(engine.docker.client.environment or {}), "DOCKER_HOST": f"tcp://127.0.0.1:{port}"}
    dockyard = Docker(Program(str(PROGRAMS / "dockyard"), (), environment))
    data = os.urandom(3_000_000).hex()
    container = dockyard("run", "-d", "busybox", "sleep", "1000")
    done = dockyard.result("exec", "-i", container, "sh", "-c", "cat; echo end >&2; exit 5", stdin=data)
    assert (done.code, done.err) == (5, "end\n")
    assert done.out == data
    assert dockyard("run", "--rm", "-i", "busybox", "wc", "-c", stdin=data).strip() == str(len(data))
    assert dockyard.result("run", "--rm", "busybox", "nope").code == 127
