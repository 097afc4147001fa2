"""Debian's dockerd as an oracle: a daemon with folders, socket, containerd and network namespace of its own.

docker_daemon()               Debian 12's 20.10, also on Debian 13; on Ubuntu, the one that it has
docker_daemon(release=26)     Debian 13's (API 1.24 to 1.45, with BuildKit), on Debian 12 and 13; with
                              `@pytest.mark.peer("docker-26")` a test is skipped, with the reason, elsewhere
"""

import json
import os
import shutil
import socket
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

from tests.peers.catalogue import PEERS
from tests.peers.guarded import Guard
from tests.peers.programs import Program, environment_of_peer, program
from tests.peers.suites import why_not_debian

HIDE_PLUGINS = "if [ -d /run/docker ]; then mount -t tmpfs tmpfs /run/docker; fi; "
CONTAINERD_CONFIG = """version = 2
root = "{root}/containerd"
state = "{run}/containerd"
disabled_plugins = ["io.containerd.grpc.v1.cri"]
[grpc]
  address = "{run}/containerd.sock"
"""


class DockerDaemon(NamedTuple):
    """A running dockerd. `docker` is the client, pointed at it; `directory` holds data/, run/ and the logs."""

    docker: Program
    host: str
    directory: Path
    pid: int
    containerd_pid: int
    guard: Guard


def docker_client(host: str) -> Program:
    """The `docker` client for `host`: the one on PATH, else the newest that a peer has (then fetched)."""
    installed = shutil.which("docker")
    newest = "docker" if why_not_debian() else "docker-26"
    client = Program(installed, (), {**os.environ}) if installed else program("docker", peer=newest)
    return _pointed(client, host)


@lru_cache(maxsize=1)
def client_version() -> str:
    """The newest version of the API that `docker_client` speaks: 1.50."""
    nowhere = docker_client("unix:///nonexistent.sock")
    return nowhere.run("version", "--format", "{{.Client.APIVersion}}", check=False).stdout.strip()


def debian_client(host: str, release: int | None = None) -> Program:
    """Debian's client, whatever is on PATH: an old one, today 20.10; or that of `release` (26)."""
    return _pointed(program("docker", peer=_peer_of(release)), host)


def _peer_of(release: int | None) -> str:
    name = "docker" if release is None else f"docker-{release}"
    assert name in PEERS, f"no peer has Docker {release}"
    return name


def _pointed(client: Program, host: str) -> Program:
    environment = {key: value for key, value in (client.environment or {}).items() if not key.startswith("DOCKER_")}
    environment |= {"DOCKER_HOST": host, "DOCKER_CONFIG": "/nonexistent-docker-config"}
    return client._replace(environment=environment)


@contextmanager
def docker_daemon(
    directory: Path | None = None,
    *,
    release: int | None = None,
    own_network: bool = True,
    arguments: Sequence[str] = (),
    bridge: str | None = None,
    sees_plugins: bool = False,
    start_timeout_seconds: float = 60,
) -> Iterator[DockerDaemon]:
    """Run Debian's dockerd and its containerd until the block ends (or the process dies: see guard.py).

    `release` chooses one that isn't the machine's own: 26. The client is the same, the one on PATH (`docker_client`).
    `directory` is emptied first and removed at the end (default: one below /tmp). With `own_network` it lives in
    network and mount namespaces of its own, so that its bridge and iptables rules are nowhere else; without, pass
    `bridge` to keep it off docker0 (a bridge must exist then) or "none". `arguments` go to dockerd, for instance
    `--add-runtime`. Plugins that other tests offer to the machine are hidden from it, unless it `sees_plugins`: it
    would ask each of them for whatever it doesn't know.
    """
    home = Path(tempfile.mkdtemp(prefix="dockyard-docker-")) if directory is None else directory
    shutil.rmtree(home, ignore_errors=True)
    (home / "run").mkdir(parents=True)
    (home / "data").mkdir()
    environment = environment_of_peer(_peer_of(release))
    with Guard([home], cgroups=[home.name], grace_seconds=1) as guard:
        # unshare -m keeps dockerd's mounts to itself; the loopback of a new network namespace is down
        enter = ["unshare", "-m", *(["-n"] if own_network else []), "sh", "-c"]
        up = "ip link set lo up; echo 1 >/proc/sys/net/ipv4/ip_forward; " if own_network else ""
        hide = "" if sees_plugins else HIDE_PLUGINS
        (home / "containerd.toml").write_text(CONTAINERD_CONFIG.format(root=home / "data", run=home / "run"))
        command = [
            "dockerd",
            f"--data-root={home}/data/docker",
            f"--exec-root={home}/run/docker",
            f"--pidfile={home}/run/docker.pid",
            f"--containerd={home}/run/containerd.sock",
            f"--host=unix://{home}/run/docker.sock",
            f"--cgroup-parent=/{home.name}",
            *([f"--bridge={bridge}"] if bridge else []),
            *arguments,
        ]
        script = (
            f"{up}{hide}containerd --config {home}/containerd.toml >>{home}/containerd.log 2>&1 & "
            f"echo $! >{home}/run/containerd.pid; "
            f'while ! [ -S {home}/run/containerd.sock ]; do sleep 0.05; done; exec "$@"'
        )
        pid = guard.start([*enter, script, "sh", *command], home / "dockerd.log", environment)
        host = f"unix://{home}/run/docker.sock"
        _wait_until_it_answers(home, pid, start_timeout_seconds)
        containerd_pid = int((home / "run" / "containerd.pid").read_text())
        yield DockerDaemon(docker_client(host), host, home, pid, containerd_pid, guard)


def _wait_until_it_answers(home: Path, pid: int, timeout_seconds: float) -> None:
    deadline = time.monotonic() + timeout_seconds
    while time.monotonic() < deadline:
        try:
            with socket.socket(socket.AF_UNIX) as connection:
                connection.settimeout(5)
                connection.connect(f"{home}/run/docker.sock")
                connection.sendall(b"GET /_ping HTTP/1.0\r\nHost: docker\r\n\r\n")
                if b"200" in connection.recv(100):
                    return
        except OSError:
            if not Path(f"/proc/{pid}").exists():
                break
        time.sleep(0.05)
    raise RuntimeError(f"dockerd didn't come up:\n{(home / 'dockerd.log').read_text()[-3000:]}")


def api_get(daemon: DockerDaemon, path: str) -> object:
    """The JSON that `daemon` answers on GET `path`, for shapes that the client doesn't show."""
    with socket.socket(socket.AF_UNIX) as connection:
        connection.connect(daemon.host.removeprefix("unix://"))
        connection.sendall(f"GET {path} HTTP/1.0\r\nHost: docker\r\n\r\n".encode())
        answer = b"".join(iter(lambda: connection.recv(1 << 16), b""))
    return json.loads(answer.partition(b"\r\n\r\n")[2])
