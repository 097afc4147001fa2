"""Writes down what the real BuildKit makes of the cases.

    python -m tests.support.dockerfiles.record unix:///run/docker.sock .../cli-plugins/docker-buildx [topic]

The daemon needs the image busybox, and no network: all commands run with --network=none.
"""

import json
import re
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from tests.peers.docker import docker_client
from tests.support.client import Docker
from tests.support.dockerfiles.cases import FOLDER, Case, cases, topics
from tests.support.dockerfiles.context import make_context
from tests.support.dockerfiles.facts import image_facts

_PREFIX = re.compile(r"ERROR: (?:failed to build: )?(?:failed to solve: )?")


def record(host: str, buildx: str, topic: str) -> dict[str, Any]:
    """The facts of all cases of a topic."""
    docker = Docker(docker_client(host))
    found: dict[str, Any] = {}
    for case in cases(topic):
        with tempfile.TemporaryDirectory(prefix="dockerfiles-") as home:
            found[case.name] = facts_of(docker, buildx, case, Path(home))
            print(f"{topic}/{case.name}: {found[case.name].get('error') or 'built'}", file=sys.stderr)
    return found


def facts_of(docker: Docker, buildx: str, case: Case, home: Path) -> dict[str, Any]:
    """Warnings, and then the error or the image, of one case."""
    checked = _buildx(docker, buildx, case, home, "--call=check,format=json")
    facts: dict[str, Any] = {}
    if checked.stdout.strip().startswith("{"):
        facts["warnings"] = [_warning(one) for one in json.loads(checked.stdout).get("warnings") or []]
    return {**facts, **build_facts(docker, buildx, case, home)}


def build_facts(docker: Docker, buildx: str, case: Case, home: Path) -> dict[str, Any]:
    """The error or the image of one case, built below the folder `home`."""
    tag = f"dockerfiles:{case.topic}-{case.name}"
    built = _buildx(docker, buildx, case, home, "--progress=plain", "--provenance=false", "-t", tag)
    if built.returncode != 0:
        return _error(built.stderr)
    facts = image_facts(docker, tag, home)
    docker("rmi", "-f", tag)
    return facts


def _buildx(docker: Docker, buildx: str, case: Case, home: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    context = home / "context"
    if not context.exists():
        make_context(context, case)
    environment = {"DOCKER_HOST": docker.host, "DOCKER_CONFIG": f"{home}/config", "HOME": f"{home}"}
    command = [buildx, "build", *arguments, *case.arguments, "--network=none", str(context)]
    return subprocess.run(command, env=environment, capture_output=True, text=True, timeout=120, check=False)


def _warning(one: dict[str, Any]) -> dict[str, Any]:
    ranges = one.get("location", {}).get("ranges") or []
    lines = [[part["start"].get("line", 0), part.get("end", part["start"]).get("line", 0)] for part in ranges]
    return {"rule": one["ruleName"], "detail": one.get("detail", ""), "url": one.get("url", ""), "lines": lines}


def _error(text: str) -> dict[str, str]:
    """The message, and the excerpt of the Dockerfile that stands before it."""
    lines = text.rstrip().splitlines()
    last = max((at for at, line in enumerate(lines) if line.startswith("ERROR: ")), default=len(lines) - 1)
    message = _PREFIX.sub("", "\n".join(lines[last:]), count=1)
    rules = [at for at, line in enumerate(lines[:last]) if line == "-" * 20]
    excerpt = "\n".join(line.rstrip() for line in lines[rules[-2] - 1 : rules[-1] + 1]) if len(rules) > 1 else ""
    return {"error": message, "excerpt": excerpt}


def main() -> None:
    """The command."""
    host, buildx, *wanted = sys.argv[1:]
    version = json.loads(Docker(docker_client(host))("version", "--format", "{{json .Server}}"))["Version"]
    for topic in wanted or topics():
        document = {"docker": version, "cases": record(host, buildx, topic)}
        (FOLDER / f"{topic}.json").write_text(json.dumps(document, indent=1, ensure_ascii=False) + "\n")


if __name__ == "__main__":
    main()
