"""Builds by real buildx (Debian 13's 0.13) with its `docker` driver: what it shows, and what comes out."""

import hashlib
import io
import json
import os
import tarfile
from pathlib import Path

import pytest
from tests.peers.buildx import buildx_client
from tests.peers.docker import debian_client
from tests.support.client import Docker

pytestmark = [pytest.mark.peer("buildx", "docker-26"), pytest.mark.dockyard_only]


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


def test_a_dockerfile_tells_of_itself(buildx):
    dockerfile = (
        "# syntax of X\nFROM busybox AS a\n# X is a number\nARG X=1\nRUN --mount=type=secret,id=s true\nfrom a\nCMD x\n"
    )
    context = buildx.context({"Dockerfile": dockerfile})
    client = buildx.docker.client
    newer = Docker(client._replace(environment={**(client.environment or {}), "BUILDX_EXPERIMENTAL": "1"}))
    outline = newer("buildx", "build", "--print=outline,format=json", str(context))
    told = json.loads(outline)
    assert told["args"] == [
        {
            "name": "X",
            "description": "is a number",
            "value": "1",
            "location": {"ranges": [{"start": {"line": 4}, "end": {"line": 4}}]},
        }
    ]
    assert told["secrets"][0]["name"] == "s"
    targets = json.loads(newer("buildx", "build", "--print=targets,format=json", str(context)))["targets"]
    assert [(one.get("name"), one["base"], one.get("default")) for one in targets] == [
        ("a", "busybox", None),
        (None, "a", True),
    ]


def test_the_cache_is_shown_and_pruned(buildx):
    buildx("FROM busybox\nCOPY a /\nRUN --mount=type=cache,target=/c echo kept > /c/x\n", {"a": "a"})
    shown = buildx.docker("buildx", "du", "--verbose")
    for text in ("Type:\t\tsource.local", "Type:\t\texec.cachemount", "Type:\t\tregular", "Description:\tCOPY a /"):
        assert text in shown, shown
    pruned = buildx.docker("buildx", "prune", "-f", "--filter", "type=source.local")
    assert "Total:" in pruned
    assert "source.local" not in buildx.docker("buildx", "du", "--verbose")
    assert "exec.cachemount" in buildx.docker("buildx", "du", "--verbose")


def test_workers_are_shown(buildx):
    assert "running" in buildx.docker("buildx", "ls")
    assert "linux/amd64" in buildx.docker("buildx", "inspect")


def test_named_contexts(buildx, docker):
    other = buildx.context({"f": "from a folder", ".dockerignore": "hidden", "hidden": "x"})
    image = buildx(
        "FROM base\nCOPY --from=src / /src/\nRUN --mount=type=bind,from=src,target=/m cp /m/f /copied\n"
        "FROM src AS files\n"
        "FROM base\nCOPY --from=0 / /\nCOPY --from=files f /from-stage\n",
        {},
        "--build-context=base=docker-image://busybox",
        f"--build-context=src={other}",
    )
    assert docker("run", "--rm", image, "cat", "/copied", "/from-stage", "/src/f") == "from a folder" * 3
    assert docker("run", "--rm", image, "ls", "/src") == "f"


def test_secrets_are_seen_and_left_nowhere(buildx, docker, tmp_path):
    (tmp_path / "token").write_text("hunter2-from-a-file")
    image = buildx(
        "FROM busybox\nRUN --mount=type=secret,id=a cat /run/secrets/a | md5sum > /sum\n",
        {},
        f"--secret=id=a,src={tmp_path / 'token'}",
    )
    digest = hashlib.md5(b"hunter2-from-a-file").hexdigest()
    assert docker("run", "--rm", image, "cat", "/sum").startswith(digest)
    assert "hunter2" not in docker("history", "--no-trunc", image) + json.dumps(docker.inspect(image))


def test_host_network_must_be_allowed(buildx):
    dockerfile = "FROM busybox\nRUN --network=host true\n"
    refused = buildx.result(dockerfile)
    assert refused.code == 1
    assert "network.host is not allowed" in refused.err
    assert buildx.result(dockerfile, {}, "--allow=network.host").code == 0
    insecure = buildx.result("FROM busybox\nRUN true\n", {}, "--allow=security.insecure")
    assert "granting entitlement security.insecure is not allowed by build daemon configuration" in insecure.err


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--target=none",), 'target stage "none" could not be found'),
        (("-f", "missing"), "no such file or directory"),
        (("--build-arg=BUILDKIT_SYNTAX=me/own:1",), "frontend me/own:1 can't be run"),
    ],
)
def test_what_is_wrong_is_said(buildx, arguments, said):
    done = buildx.result("FROM busybox\n", {}, *arguments)
    assert done.code == 1
    assert said in done.err


