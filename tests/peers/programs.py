"""A peer's program and the environment that it runs in, since it is unpacked beside the system and not installed."""

import os
import subprocess
from pathlib import Path
from typing import Any, NamedTuple

from tests.peers.catalogue import PEERS
from tests.peers.fetch import fetch, find_program


class Program(NamedTuple):
    """`path`, arguments that always come first, and the whole environment."""

    path: str
    arguments: tuple[str, ...] = ()
    environment: dict[str, str] | None = None

    def command(self, *arguments: str) -> list[str]:
        """The argument list of a call."""
        return [self.path, *self.arguments, *arguments]

    def run(
        self, *arguments: str, check: bool = True, timeout_seconds: float = 60, **options: Any
    ) -> subprocess.CompletedProcess[str]:
        """Run it with text pipes. With `check`, a failing exit raises AssertionError with what it printed."""
        options.setdefault("stdin", None if "input" in options else subprocess.DEVNULL)
        if "input" in options:
            del options["stdin"]
        options.setdefault("env", self.environment)
        done = subprocess.run(
            self.command(*arguments), capture_output=True, text=True, timeout=timeout_seconds, **options
        )
        if check:
            assert done.returncode == 0, (
                f"{' '.join(self.command(*arguments))}: exit {done.returncode}\n{done.stdout}{done.stderr}"
            )
        return done


def program(name: str, peer: str | None = None) -> Program:
    """Program `name` of the peer that has it (or of `peer`), fetched if it isn't in the cache yet."""
    chosen = peer or next(key for key, value in PEERS.items() if name in value.programs)
    root = fetch(chosen)
    path = find_program(root, name)
    assert path is not None, f"peer {chosen} has no program {name}"
    return Program(str(path), _leading_arguments(name), environment_of_peer(chosen))


def environment_of_peer(name: str) -> dict[str, str]:
    """The environment for programs of peer `name`, in which those of the peers beside it are found too."""
    return environment_of(fetch(name), *(fetch(other) for other in PEERS[name].beside))


def environment_of(*roots: Path) -> dict[str, str]:
    """This process's environment with programs and libraries below `roots` found first, and nobody's DOCKER_HOST."""
    folders = [str(root / folder) for root in roots for folder in ("usr/bin", "usr/sbin", "bin", "sbin")]
    below = ("usr/lib/*-linux-gnu", "lib/*-linux-gnu")
    libraries = [str(path) for root in roots for pattern in below for path in root.glob(pattern)]
    plugins = [str(path) for root in roots for path in root.glob("usr/lib/*-linux-gnu/xtables")]
    environment = {key: value for key, value in os.environ.items() if not key.startswith(("DOCKER_", "CONTAINER"))}
    environment["PATH"] = ":".join([*folders, environment.get("PATH", "/usr/sbin:/usr/bin:/sbin:/bin")])
    if libraries:
        environment["LD_LIBRARY_PATH"] = ":".join(libraries)
    if plugins:
        environment["XTABLES_LIBDIR"] = ":".join(plugins)
    return environment


def _leading_arguments(name: str) -> tuple[str, ...]:
    # without its configuration in /etc, skopeo has no signature policy to apply
    return ("--insecure-policy",) if name == "skopeo" else ()
