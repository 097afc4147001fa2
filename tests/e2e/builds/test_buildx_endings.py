"""Builds of real buildx that end before their time, that run beside each other, and of clients that aren't what they
say."""

import contextlib
import os
import signal
import socket
import subprocess
import time
from pathlib import Path

import pytest
from tests.peers.buildx import buildx_client
from tests.support.build import Builder
from tests.support.client import Docker
from tests.support.engine import Engine
from tests.support.wait import wait_until

pytestmark = [pytest.mark.peer("buildx", "docker-26"), pytest.mark.dockyard_only]


def with_buildx(engine: Engine, tmp_path: Path) -> Builder:
    return Builder(Docker(buildx_client(engine.docker.host, tmp_path / "config", 26)), tmp_path)


LONG = {"Dockerfile": "FROM busybox\nCOPY a /a\nRUN echo kept > /x\nRUN echo begun; sleep 1000\n", "a": "a"}


def begun(build: Builder, *arguments: str) -> "subprocess.Popen[bytes]":
    process = build.docker.start("buildx", "build", "--network=none", *arguments, str(build.context(LONG)))
    wait_until(lambda: "sleep 1000" in build.docker("ps", "--no-trunc"), "the command", 20)
    return process


def test_a_client_that_leaves_ends_its_build(own_engine: Engine, tmp_path: Path) -> None:
    build = with_buildx(own_engine, tmp_path)
    process = begun(build)
    process.send_signal(signal.SIGKILL)
    process.wait(10)
    wait_until(lambda: build.docker("ps", "-aq") == "", "the end of the command", 10)
    wait_until(lambda: not list((own_engine.data / "tmp").glob("build-*")), "the build's files to go", 10)
    assert "InUse:\ttrue" not in build.docker("buildx", "du", "--verbose").replace(" ", "")


def test_a_killed_daemon_leaves_no_build_behind(own_engine: Engine, tmp_path: Path) -> None:
    build = with_buildx(own_engine, tmp_path)
    process = begun(build)
    own_engine.restart()
    assert process.wait(20) != 0
    wait_until(lambda: build.docker("ps", "-aq") == "", "the end of the command", 10)
    wait_until(lambda: not os.listdir(own_engine.data / "tmp"), "the rest to go", 10)
    short = {"Dockerfile": LONG["Dockerfile"].rpartition("RUN")[0], "a": "a"}
    again = build.docker.result("buildx", "build", "--progress=plain", "--network=none", str(build.context(short)))
    assert again.code == 0, again.err
    assert again.err.count("CACHED") == 3  # FROM, COPY, RUN


def test_two_builds_share_a_step(own_engine: Engine, tmp_path: Path) -> None:
    build = with_buildx(own_engine, tmp_path)
    dockerfile = "FROM busybox\nRUN --mount=type=cache,target=/c sleep 2; echo x >> /c/count; wc -l < /c/count > /n\n"
    folders = [build.context({"Dockerfile": dockerfile}) for _ in range(2)]
    arguments = ("buildx", "build", "-q", "--network=none")
    ids = {
        process.communicate(timeout=60)[0]
        for process in [build.docker.start(*arguments, str(folder)) for folder in folders]
    }
    assert len(ids) == 1
    assert build.docker("run", "--rm", "--network=none", ids.pop().decode().strip(), "cat", "/n") == "1"


def upgraded(engine: Engine, path: str, *headers: str) -> socket.socket:
    """A connection that has asked for `path`; what is answered is in the socket."""
    client = socket.socket(socket.AF_UNIX)
    client.settimeout(10)
    client.connect(engine.docker.socket)
    lines = [f"POST {path} HTTP/1.1", "Host: x", "Connection: Upgrade", "Upgrade: h2c", *headers, "", ""]
    client.sendall("\r\n".join(lines).encode())
    return client


@pytest.mark.parametrize(
    "junk", [b"", b"GET / HTTP/1.1\r\n\r\n", b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", b"\xff" * 70_000]
)
@pytest.mark.parametrize("path", ["/grpc", "/session"])
def test_what_speaks_no_http2_is_let_go(engine: Engine, path: str, junk: bytes) -> None:
    client = upgraded(engine, path, "X-Docker-Expose-Session-Uuid: u" + os.urandom(4).hex())
    assert client.recv(4096).startswith(
        b"HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\n"
    )
    client.sendall(junk)
    client.shutdown(socket.SHUT_WR)
    began = time.monotonic()
    while client.recv(65536):
        assert time.monotonic() - began < 10
    assert engine.docker("version", "--format", "{{.Server.Os}}") == "linux"


def test_a_session_needs_a_name_and_an_upgrade(engine: Engine) -> None:
    with upgraded(engine, "/session") as client:
        assert b"no session ID in request" in client.recv(65536)
    with socket.socket(socket.AF_UNIX) as plain:
        plain.connect(engine.docker.socket)
        plain.sendall(b"POST /grpc HTTP/1.1\r\nHost: x\r\n\r\n")
        assert b"400" in plain.recv(65536)


def test_a_session_is_not_taken_over(engine: Engine) -> None:
    """Whoever learns a session's id can't put his own in its place, and with it other files into a build."""
    name = "X-Docker-Expose-Session-Uuid: v" + os.urandom(4).hex()
    first, answered = upgraded(engine, "/session", name), b""
    while b"PRI * HTTP/2.0" not in answered:  # it is the daemon's now
        answered += first.recv(65536)
    second = upgraded(engine, "/session", name)
    while second.recv(65536):
        pass  # hung up on
    first.setblocking(False)
    with contextlib.suppress(BlockingIOError):
        assert first.recv(65536)  # its own settings, not an end
    first.close()
