"""What runtimes say they can do: asked once, and not waited for."""

import asyncio
import time
from pathlib import Path

from dockyard.engine.config import BUILT_IN_RUNTIME, RuntimeCommand
from dockyard.engine.runtime_features import RuntimeFeatures


def command(folder: Path, name: str, script: str) -> RuntimeCommand:
    path = folder / name
    path.write_text(f"#!/bin/sh\necho asked >>{folder}/{name}.log\n{script}\n")
    path.chmod(0o755)
    return RuntimeCommand(str(path))


async def test_a_runtime_that_hangs_holds_nobody_up(tmp_path: Path) -> None:
    go = tmp_path / "go"
    built_in = command(tmp_path, "built-in", "echo '{\"a\":' && sleep 0.4 && echo ' 1}'")
    others = {
        "slow": command(tmp_path, "slow", f"while [ ! -e {go} ]; do sleep 0.02; done; echo '{{}}'"),
        "old": command(tmp_path, "old", "exit 1"),
    }
    features = RuntimeFeatures(built_in)
    before = time.monotonic()
    assert await features.of(others) == {BUILT_IN_RUNTIME: '{"a":1}'}
    assert time.monotonic() - before < 4
    go.touch()
    for _ in range(40):
        if "slow" in (found := await features.of(others)):
            break
        await asyncio.sleep(0.05)
    assert found == {BUILT_IN_RUNTIME: '{"a":1}', "slow": "{}"}
    assert all((tmp_path / f"{name}.log").read_text() == "asked\n" for name in ("built-in", "slow", "old"))
