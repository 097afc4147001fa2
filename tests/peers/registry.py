"""Debian's docker-registry (the reference implementation of the distribution spec), in a process of its own.

with registry(folder) as it: it.address → "127.0.0.1:41234"
"""

import json
import socket
import time
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from tests.peers.fetch import fetch
from tests.peers.guarded import Guard
from tests.peers.programs import environment_of, program


class RunningRegistry(NamedTuple):
    """A registry that answers. `address` is host and port, `folder` holds data/, the configuration and the log."""

    address: str
    folder: Path
    pid: int

    @property
    def blobs(self) -> Path:
        """The folder in which it keeps blobs: `sha256/<two digits>/<digest>/data`."""
        return self.folder / "data" / "docker" / "registry" / "v2" / "blobs"

    def blob(self, digest: str) -> Path:
        """The file of a blob."""
        return self.blobs / "sha256" / digest[7:9] / digest[7:] / "data"


@contextmanager
def registry(
    folder: Path,
    *,
    host: str = "127.0.0.1",
    users: dict[str, str] | None = None,
    token: dict[str, str] | None = None,
    tls: tuple[Path, Path] | None = None,
    client_authority: Path | None = None,
    proxy_of: str = "",
    enter: Sequence[str] = (),
) -> Iterator[RunningRegistry]:
    """Run one with its data in `folder`, until the block ends.

    `users`: names and passwords (htpasswd). `token`: realm, service, issuer and rootcertbundle of a token server.
    `tls`: certificate and key; `client_authority`: clients need a certificate that this authority signed. `proxy_of`:
    URL of a registry that it is a pull-through cache of. `enter` is put before its command, to run it in another
    network namespace.
    """
    folder.mkdir(parents=True, exist_ok=True)
    port = _free_port(host)
    config: dict[str, object] = {
        "version": "0.1",
        "log": {"level": "info", "accesslog": {"disabled": False}},
        "storage": {"filesystem": {"rootdirectory": str(folder / "data")}, "delete": {"enabled": True}},
    }
    http: dict[str, object] = {"addr": f"{host}:{port}", "secret": "of-tests"}
    if tls is not None:
        http["tls"] = {"certificate": str(tls[0]), "key": str(tls[1])}
        if client_authority is not None:
            http["tls"]["clientcas"] = [str(client_authority)]  # type: ignore[index]
    config["http"] = http
    if users is not None:
        (folder / "htpasswd").write_text("".join(_htpasswd(name, password) for name, password in users.items()))
        config["auth"] = {"htpasswd": {"realm": "tests", "path": str(folder / "htpasswd")}}
    elif token is not None:
        config["auth"] = {"token": token}
    if proxy_of:
        config["proxy"] = {"remoteurl": proxy_of}
    (folder / "config.yml").write_text(json.dumps(config))  # JSON is YAML
    environment = environment_of(fetch("docker-registry"))
    with Guard([], grace_seconds=1) as guard:
        binary = program("docker-registry", peer="docker-registry").path
        pid = guard.start([*enter, binary, "serve", str(folder / "config.yml")], folder / "registry.log", environment)
        _wait(host, port, folder / "registry.log", pid, elsewhere=bool(enter))
        yield RunningRegistry(f"{host}:{port}", folder, pid)


def _htpasswd(name: str, password: str) -> str:
    tool = program("htpasswd", peer="docker-registry")
    return tool.run("-Bbn", "-C", "4", name, password).stdout.strip() + "\n"


def _free_port(host: str) -> int:
    with socket.socket() as probe:
        probe.bind((host, 0))
        return int(probe.getsockname()[1])


def _wait(host: str, port: int, log: Path, pid: int, *, elsewhere: bool) -> None:
    """Until it takes connections; one in another network can only be heard of."""
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline and Path(f"/proc/{pid}").exists():
        try:
            if not elsewhere:
                socket.create_connection((host, port), 1).close()
                return
            if f"listening on {host}:{port}" in log.read_text():
                return
        except OSError:
            pass
        time.sleep(0.02)
    raise RuntimeError(f"docker-registry didn't come up:\n{log.read_text()[-2000:]}")


def get_json(address: str, path: str) -> object:
    """What a registry without login answers on `path`."""
    with urllib.request.urlopen(f"http://{address}{path}", timeout=10) as answer:
        return json.load(answer)
