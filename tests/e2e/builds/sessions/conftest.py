"""Builds through sessions, with the same client against two daemons: Debian 13's Docker 26 as the oracle, and ours."""

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.peers import busybox_image, docker_daemon
from tests.support.build import Context
from tests.support.client import Docker, Result
from tests.support.engine import PROGRAMS, Engine

from dockyard.client.address import parse
from dockyard.client.sdk import Client


class Sessions:
    """One daemon: `client` of our SDK, `docker` to look at what was built, the `dockyard` command, contexts."""

    def __init__(self, docker: Docker, home: Path, oracle_pid: int = 0) -> None:
        self.docker = docker
        self.is_oracle = bool(oracle_pid)
        self.enter = ("nsenter", "-t", str(oracle_pid), "-n") if oracle_pid else ()
        """A command that leads into the daemon's network."""
        self.home = home
        self.program = PROGRAMS / "dockyard"
        self.client = Client(parse(docker.host))
        self._count = 0

    def context(self, dockerfile: str, files: Context | None = None) -> Path:
        """A new folder with these files."""
        self._count += 1
        folder = self.home / f"context{self._count}"
        folder.mkdir()
        for name, data in {**(files or {}), "Dockerfile": dockerfile}.items():
            path = folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(data.encode() if isinstance(data, str) else data)
        return folder

    def command(self, *arguments: str, stdin: bytes | None = None, **environment: str) -> Result:
        """`dockyard ARGUMENTS`, pointed at the daemon."""
        done = subprocess.run(
            [str(self.program), *arguments],
            input=stdin,
            stdin=subprocess.DEVNULL if stdin is None else None,
            capture_output=True,
            timeout=110,
            env={"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "HOME": str(self.home), "DOCKER_HOST": self.docker.host,
                 **environment},
        )  # fmt: skip
        return Result(done.returncode, done.stdout.decode(errors="replace"), done.stderr.decode(errors="replace"))

    def run(self, image: str, *command: str) -> str:
        """What `command` prints in a container of the image."""
        return self.docker("run", "--rm", "--network", "none", image, *command)


@pytest.fixture(scope="session")
def docker_26() -> Iterator[tuple[Docker, int]]:
    """Docker 26 with busybox, and its process."""
    with docker_daemon(release=26) as daemon:
        docker = Docker(daemon.docker)
        docker("load", "-i", str(busybox_image()))
        yield docker, daemon.pid


@pytest.fixture(
    params=[
        pytest.param("docker", marks=[pytest.mark.peer("docker-26"), pytest.mark.xdist_group("docker-26")]),
        pytest.param("dockyard", marks=pytest.mark.dockyard_only),
    ]
)
def sessions(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Sessions]:
    """Each test runs against both; images that it makes go with it."""
    docker: Docker
    pid = 0
    if request.param == "docker":
        docker, pid = request.getfixturevalue("docker_26")
    else:
        engine: Engine = request.getfixturevalue("engine")
        docker = engine.docker
    before = set(docker("images", "-aq", "--no-trunc").split())
    made = Sessions(docker, tmp_path, pid)
    yield made
    made.client.close()
    if new := set(docker("images", "-aq", "--no-trunc").split()) - before:
        docker.result("rmi", "-f", *new)


class ClientImage:
    """A build whose step speaks to the agent: a static program, because busybox has nothing that opens unix sockets."""

    dockerfile = (
        "FROM busybox\nCOPY --chmod=0755 ask /ask\nRUN --mount=type=ssh,mode=0600 test -S $SSH_AUTH_SOCK && /ask\n"
    )
    source = r"""
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>
static int ask(unsigned char type, unsigned char *answer) {
    struct sockaddr_un at = {.sun_family = AF_UNIX};
    unsigned char request[] = {0, 0, 0, 1, type};
    int fd = socket(AF_UNIX, SOCK_STREAM, 0), got = 0, more;
    strncpy(at.sun_path, getenv("SSH_AUTH_SOCK"), sizeof at.sun_path - 1);
    if (connect(fd, (struct sockaddr *)&at, sizeof at) || write(fd, request, 5) != 5) exit(9);
    do { more = read(fd, answer + got, 4096 - got); got += more; }
    while (more > 0 && (got < 4 || got < 4 + answer[2] * 256 + answer[3]));
    return got;
}
int main(void) {
    unsigned char answer[4096];
    const char *digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    int size = ask(11, answer), length = answer[11] * 256 + answer[12];
    FILE *keys = fopen("/keys", "w");
    (void)size;
    fprintf(keys, "%d ", answer[4]);
    for (int i = 0; i < length; i += 3) { /* base64; the length of an Ed25519 key's blob is a multiple of 3 */
        unsigned long bits = answer[13 + i] << 16 | answer[14 + i] << 8 | answer[15 + i];
        for (int shift = 18; shift >= 0; shift -= 6) fputc(digits[bits >> shift & 63], keys);
    }
    fclose(keys);
    ask(19, answer);
    keys = fopen("/forget", "w");
    fprintf(keys, "%d", answer[4]);
    fclose(keys);
    return 0;
}
"""

    def __init__(self, folder: Path) -> None:
        (folder / "ask.c").write_text(self.source)
        subprocess.run(["cc", "-static", "-O1", "-o", folder / "ask", folder / "ask.c"], check=True)
        self.files = {"ask": (folder / "ask").read_bytes()}


@pytest.fixture(scope="module")
def client_image(tmp_path_factory: pytest.TempPathFactory) -> ClientImage:
    """See ClientImage."""
    return ClientImage(tmp_path_factory.mktemp("ask"))
