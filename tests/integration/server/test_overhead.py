"""What a request costs the daemon, as processor time: a busy machine doesn't change that."""

import os
from pathlib import Path

import pytest
from tests.integration.server.wire import Wire
from tests.support.engine import Engine

REQUESTS = 3000
LIMIT_MS = 0.2


@pytest.mark.slow
@pytest.mark.parametrize("target", ["/_ping", "/v1.50/version", "/v1.24/containers/json?all=1"])
def test_a_request_costs_little(engine: Engine, target: str) -> None:
    with Wire(engine.docker.socket) as wire:
        _ask(wire, target, 100)
        before = _processor_seconds(engine.pid)
        _ask(wire, target, REQUESTS)
        cost_ms = (_processor_seconds(engine.pid) - before) / REQUESTS * 1000
    assert cost_ms <= LIMIT_MS


def _ask(wire: Wire, target: str, times: int) -> None:
    for _ in range(times):
        wire.send(f"GET {target} HTTP/1.1\r\nHost: d\r\n\r\n".encode())
        status, headers = wire.head()
        assert status == 200
        wire.skip(int(headers["content-length"]))


def _processor_seconds(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
