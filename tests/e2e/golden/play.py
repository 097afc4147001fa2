"""Runs the commands of a file against an engine, in a folder of its own, and cleans up after them."""

import subprocess
from pathlib import Path

from tests.e2e.golden.case import Case, Outcome
from tests.e2e.golden.normalise import normalised
from tests.peers.programs import Program

TIMEOUT_SECONDS = 30
CLEAN = """
docker ps -aq | xargs -r docker rm -f -v
docker network ls -q -f type=custom | xargs -r docker network rm
docker volume ls -q | xargs -r docker volume rm
docker images --format '{{.Repository}}:{{.Tag}} {{.ID}}' | grep -v '^busybox:latest ' | \
    sed 's/<none>:<none> //; s/ .*//' | xargs -r docker rmi -f
"""


def play(client: Program, cases: list[Case], home: Path) -> list[Outcome]:
    """Outcomes of all cases, in order. A command that hangs has exit code -1 and what it printed until then."""
    home.mkdir()
    try:
        return [_run(client, case.shell, home) for case in cases]
    finally:
        _run(client, CLEAN, home)


def _run(client: Program, line: str, home: Path) -> Outcome:
    process = subprocess.Popen(
        ["sh", "-c", line],
        cwd=home,
        env=client.environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        start_new_session=True,
    )
    try:
        out, err = process.communicate(timeout=TIMEOUT_SECONDS)
        code = process.returncode
    except subprocess.TimeoutExpired:
        subprocess.run(["kill", "-9", "--", f"-{process.pid}"], check=False)
        out, err = process.communicate()
        code = -1
    return normalised(Outcome(code, out.decode(errors="replace"), err.decode(errors="replace")), str(home))
