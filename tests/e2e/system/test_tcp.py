"""Client and daemon on different machines, as far as one machine can show it: TCP on loopback, plain and with TLS."""

import hashlib
import os
import signal
import socket
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.peers import docker_client
from tests.support.certificates import OPENSSL, Certificates, Pair, make_certificates
from tests.support.client import Docker
from tests.support.engine import PROGRAMS, Engine
from tests.support.wait import wait_until

pytestmark = pytest.mark.dockyard_only


def free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        port: int = one.getsockname()[1]
        return port


@pytest.mark.row("A2")
def test_plain_tcp_on_loopback(make_engine: Callable[..., Engine]) -> None:
    host = f"tcp://127.0.0.1:{free_port()}"
    engine = make_engine(f"--host={host}")
    docker = Docker(docker_client(host))
    container = docker("run", "-d", "busybox", "sleep", "1000")
    assert docker("ps", "-q", "--no-trunc") == container
    assert docker("exec", "-i", container, "sh", "-c", "cat; sleep 0.5; echo after", stdin="input ") == "input after"
    assert "can also give access to scripts run in a browser" in engine.log.read_text()


@pytest.mark.parametrize("arguments", [["--host=tcp://0.0.0.0:0"], ["--host=tcp://192.0.2.7"]])
def test_plain_tcp_elsewhere_must_be_insisted_on(arguments: list[str]) -> None:
    done = subprocess.run([str(PROGRAMS / "dockyardd"), *arguments], capture_output=True, text=True, timeout=30)
    assert done.returncode == 1
    assert "insist on it with --tls=false" in done.stderr


def remote(host: str, certificates: Certificates, pair: Pair | None = None) -> Docker:
    """The real client with --tlsverify, and with the certificate of `pair`."""
    chosen = pair or certificates.client
    files = ("--tlscacert", str(certificates.authority), "--tlscert", str(chosen[0]), "--tlskey", str(chosen[1]))
    return Docker(docker_client(host)._replace(arguments=("--tlsverify", *files)))


@pytest.mark.skipif(OPENSSL is None, reason="needs openssl")
@pytest.mark.row("A2")
def test_tls_with_client_certificates(make_engine: Callable[..., Engine], tmp_path: Path) -> None:
    certificates = make_certificates(tmp_path)
    host = f"tcp://127.0.0.1:{free_port()}"
    files = (f"--tlscert={certificates.server.certificate}", f"--tlskey={certificates.server.key}")
    engine = make_engine(f"--host={host}", "--tlsverify", f"--tlscacert={certificates.authority}", *files)
    docker = remote(host, certificates)

    container = docker("run", "-d", "--name", "sleeper", "busybox", "sleep", "1000")
    assert docker("ps", "-q", "--no-trunc") == container
    # input, its end, and output that comes only after that
    script = "cat; sleep 0.5; echo out; echo err >&2; exit 7"
    done = docker.result("exec", "-i", "sleeper", "sh", "-c", script, stdin="input ")
    assert done == (7, "input out\n", "err\n")
    done = docker.result("run", "-i", "--rm", "busybox", "sh", "-c", script, stdin="input ")
    assert done == (7, "input out\n", "err\n")
    data = os.urandom(20_000_000)
    assert docker("exec", "-i", "sleeper", "md5sum", stdin=data).split()[0] == hashlib.md5(data).hexdigest()
    assert len(docker.raw("exec", "sleeper", "head", "-c", "20000000", "/dev/zero")) == 20_000_000

    stranger = remote(host, certificates, certificates.stranger).result("ps")
    assert stranger.code != 0
    assert "certificate" in stranger.err
    assert Docker(docker_client(host)).result("ps").code != 0

    before = len(os.listdir(f"/proc/{engine.pid}/fd"))
    sessions = [docker.start("exec", "-i", "sleeper", "cat") for _ in range(3)]
    events = docker.start("events")
    wait_until(lambda: engine.docker("top", "sleeper").count(" cat") == 3, "the execs to run")
    for client in (*sessions, events):
        client.send_signal(signal.SIGKILL)
        client.communicate()
    wait_until(lambda: engine.docker("top", "sleeper").count(" cat") == 0, "the end of their input")
    wait_until(lambda: len(os.listdir(f"/proc/{engine.pid}/fd")) <= before, "their descriptors to be closed", 15)
