"""Builds from a program: secrets, SSH agents, contexts, outputs. The oracle is Docker's own BuildKit."""

import io
import os
import socket
import subprocess
import tarfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from dockyard.client.build.failure import BuildFailed, excerpt
from dockyard.client.build.request import Agent, Output, Secret
from dockyard.errors import DockyardError, InvalidParameter, NotFound

QUIET = {"network": "none"}


@pytest.mark.row("X12")
def test_secrets_from_a_program(sessions, tmp_path):
    (tmp_path / "file").write_bytes(b"from a file\n")
    folder = sessions.context(
        "FROM busybox\n"
        "RUN --mount=type=secret,id=data cp /run/secrets/data /data\n"
        "RUN --mount=type=secret,id=file,target=/deep/er/x,mode=0440,uid=7,gid=8"
        " stat -c '%a %u %g' /deep/er/x >/status && cp /deep/er/x /file\n"
        "RUN --mount=type=secret,id=env,target=/env.txt cp /env.txt /env\n"
        "RUN --mount=type=secret,id=missing test ! -e /run/secrets/missing\n"
    )
    secrets = [Secret("data", data=b"\x00\xff data"), Secret("file", str(tmp_path / "file")), Secret("env", env="MINE")]
    environment = {**os.environ, "MINE": "from the environment"}
    image = sessions.client.build(
        str(folder), secrets=secrets, environment=environment, no_cache=True, **QUIET
    ).image_id
    assert sessions.docker.raw("run", "--rm", "--network", "none", image, "cat", "/data") == b"\x00\xff data"
    assert sessions.run(image, "cat", "/file", "/env") == "from a file\nfrom the environment"
    assert sessions.run(image, "cat", "/status") == "440 7 8"


@pytest.mark.dockyard_only
def test_a_secret_as_a_variable(sessions):
    """Newer than Docker 26."""
    folder = sessions.context("FROM busybox\nRUN --mount=type=secret,id=env,env=TOKEN echo $TOKEN >/env\n")
    if sessions.is_oracle:
        pytest.skip("Docker 26 doesn't know env=")
    image = sessions.client.build(str(folder), secrets={"env": "a value"}, **QUIET).image_id
    assert sessions.run(image, "cat", "/env") == "a value"


def test_a_secret_that_is_required_and_missing(sessions):
    folder = sessions.context("FROM busybox\nRUN --mount=type=secret,id=gone,required=true true\n")
    with pytest.raises(BuildFailed, match="secret gone: not found"):
        sessions.client.build(str(folder), **QUIET)
    with pytest.raises(NotFound, match="no such file"):
        sessions.client.build(str(folder), secrets=[Secret("gone", "/nonexistent")], **QUIET)
    with pytest.raises(InvalidParameter, match="too big"):
        (folder / "large").write_bytes(bytes(600_000))
        sessions.client.build(str(folder), secrets=[Secret("gone", str(folder / "large"))], **QUIET)


@pytest.fixture
def agent(tmp_path: Path) -> Iterator[dict[str, str]]:
    """A real ssh-agent with one key; the environment in which it is found, and its public key as KEY."""
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "me", "-f", tmp_path / "key"], check=True)
    process = subprocess.Popen(["ssh-agent", "-D", "-a", tmp_path / "agent"], stdout=subprocess.DEVNULL)
    environment = {**os.environ, "SSH_AUTH_SOCK": str(tmp_path / "agent")}
    with socket.socket(socket.AF_UNIX) as one:
        while one.connect_ex(str(tmp_path / "agent")):
            assert process.poll() is None
    subprocess.run(["ssh-add", "-q", tmp_path / "key"], check=True, env=environment, stderr=subprocess.DEVNULL)
    yield {**environment, "KEY": (tmp_path / "key.pub").read_text().split()[1], "PRIVATE": str(tmp_path / "key")}
    process.terminate()
    process.wait(10)


@pytest.mark.row("X12")
def test_an_agent_is_forwarded_and_keeps_its_keys(sessions, agent, client_image):
    folder = sessions.context(client_image.dockerfile, client_image.files)
    image = sessions.client.build(str(folder), ssh=["default"], environment=agent, no_cache=True, **QUIET).image_id
    assert sessions.run(image, "cat", "/keys").split() == ["12", agent["KEY"]]
    assert sessions.run(image, "cat", "/forget") == "5"  # failure: a build may not
    listed = subprocess.run(["ssh-add", "-L"], env=agent, capture_output=True, text=True, check=True).stdout
    assert agent["KEY"] in listed


