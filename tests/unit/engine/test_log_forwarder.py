"""The log forwarder is started, whatever stands in the way for a while."""

import asyncio
import errno
import subprocess
from pathlib import Path
from typing import Any

import pytest

from dockyard.engine.logs import forwarder
from dockyard.engine.logs.forwarder import LogForwarder
from dockyard.engine.paths import Paths
from dockyard.linux.capped_log import LIMIT_BYTES


async def test_a_start_that_fails_is_tried_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    paths = Paths(f"{tmp_path}/data", f"{tmp_path}/run")
    spool = Path(paths.log_spool("c1"))
    spool.mkdir(parents=True)
    Path(paths.container("c1")).mkdir(parents=True)
    (tmp_path / "run").mkdir()
    log = tmp_path / "run" / "log-forwarder.log"
    log.write_bytes(b"complaint\n" * LIMIT_BYTES)
    monkeypatch.setattr(forwarder, "LOOK_SECONDS", 0.01)
    monkeypatch.setattr(forwarder, "START_LOOKS_SECONDS", 0.01)
    failures = [OSError(errno.EMFILE, "Too many open files"), BlockingIOError(errno.EAGAIN, "fork")]
    started = []
    popen = subprocess.Popen

    def start(command: Any, **_options: Any) -> "subprocess.Popen[bytes]":
        if failures:
            raise failures.pop()
        started.append(command)
        spool.rmdir()  # there is nothing more to be done
        return popen(["true"])

    monkeypatch.setattr(subprocess, "Popen", start)
    keeping: list[asyncio.Task[Any]] = []

    def run(_name: str, work: Any) -> Any:
        keeping.append(asyncio.create_task(work))
        return keeping[-1]

    LogForwarder(paths, run).resume()
    async with asyncio.timeout(5):
        await keeping[0]
    assert len(started) == 1
    assert log.stat().st_size <= LIMIT_BYTES
