"""What progress calls the steps of builds, next to Docker 26: the same Dockerfiles, the same client, the same names."""

import re
from pathlib import Path

import pytest
from tests.peers import busybox_image, docker_daemon
from tests.peers.buildx import buildx_client
from tests.support.build import Builder
from tests.support.client import Docker

pytestmark = [pytest.mark.peer("buildx", "docker-26"), pytest.mark.dockyard_only]

DOCKERFILES = {
    "one stage": "FROM busybox\nRUN echo a\nCOPY a /\nWORKDIR /w\nENV A=b\nRUN echo $A > /c\n",
    "ten steps": "FROM busybox\n" + "".join(f"RUN echo {n}\n" for n in range(10)),
    "stages": "FROM busybox AS one\nCOPY a /x/\nFROM busybox\nCOPY --from=one /x /y\nADD sub/ /z\nFROM one AS three\n"
    "COPY --from=1 /y /q\n",
    "unneeded": "FROM busybox AS no\nRUN exit 1\nFROM busybox\nrun true\n",
    "scratch": "FROM scratch\nCOPY a sub /\nLABEL l=m\n",
    "arguments": 'ARG B=busybox\nFROM $B\nARG X=1\nRUN echo $X $UNSET "$X" > /x\nWORKDIR /$X\nCOPY a /$X/\n',
    "an image to copy from": "FROM scratch\nCOPY --from=busybox /bin/busybox /b\n",
    "a document": "FROM busybox\nRUN <<E\necho x > /x\nE\nCOPY <<E /y\nz\nE\n",
    "mounts": "FROM busybox\nRUN --mount=type=bind,target=/m --mount=type=tmpfs,target=/t ls /m > /l\n",
    "a failure": "FROM busybox\nRUN true\nRUN exit 9\nRUN never\n",
    "what isn't there": "FROM busybox\nCOPY missing /\n",
}
FILES = {"a": "a", "sub/x": "x"}
TIMES = re.compile(r"\d+\.\d+|ref [0-9a-z:-]+")


def names(build: Builder, dockerfile: str) -> tuple[int, set[str], list[str]]:
    folder = build.context({**FILES, "Dockerfile": dockerfile})
    command = ("buildx", "build", "--progress=plain", "--no-cache", "--network=none", "--provenance=false")
    done = build.docker.result(*command, str(folder), timeout_seconds=100)
    shown = re.findall(r"^#\d+ ((?:\[|FROM|exporting).*)$", done.err, re.MULTILINE)
    failed = re.findall(r"^(?:ERROR: .*| *\d+ \| .*)$", done.err, re.MULTILINE)
    return (
        done.code,
        set(shown) - {"exporting layers", "[internal] preparing inline document"},
        [TIMES.sub("", line) for line in failed],
    )


@pytest.fixture(scope="module")
def theirs(tmp_path_factory):
    with docker_daemon(release=26) as daemon:
        home = tmp_path_factory.mktemp("docker")
        builder = Builder(Docker(buildx_client(daemon.host, home / "config", 26)), home)
        builder.docker("load", "-i", str(busybox_image()))
        yield builder


@pytest.mark.parametrize("which", DOCKERFILES)
def test_steps_have_docker_s_names(which, theirs, docker, tmp_path: Path):
    ours = Builder(Docker(buildx_client(docker.host, tmp_path / "config", 26)), tmp_path)
    # which of two stages gives its name to the image that both stand on is a matter of chance for Docker
    shared = r"|\] FROM" if which == "stages" else ""
    kept = re.compile(r"exporting .*(?:done|sha256)|naming to|writing image" + shared)
    mine, other = names(ours, DOCKERFILES[which]), names(theirs, DOCKERFILES[which])
    assert mine[0] == other[0]
    assert {name for name in mine[1] if not kept.search(name)} == {name for name in other[1] if not kept.search(name)}
    assert mine[2] == other[2]