def test_keys_without_an_agent_of_the_users(sessions, agent, client_image):
    folder = sessions.context(client_image.dockerfile, client_image.files)
    ssh = [Agent(paths=(agent["PRIVATE"],))]
    image = sessions.client.build(str(folder), ssh=ssh, no_cache=True, **QUIET).image_id
    assert sessions.run(image, "cat", "/keys").split() == ["12", agent["KEY"]]


def test_agents_that_are_not_there(sessions):
    folder = sessions.context('FROM busybox\nRUN --mount=type=ssh test -z "$SSH_AUTH_SOCK"\n')
    with pytest.raises(InvalidParameter, match="SSH_AUTH_SOCK"):
        sessions.client.build(str(folder), ssh=["default"], environment={}, **QUIET)
    with pytest.raises(NotFound):
        sessions.client.build(str(folder), ssh=["default=/nonexistent"], **QUIET)
    folder = sessions.context("FROM busybox\nRUN --mount=type=ssh,required=true true\n")
    with pytest.raises(BuildFailed):
        sessions.client.build(str(folder), **QUIET)


def test_contexts_and_their_ignore_files(sessions, tmp_path):
    other = tmp_path / "other"
    other.mkdir()
    (other / "o").write_text("of another context")
    (other / "left out").write_text("no")
    (other / ".dockerignore").write_text("left*\n")
    folder = sessions.context(
        "FROM busybox AS base\nCOPY . /c\nCOPY --from=other . /o\nCOPY --from=name /bin/busybox /b\n",
        {"a": "1", "d/keep": "2", "d/drop": "3", ".dockerignore": "d\n!d/keep\n", "\u00fcml\u00e4ut": "4"},
    )
    contexts = {"other": str(other), "name": "docker-image://busybox"}
    image = sessions.client.build(str(folder), build_contexts=contexts, **QUIET).image_id
    found = sessions.run(image, "sh", "-c", "cd /c && find . -type f; ls /o; cat /o/o; ls /b").split("\n")
    assert sorted(found) == sorted(
        ["./.dockerignore", "./Dockerfile", "./a", "./d/keep", "./\u00fcml\u00e4ut", "o", "of another context/b"]
    )


def test_a_context_is_sent_once(sessions):
    """The second time nothing but what has changed."""
    folder = sessions.context("FROM busybox\nCOPY . /c\n", {f"f{number}": "x" * 1000 for number in range(50)})
    amounts = []

    def progress(update):
        amounts.extend(one.current for one in update.amounts if one.id.startswith("transferring context"))

    sessions.client.build(str(folder), progress=progress, **QUIET)
    assert max(amounts) > 50_000
    amounts.clear()
    (folder / "f7").write_text("y" * 1000)
    image = sessions.client.build(str(folder), progress=progress, **QUIET).image_id
    assert max(amounts) < 20_000
    assert sessions.run(image, "cat", "/c/f7") == "y" * 1000


def test_results_as_files(sessions, tmp_path):
    folder = sessions.context("FROM scratch\nCOPY --chown=7:8 --chmod=0640 a /d/a\nCOPY b /b\n", {"a": "A", "b": "B"})
    sessions.client.build(str(folder), outputs=[str(tmp_path / "out")])
    assert (tmp_path / "out" / "d" / "a").read_text() == "A"
    assert (tmp_path / "out" / "d" / "a").stat().st_mode & 0o777 == 0o640
    assert (tmp_path / "out" / "d" / "a").stat().st_uid == os.geteuid()
    assert sorted(os.listdir(tmp_path / "out")) == ["b", "d"]
    archive = bytearray()
    sessions.client.build(str(folder), outputs=[Output("tar", write=archive.extend)])
    with tarfile.open(fileobj=io.BytesIO(bytes(archive))) as read:
        assert {"b", "d/a"} <= {name.lstrip("./") for name in read.getnames()}
        assert read.extractfile(next(one for one in read if one.name.endswith("d/a"))).read() == b"A"
    sessions.client.build(str(folder), outputs=[f"type=tar,dest={tmp_path}/sub/x.tar"])
    with tarfile.open(tmp_path / "sub" / "x.tar") as read:
        assert any(name.endswith("b") for name in read.getnames())


