"""`dockyard daemon` and `dockyard -d` start the daemon, as Docker's client did of old."""

import subprocess
from pathlib import Path

import pytest
from tests.support.engine import PROGRAMS
from tests.support.wait import wait_until


@pytest.mark.row("A21")
@pytest.mark.parametrize("word", ["daemon", "-d"])
def test_it_becomes_the_daemon(word: str, tmp_path: Path) -> None:
    flags = ["--data-root", f"{tmp_path}/data", "--exec-root", f"{tmp_path}/run", "--pidfile", f"{tmp_path}/pid"]
    flags += ["-H", f"unix://{tmp_path}/s", "--bridge", "none"]
    program = str(PROGRAMS / "dockyard")
    daemon = subprocess.Popen([program, word, *flags], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        asked = [program, "-H", f"unix://{tmp_path}/s", "version"]
        wait_until(lambda: subprocess.run(asked, capture_output=True).returncode == 0, "the daemon to answer", 20)
        assert (tmp_path / "pid").read_text().strip() == str(daemon.pid)
    finally:
        daemon.terminate()
        daemon.wait(timeout=20)
        supervisor = (tmp_path / "run" / "supervisor.pid").read_text().strip()
        subprocess.run(["kill", supervisor], check=False)
