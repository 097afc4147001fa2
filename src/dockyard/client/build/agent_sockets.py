"""Which sockets a build's SSH agents are at. Files of keys get an agent of their own, OpenSSH's, while it lasts."""

import os
import socket
import stat
import subprocess
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress

from dockyard.client.build.request import Agent
from dockyard.errors import InvalidParameter, NotFound, SystemFailure

_START_SECONDS = 10


@contextmanager
def agent_sockets(agents: Sequence[Agent], environment: Mapping[str, str]) -> Iterator[dict[str, str]]:
    """Sockets by the agents' ids, while the context lasts. Raises what `_socket_or_keys` and `ssh-add` say."""
    found: dict[str, str] = {}
    started: list[subprocess.Popen[bytes]] = []
    folder = tempfile.TemporaryDirectory(prefix="dockyard-agent-")
    try:
        for agent in agents:
            if agent.id in found:
                raise InvalidParameter(f'duplicate agent ID "{agent.id}"')
            path, keys = _socket_or_keys(agent, environment)
            if keys:
                path = os.path.join(folder.name, str(len(started)))
                _start(path, keys, started, environment)
            found[agent.id] = path
        yield found
    finally:
        for process in started:
            process.terminate()
            with suppress(subprocess.TimeoutExpired):
                process.wait(_START_SECONDS)
        folder.cleanup()


def _socket_or_keys(agent: Agent, environment: Mapping[str, str]) -> tuple[str, tuple[str, ...]]:
    paths = agent.paths or (environment.get("SSH_AUTH_SOCK", ""),)
    if not paths[0]:
        raise InvalidParameter("invalid empty ssh agent socket: make sure SSH_AUTH_SOCK is set")
    sockets = []
    for path in paths:
        try:
            sockets.append(stat.S_ISSOCK(os.stat(path).st_mode))
        except OSError as error:
            raise NotFound(f"stat {path}: {(error.strerror or str(error)).lower()}") from error
    if not any(sockets):
        return "", paths
    if len(paths) > 1:
        raise InvalidParameter(
            "only single socket allowed" if all(sockets) else "invalid combination of keys and sockets"
        )
    return paths[0], ()


def _answers(path: str) -> bool:
    """Whether somebody listens there: the name is there before that."""
    with socket.socket(socket.AF_UNIX) as one:
        return one.connect_ex(path) == 0


def _start(
    path: str, keys: Sequence[str], started: list[subprocess.Popen[bytes]], environment: Mapping[str, str]
) -> None:
    try:
        nothing = subprocess.DEVNULL
        command = ["ssh-agent", "-D", "-a", path]
        started.append(subprocess.Popen(command, stdin=nothing, stdout=nothing, stderr=nothing))
        deadline = time.monotonic() + _START_SECONDS
        while not _answers(path):
            if started[-1].poll() is not None or time.monotonic() > deadline:
                raise SystemFailure("ssh-agent doesn't start")
            time.sleep(0.01)
        # Without a terminal and a program that asks: a key with a passphrase is an error, not a question.
        alone = {**environment, "SSH_AUTH_SOCK": path, "SSH_ASKPASS_REQUIRE": "never"}
        alone.pop("DISPLAY", None)
        done = subprocess.run(
            ["ssh-add", *keys], env=alone, stdin=subprocess.DEVNULL, capture_output=True, start_new_session=True,
            timeout=_START_SECONDS,
        )  # fmt: skip
    except FileNotFoundError as error:
        raise SystemFailure(f"keys for a build need OpenSSH's {error.filename}, which isn't there") from None
    except subprocess.TimeoutExpired:
        raise SystemFailure(f"ssh-add doesn't read {', '.join(keys)}") from None
    if done.returncode:
        said = done.stderr.decode(errors="replace").strip()
        raise InvalidParameter(f"failed to add {', '.join(keys)} to agent: {said}")
