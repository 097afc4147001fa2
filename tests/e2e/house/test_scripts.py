"""The scripts that a newcomer runs."""

import os
import signal
import subprocess
from pathlib import Path

import pytest
from tests.support.wait import wait_until

ROOT = Path(__file__).parents[3]


@pytest.mark.dockyard_only
def test_the_demo_runs_and_leaves_nothing() -> None:
    done = subprocess.run([ROOT / "script" / "demo"], capture_output=True, text=True, timeout=110)
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.count("A page from inside a container\n") == 3
    assert "Nothing is left." in done.stdout
    assert not list(Path("/tmp").glob("dockyard-demo-*")) or _other_demo_runs()


@pytest.mark.dockyard_only
def test_the_demo_cleans_up_when_interrupted() -> None:
    process = subprocess.Popen(
        [ROOT / "script" / "demo"], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, start_new_session=True
    )
    assert process.stdout
    seen = ""
    for line in process.stdout:
        seen += line
        if line.startswith("4. "):
            break
    os.killpg(process.pid, signal.SIGINT)
    rest = process.stdout.read()
    assert process.wait(timeout=60) == 0, seen + rest
    assert "Interrupted: cleaning up." in rest
    home = next(word for word in seen.split() if word.startswith("/tmp/dockyard-demo-")).rstrip(".")
    wait_until(lambda: not Path(home).exists(), "the demo's folder to be removed")
    mounts = Path("/proc/self/mounts").read_text()
    assert home not in mounts


@pytest.mark.parametrize("script", ["setup", "demo", "test", "lint", "bench", "peers"])
def test_every_script_has_help(script: str) -> None:
    done = subprocess.run([ROOT / "script" / script, "--help"], capture_output=True, text=True, timeout=60)
    assert done.returncode == 0
    assert f"script/{script}" in done.stdout
    assert len(done.stdout.splitlines()) > 3


def _other_demo_runs() -> bool:
    """Another test process may be at the same test."""
    shown = subprocess.run(["ps", "-eo", "args"], capture_output=True, text=True, check=True).stdout
    return "demo_steps.py" in shown
