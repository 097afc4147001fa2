"""Builds with the classic builder of both engines: the same Dockerfiles, the same client, in turn."""

import os
import shutil
import statistics
import subprocess
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from tests.peers import debian_image
from tests.peers.programs import Program
from tests.support.client import Docker

from bench.cases import Measurement, seconds_of
from bench.engines import Contestant

PACKAGES = ("tree", "less", "time", "netbase")
"""Small packages without dependencies beyond what a Debian base has; downloaded once, so that no mirror is measured."""

APT = """FROM debian:bookworm
COPY debs /debs
RUN apt-get install -y /debs/*.deb
COPY app /app
RUN echo one > /one
RUN cat /app/0 > /two
RUN tree /app | tail -1
"""
FILES = 20_000


def builds(contestants: Sequence[Contestant], rounds: int) -> dict[str, Measurement]:
    """All cases; milliseconds."""
    with _folder() as home:
        runs = _context(home / "runs", "FROM busybox\n" + "".join(f"RUN echo {n} > /f{n}\n" for n in range(20)))
        apt = _apt_context(home / "apt")
        many = _context(home / "many", "FROM busybox\nCOPY src /src\n")
        for number in range(FILES):
            path = many / "src" / f"d{number % 200}" / f"f{number}"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(f"content of {number}\n" * 40)
        stages = "".join(f"FROM busybox AS s{n}\nRUN sleep 5; echo {n} > /s{n}\n" for n in range(2))
        side = _context(home / "side", stages + "FROM busybox\nCOPY --from=s0 /s0 /\nCOPY --from=s1 /s1 /\n")
        for contestant in contestants:
            contestant.docker("load", "-i", str(debian_image()), timeout_seconds=120)
        few = max(1, min(3, rounds // 5))
        return {
            "build_apt": _in_turn(contestants, few, lambda one: _build(one, apt, "--no-cache")),
            "build_20": _in_turn(contestants, few, lambda one: _build(one, runs, "--no-cache", "--network=none")),
            "build_cached": _in_turn(contestants, max(3, rounds // 2), lambda one: _build(one, runs, "--network=none")),
            "build_context": _in_turn(contestants, few, lambda one: _touched(one, many)),
            "build_stages": _in_turn(contestants, 1, lambda one: _build(one, side, "--no-cache", "--network=none")),
        }


def _in_turn(contestants: Sequence[Contestant], rounds: int, work: Callable[[Contestant], object]) -> Measurement:
    times: dict[str, list[float]] = {contestant.name: [] for contestant in contestants}
    for _ in range(rounds):
        for contestant in contestants:
            os.sync()  # what the one before has left to the disk isn't the next one's
            times[contestant.name].append(seconds_of(lambda contestant=contestant: work(contestant)) * 1000)  # type: ignore[misc]
    return {name: statistics.median(values) for name, values in times.items()}


def _build(contestant: Contestant, context: Path, *arguments: str) -> None:
    client = contestant.docker.client
    environment = {**(client.environment or {}), "DOCKER_BUILDKIT": "0"}
    docker = Docker(Program(client.path, client.arguments, environment))
    docker("build", "-q", *arguments, str(context), timeout_seconds=300)


def _touched(contestant: Contestant, context: Path) -> None:
    """A build for which one of many files has changed."""
    (context / "src/d0/f0").write_text(os.urandom(8).hex())
    _build(contestant, context)


def _context(folder: Path, dockerfile: str) -> Path:
    folder.mkdir()
    (folder / "Dockerfile").write_text(dockerfile)
    return folder


def _apt_context(folder: Path) -> Path:
    _context(folder, APT)
    (folder / "app").mkdir()
    for number in range(50):
        (folder / f"app/{number}").write_text("x" * 10_000)
    (folder / "debs").mkdir()
    download = ["apt-get", "-q", "-o", "APT::Sandbox::User=root", "download", *PACKAGES]
    subprocess.run(download, cwd=folder / "debs", check=True, stdout=subprocess.DEVNULL)
    return folder


@contextmanager
def _folder() -> Iterator[Path]:
    folder = Path(tempfile.mkdtemp(prefix="dockyard-bench-"))
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)
