"""Builds by real buildx (Debian 13's 0.13) with its `docker` driver: what it shows, and what comes out."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.peers.buildx import buildx_client
from tests.support.build import Builder
from tests.support.client import Docker, Result

pytestmark = [pytest.mark.peer("buildx", "docker-26"), pytest.mark.dockyard_only]


class Buildx(Builder):
    """A Builder whose client has buildx."""

    def result(self, dockerfile, files=None, *arguments) -> Result:
        context = self.context({**(files or {}), "Dockerfile": dockerfile})
        shown = () if "-q" in arguments else ("--progress=plain",)
        command = ("buildx", "build", *shown, *arguments, str(context))
        return self.docker.result(*command, timeout_seconds=110)


@pytest.fixture
def buildx(docker: Docker, tmp_path: Path) -> Iterator[Buildx]:
    """Builds with the shared engine; images that a test makes go with it."""
    client = Docker(buildx_client(docker.host, tmp_path / "config", 26))
    before = set(docker("images", "-aq", "--no-trunc").split())
    yield Buildx(client, tmp_path)
    made = set(docker("images", "-aq", "--no-trunc").split()) - before
    if made:
        docker.result("rmi", "-f", *made)


TWO_STAGES = """\
FROM busybox AS one
RUN echo hello && echo bad >&2
COPY a.txt sub /dst/
FROM one
WORKDIR /w
ENV A=b
CMD ["cat", "/dst/a.txt"]
"""


@pytest.mark.row("K8")
def test_a_build_is_shown_and_loaded(buildx, docker, tmp_path):
    metadata, id_file = tmp_path / "metadata", tmp_path / "id"
    done = buildx.result(
        TWO_STAGES, {"a.txt": "hi\n", "sub/x": "x", "ignored": "no", ".dockerignore": "ignored\n"},
        "-t", "bx:1", "-t", "bx:2", f"--metadata-file={metadata}", f"--iidfile={id_file}",
    )  # fmt: skip
    assert done.code == 0, done.err
    shown = [line.partition(" ")[2] for line in done.err.splitlines() if line.startswith("#")]
    for name in (
        "[internal] load build definition from Dockerfile",
        "[internal] load metadata for docker.io/library/busybox:latest",
        "[internal] load .dockerignore", "[internal] load build context",
        "[one 1/3] FROM docker.io/library/busybox:latest",
        "[one 2/3] RUN echo hello && echo bad >&2", "[one 3/3] COPY a.txt sub /dst/", "[stage-1 1/1] WORKDIR /w",
        "exporting to image",
    ):  # fmt: skip
        assert name in shown, done.err
    said = [line.partition(" ")[2] for line in shown if line[:1].isdigit()]
    assert {"hello", "bad"} <= set(said)
    image = docker.inspect("bx:1", "--type", "image")
    told = json.loads(metadata.read_text())
    assert image["Id"] == id_file.read_text() == told["containerimage.config.digest"]
    # buildx asks for a short provenance, so that the image is an index; its digest names the image, too
    assert docker.inspect(told["containerimage.digest"], "--type", "image")["Id"] == image["Id"]
    assert sorted(image["RepoTags"]) == ["bx:1", "bx:2"]
    assert (image["Config"]["WorkingDir"], image["Config"]["Env"][-1]) == ("/w", "A=b")
    assert docker("run", "--rm", "bx:1") == "hi"
    history = [
        line.split("\t")
        for line in docker("history", "--format", "{{.CreatedBy}}\t{{.Comment}}", "--no-trunc", "bx:1").splitlines()
    ]
    assert history[0] == ['CMD ["cat" "/dst/a.txt"]', "buildkit.dockerfile.v0"]
    assert history[4] == ["RUN /bin/sh -c echo hello && echo bad >&2 # buildkit", "buildkit.dockerfile.v0"]


def test_a_second_build_takes_everything_from_the_cache(buildx):
    files = {"a.txt": "hi\n", "sub/x": "x"}
    first = buildx(TWO_STAGES, files)
    done = buildx.result(TWO_STAGES, files)
    for step in ("[one 2/3] RUN", "[one 3/3] COPY", "[stage-1 1/1] WORKDIR"):
        number = next(line.split()[0] for line in done.err.splitlines() if step in line)
        assert f"{number} CACHED" in done.err
    assert buildx(TWO_STAGES, files) == first


def test_a_failing_step_shows_its_lines(buildx):
    done = buildx.result("FROM busybox\n\nRUN echo before; exit 7\n")
    assert done.code == 1
    assert 'process "/bin/sh -c echo before; exit 7" did not complete successfully: exit code: 7' in done.err
    assert "   3 | >>> RUN echo before; exit 7" in done.err