def test_a_context_from_standard_input(buildx, docker):
    folder = buildx.context({"Dockerfile": "FROM busybox\nCOPY a /a\n", "a": "streamed"})
    packed = tarfile_of(folder)
    done = buildx.docker.result("buildx", "build", "-q", "-", stdin=packed)
    assert done.code == 0, done.err
    assert docker("run", "--rm", done.out.strip(), "cat", "/a") == "streamed"
    done = buildx.docker.result("buildx", "build", "-q", "-", stdin="FROM busybox\nRUN echo alone > /b\n")
    assert done.code == 0, done.err
    assert docker("run", "--rm", done.out.strip(), "cat", "/b") == "alone"


def tarfile_of(folder: Path) -> bytes:
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w", format=tarfile.GNU_FORMAT) as archive:
        archive.add(folder, ".")
    return packed.getvalue()


@pytest.mark.row("L6")
def test_compose_builds(buildx, docker, tmp_path):
    project = tmp_path / f"p{os.getpid()}"
    (project / "web").mkdir(parents=True)
    (project / "token").write_text("s3cret")
    (project / "web" / "Dockerfile").write_text(
        "FROM busybox\nARG X\nRUN --mount=type=secret,id=t"
        " test $(cat /run/secrets/t) = s3cret && echo $X > /x\nCMD cat /x\n"
    )
    (project / "compose.yaml").write_text(
        "services:\n  web:\n    build: {context: web, args: {X: '5'}, secrets: [t], labels: {a: b}}\n"
        "    network_mode: none\n"
        "secrets:\n  t: {file: ./token}\n"
    )
    compose = ("compose", "-f", str(project / "compose.yaml"))
    done = buildx.docker.result(*compose, "--progress=plain", "up", "--build", timeout_seconds=100)
    try:
        assert done.code == 0, done.out + done.err
        assert "| 5" in done.out
        assert docker.inspect(f"{project.name}-web", "--type", "image")["Config"]["Labels"]["a"] == "b"
    finally:
        buildx.docker.result(*compose, "down", "--rmi", "all")


def test_an_old_client_builds_with_it(buildx, docker, tmp_path):
    """Docker's client of Debian 12 has BuildKit's in itself, and uses it where the daemon says version 2."""
    folder = buildx.context(
        {"Dockerfile": "FROM busybox\nCOPY a /a\nRUN --mount=type=secret,id=s cat /run/secrets/s > /b\n", "a": "1"}
    )
    (tmp_path / "s").write_text("2")
    arguments = ("build", "-t", "old-client:1", f"--secret=id=s,src={tmp_path / 's'}", str(folder))
    old = Docker(debian_client(docker.host))
    done = old.result(*arguments)
    assert done.code == 0, done.err
    assert "2/3] COPY a /a" in done.err
    assert docker("run", "--rm", "old-client:1", "cat", "/a", "/b") == "12"
    quiet = old.result("build", "-q", *arguments[1:])
    assert quiet.out.strip() == docker.inspect("old-client:1", "--type", "image")["Id"]
    failed = old.result("build", "-", stdin="FROM busybox\nRUN exit 5\n")
    assert failed.code == 1
    assert "exit code: 5" in failed.err


def test_an_oci_layout_is_a_context(buildx, docker, tmp_path):
    """What one build gives to a folder is what another stands on."""
    layout = tmp_path / "layout"
    done = buildx.result(
        "FROM busybox\nRUN echo from-a-layout > /made\nENV A=b\n", {}, f"--output=type=oci,dest={layout},tar=false"
    )
    assert done.code == 0, done.err
    again = buildx(
        "FROM base\nRUN cat /made > /seen && echo $A >> /seen\n", {}, f"--build-context=base=oci-layout://{layout}"
    )
    assert docker("run", "--rm", again, "cat", "/seen") == "from-a-layout\nb"


def test_the_remote_driver_builds_through_a_socket_of_its_own(make_engine, tmp_path):
    host = f"unix://{tmp_path}/kit.sock"
    engine = make_engine(f"--buildkit-host={host}")
    client = Docker(buildx_client(engine.docker.host, tmp_path / "config", 26))
    client("buildx", "create", "--name=far", "--driver=remote", host)
    folder = tmp_path / "context"
    folder.mkdir()
    (folder / "Dockerfile").write_text("FROM busybox\nCOPY a /a\nRUN cat /a > /b\n")
    (folder / "a").write_text("far away")
    out = tmp_path / "out"
    done = client.result("buildx", "build", "--builder=far", f"--output=type=local,dest={out}", str(folder))
    assert done.code == 0, done.err
    assert (out / "b").read_text() == "far away"
    assert oct((tmp_path / "kit.sock").stat().st_mode)[-3:] == "600"
