"""Repositories that aren't everybody's: by a real SSH server and the client's agent, by HTTP and a token."""

import base64
import os
import subprocess
import threading
import time
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer

import pytest
from tests.e2e.builds.sessions.conftest import Sessions
from tests.peers import program
from tests.peers.guarded import Guard

from dockyard.client.build.failure import BuildFailed

QUIET = {"network": "none"}


@pytest.fixture
def ours(engine, tmp_path):
    """Our daemon: Docker's runs in a network of its own, where it doesn't reach this server."""
    made = Sessions(engine.docker, tmp_path)
    yield made
    made.client.close()


@pytest.fixture
def repository(tmp_path):
    """A bare repository with one commit."""
    work, bare = tmp_path / "work", tmp_path / "repo.git"
    work.mkdir()
    (work / "Dockerfile").write_text("FROM busybox\nCOPY file /file\n")
    (work / "file").write_text("in a private repository")
    git = [
        "git",
        "-c",
        "user.name=t",
        "-c",
        "user.email=t@t",
        "-c",
        "init.defaultBranch=main",
        "-c",
        "safe.directory=*",
    ]
    for command in (
        ["init", "-q"],
        ["add", "."],
        ["commit", "-q", "-m", "one"],
        ["clone", "-q", "--bare", ".", str(bare)],
    ):
        subprocess.run([*git, *command], cwd=work, check=True)
    subprocess.run([*git, "update-server-info"], cwd=bare, check=True)
    return bare


@pytest.fixture
def key(tmp_path):
    """A key without passphrase."""
    path = tmp_path / "key"
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", path], check=True)
    return path


@pytest.fixture
def ssh_server(tmp_path, key, repository):
    """dropbear with a home of its own for root, in which `key` opens; its port."""
    dropbear = program("dropbear")
    home = tmp_path / "home"
    (home / ".ssh").mkdir(parents=True, mode=0o700)
    (home / ".ssh" / "authorized_keys").write_text(key.with_suffix(".pub").read_text())
    (home / ".gitconfig").write_text("[safe]\n\tdirectory = *\n")
    host_key = tmp_path / "host_key"
    port = 20000 + os.getpid() % 20000
    served = f"127.0.0.1:{port}"
    script = (
        f"mount -t tmpfs none /root && chmod 700 /root && cp -rT {home} /root; "
        f"mkdir -p /root/repos && ln -s {repository} /root/repos/repo.git && "
        f"exec {dropbear.path} -F -E -s -R -r {host_key} -p {served} -P {tmp_path}/pid"
    )
    keygen = program("dropbearkey", peer="dropbear")
    with Guard([]) as guard:
        command = keygen.command("-t", "ed25519", "-f", str(host_key))
        subprocess.run(command, check=True, env=keygen.environment, capture_output=True)
        guard.start(["unshare", "-m", "sh", "-c", script], tmp_path / "dropbear.log", dropbear.environment)
        deadline = time.monotonic() + 20
        while not (tmp_path / "pid").exists():
            assert time.monotonic() < deadline, (tmp_path / "dropbear.log").read_text()
            time.sleep(0.05)
        yield port


@pytest.mark.peer("dropbear")
def test_a_repository_behind_ssh(ours, ssh_server, key):
    url = f"ssh://root@127.0.0.1:{ssh_server}/root/repos/repo.git#main"
    with pytest.raises(BuildFailed):
        ours.client.build(url, **QUIET)  # nobody vouches for us
    image = ours.client.build(url, ssh=[f"default={key}"], **QUIET).image_id
    assert ours.run(image, "cat", "/file") == "in a private repository"
    folder = ours.context(f"FROM busybox\nADD {url} /src\n")
    image = ours.client.build(str(folder), ssh=[f"default={key}"], **QUIET).image_id
    assert ours.run(image, "cat", "/src/file") == "in a private repository"


class _Private(SimpleHTTPRequestHandler):
    """Files for who knows the token."""

    token = base64.b64encode(b"x-access-token:t0ken").decode()
    asked: list[str] = []  # noqa: RUF012

    def do_GET(self):
        self.asked.append(self.headers.get("Authorization", ""))
        if self.headers.get("Authorization") != f"basic {self.token}":
            self.send_error(401)
            return
        super().do_GET()

    def log_message(self, *_):
        pass


def test_a_repository_behind_a_token(ours, repository, tmp_path):
    def handler(*arguments):
        return _Private(*arguments, directory=str(tmp_path))

    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        url = f"http://127.0.0.1:{server.server_port}/repo.git"
        with pytest.raises(BuildFailed):
            ours.client.build(url, **QUIET)
        for name in ("GIT_AUTH_TOKEN", "GIT_AUTH_TOKEN.127.0.0.1"):
            image = ours.client.build(url, secrets={name: "t0ken\n"}, no_cache=True, **QUIET).image_id
            assert ours.run(image, "cat", "/file") == "in a private repository"
        header = {"GIT_AUTH_HEADER": f"basic {_Private.token}"}
        assert ours.client.build(url, secrets=header, no_cache=True, **QUIET).image_id
        with pytest.raises(BuildFailed) as caught:
            ours.client.build(url, secrets={"GIT_AUTH_TOKEN": "wr0ng"}, **QUIET)
        assert "wr0ng" not in str(caught.value)
    finally:
        server.shutdown()
        server.server_close()