def test_what_the_build_is_told(sessions):
    folder = sessions.context(
        'FROM busybox AS one\nARG A=default\nRUN echo "$A" >/a\nLABEL own=1\nFROM one AS two\nRUN echo two >/two\n'
    )
    built = sessions.client.build(
        str(folder), tags=["told:1", "told:2"], build_args={"A": "given"}, labels={"given": "2"}, target="one",
        add_hosts=["there:10.0.0.9"], shm_size=1 << 20, ulimits=("nofile=99:99",), **QUIET,
    )  # fmt: skip
    assert sessions.run("told:2", "cat", "/a") == "given"
    assert sessions.docker.inspect("told:1", "--type", "image")["Config"]["Labels"] == {"given": "2", "own": "1"}
    assert built.image_id.startswith("sha256:")
    assert sessions.docker.result("run", "--rm", "--network", "none", "told:1", "ls", "/two").code != 0


def test_a_failing_step_names_its_line(sessions):
    folder = sessions.context("FROM busybox\nRUN true\nRUN echo going down; exit 7\nRUN true\n")
    written = []
    with pytest.raises(BuildFailed, match="did not complete successfully: exit code: 7") as caught:
        sessions.client.build(
            str(folder), progress=lambda update: written.extend(one.data for one in update.written), **QUIET
        )
    assert b"going down" in b"".join(written)
    text = excerpt(caught.value.sources[0])
    assert text.startswith("Dockerfile:3\n")
    assert "   3 | >>> RUN echo going down; exit 7\n" in text


@pytest.mark.parametrize(
    ("dockerfile", "line"),
    [("FROM busybox\nRUNN true\n", 2), ("FROM busybox\nCOPY gone /\n", 2), ("FROM busybox\nCOPY --from=no a /\n", 2)],
)
def test_errors_of_the_dockerfile(sessions, dockerfile, line):
    with pytest.raises(BuildFailed) as caught:
        sessions.client.build(str(sessions.context(dockerfile)), **QUIET)
    if caught.value.sources:
        assert caught.value.sources[0].ranges[0][0][0] == line
    else:
        assert "--from=no" in dockerfile or "no" in caught.value.message


def test_dockerfiles_and_contexts_from_elsewhere(sessions, tmp_path):
    folder = sessions.context("FROM scratch\n", {"a": "1"})
    (tmp_path / "other.dockerfile").write_text("FROM busybox\nCOPY a /a\n")
    image = sessions.client.build(str(folder), dockerfile=str(tmp_path / "other.dockerfile"), **QUIET).image_id
    assert sessions.run(image, "cat", "/a") == "1"
    text = io.BytesIO(b"FROM busybox\nCOPY a /b\n")
    image = sessions.client.build(str(folder), dockerfile="-", stdin=text.read, **QUIET).image_id
    assert sessions.run(image, "cat", "/b") == "1"
    archive = io.BytesIO()
    with tarfile.open(fileobj=archive, mode="w:gz") as tar:
        for name, data in {"Dockerfile": b"FROM busybox\nCOPY x /x\n", "x": b"in an archive"}.items():
            member = tarfile.TarInfo(name)
            member.size = len(data)
            tar.addfile(member, io.BytesIO(data))
    archive.seek(0)
    image = sessions.client.build("-", stdin=archive.read, **QUIET).image_id
    assert sessions.run(image, "cat", "/x") == "in an archive"
    image = sessions.client.build("-", stdin=io.BytesIO(b"FROM busybox\nRUN echo 3 >/y\n").read, **QUIET).image_id
    assert sessions.run(image, "cat", "/y") == "3"


def test_questions_instead_of_builds(sessions):
    folder = sessions.context("FROM busybox as x\nMAINTAINER me\n")
    called = sessions.client.build(str(folder), call="outline").called
    assert b"TARGET" in called["result.txt"]
    called = sessions.client.build(str(folder), call="targets").called
    assert b"x" in called["result.txt"]


def test_a_client_that_goes_cancels_the_build(sessions):
    folder = sessions.context("FROM busybox\nRUN sleep 3600\n")
    seen = []

    class GoneError(Exception):
        pass

    def progress(update):
        seen.extend(step.name for step in update.steps if step.started_ns and "sleep" in step.name)
        if seen:
            raise GoneError

    with pytest.raises((GoneError, DockyardError)):
        sessions.client.build(str(folder), progress=progress, no_cache=True, **QUIET)
    again = sessions.context("FROM busybox\nRUN echo next >/n\n")
    assert sessions.client.build(str(again), **QUIET).image_id
