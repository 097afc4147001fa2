"""Hostile and odd contexts: nothing leads out, nothing fills the disk or takes the daemon down."""

import gzip
import io
import json
import os
import subprocess
import tarfile
import time
from pathlib import Path

import pytest
from tests.support.build import Builder
from tests.support.http import request
from tests.support.tarballs import directory, file, hardlink, info, symlink, tarball


def send(build: Builder, archive: bytes, query: str = "") -> tuple[int, str]:
    """Status and body of a build whose context is `archive`."""
    answer = request(
        build.docker.socket, "POST", f"/build?{query}", body=archive, headers={"Content-Type": "application/x-tar"}
    )
    return answer.status, answer.body.decode(errors="replace")


def built(body: str) -> str:
    """The image's id in the stream of a build."""
    found = [json.loads(line) for line in body.splitlines()]
    return next(line["aux"]["ID"] for line in reversed(found) if "aux" in line)


def test_links_out_of_the_context_lead_nowhere(build: Builder) -> None:
    Path("/tmp/outside-of-every-context").write_text("secret of the host")
    for target in ("/tmp/outside-of-every-context", "../" * 20 + "tmp/outside-of-every-context"):
        archive = tarball([file("Dockerfile", b"FROM busybox\nCOPY out /x\n"), symlink("out", target)])
        status, body = send(build, archive)
        assert "file does not exist" in body, (status, body)
    archive = tarball(
        [file("Dockerfile", b"FROM busybox\nCOPY d /d\n"), symlink("d/out", "/tmp/outside-of-every-context")]
    )
    image = built(send(build, archive)[1])
    assert build.docker.result("run", "--rm", image, "cat", "/d/out").code != 0
    os.unlink("/tmp/outside-of-every-context")


def test_links_in_the_image_lead_only_inside(build: Builder) -> None:
    host = build.home / "host"
    host.mkdir()
    links = f"ln -s {host} /out; ln -s ../../../../../.. /up"
    image = build(f"FROM busybox\nRUN {links}\nCOPY f /out/f\nCOPY f /up/g\n", {"f": "x"})
    assert os.listdir(host) == []
    assert not os.path.exists("/g")
    assert build.run(image, "cat", f"{host}/f", "/g") == "xx"


TRICKS = {
    "climbing names": [file("../../../escaped", b"x"), file("Dockerfile", b"FROM busybox\nCOPY . /c\n")],
    "absolute names": [file("/escaped", b"x"), file("/Dockerfile", b"FROM busybox\nCOPY . /c\n")],
    "a link and a name through it": [
        symlink("l", "/tmp"),
        file("l/escaped-by-link", b"x"),
        file("Dockerfile", b"FROM busybox\nCOPY . /c\n"),
    ],
    "the same name thrice": [
        directory("a"),
        file("a/b", b"1"),
        file("a", b"2"),
        file("Dockerfile", b"FROM busybox\nCOPY . /c\n"),
    ],
    "a hard link to a link": [
        symlink("l", "/etc/passwd"),
        hardlink("h", "l"),
        file("Dockerfile", b"FROM busybox\nCOPY h /h\n"),
    ],
    "links in a circle": [symlink("a", "b"), symlink("b", "a"), file("Dockerfile", b"FROM busybox\nCOPY a /c\n")],
    "devices": [
        info("null", tarfile.CHRTYPE, devmajor=1, devminor=3),
        info("pipe", tarfile.FIFOTYPE),
    ],
}


@pytest.mark.parametrize("name", TRICKS)
def test_tricks_end_inside_or_are_refused(build: Builder, name: str) -> None:
    entries = [one if isinstance(one, tuple) else (one, b"") for one in TRICKS[name]]
    if name == "devices":
        entries.append(file("Dockerfile", b"FROM busybox\nCOPY . /c\n"))
    status, body = send(build, tarball(entries))
    assert status in (200, 400, 500), body
    assert "Traceback" not in body
    for path in ("/escaped", "/tmp/escaped-by-link", "/tmp/escaped"):
        assert not os.path.lexists(path)
    assert request(build.docker.socket, "GET", "/_ping").status == 200


@pytest.mark.parametrize(
    ("archive", "message"),
    [
        (b"", "file with no"),
        (b"not an archive at all" * 100, "invalid tar header"),
        (tarball([file("a", b"x" * 5000)])[:3000], "unexpected EOF"),
        (gzip.compress(tarball([file("Dockerfile", b"FROM busybox\n")]))[:-30], ""),
        (tarball([directory("Dockerfile")]), "Dockerfile"),
        (tarball([file("x", b"")]), "Cannot locate specified Dockerfile: Dockerfile"),
        (tarball([file("Dockerfile", b"FROM busybox\n" + b"#" * (9 << 20))]), "larger than"),
        (tarball([symlink("Dockerfile", "/etc/passwd")]), "Cannot locate specified Dockerfile"),
    ],
    ids=["empty", "no archive", "cut", "cut gzip", "a folder", "none", "huge", "a link out"],
)
def test_contexts_without_a_dockerfile_that_can_be_read(build: Builder, archive: bytes, message: str) -> None:
    status, body = send(build, archive)
    assert status in (400, 500), body
    assert message in body or "Cannot locate specified Dockerfile" in body


def test_a_bomb_is_no_more_than_zeros(build: Builder) -> None:
    buffer = io.BytesIO()
    with gzip.GzipFile(fileobj=buffer, mode="wb", compresslevel=9) as packed:
        header = info("zeros", size=400 << 20)
        packed.write(tarball([file("Dockerfile", b"FROM busybox\nENV A=1\n")])[:1024])
        packed.write(header.tobuf())
        for _ in range(400):
            packed.write(bytes(1 << 20))
    assert len(buffer.getvalue()) < 1 << 20
    began = time.monotonic()
    status, body = send(build, buffer.getvalue())
    assert status == 200
    assert "Successfully built" in body
    assert time.monotonic() - began < 30


def test_odd_names(build: Builder) -> None:
    names = ["with space", "new\nline", "-flag", "ünï", "*", "a" * 255, "\x01"]
    archive = tarball(
        [
            *(file(f"d/{name}", name.encode()) for name in names),
            file("Dockerfile", b"FROM busybox\nCOPY d /d\nRUN find /d -type f -print0 | tr -dc '\\0' | wc -c\n"),
        ]
    )
    status, body = send(build, archive)
    assert status == 200
    assert '{"stream":"7\\n"}' in body


@pytest.mark.slow
def test_a_hundred_thousand_files(build: Builder) -> None:
    archive = tarball(
        [
            *(file(f"d{number % 300}/f{number}", b"x") for number in range(100_000)),
            file("Dockerfile", b"FROM busybox\nCOPY d7 /d7\nRUN ls /d7 | wc -l\n"),
        ]
    )
    began = time.monotonic()
    status, body = send(build, archive)
    assert status == 200
    assert "334\\n" in body
    assert time.monotonic() - began < 60


@pytest.mark.skipif(subprocess.run(["which", "git"], capture_output=True).returncode != 0, reason="needs git")
def test_a_repository_is_a_context(build: Builder) -> None:
    work, bare = build.home / "work", build.home / "repo.git"
    git = ["git", "-c", "user.name=t", "-c", "user.email=t@e", "-c", "protocol.file.allow=always"]
    (work / "sub").mkdir(parents=True)
    (work / "sub/Dockerfile").write_text("FROM busybox\nCOPY . /c\n")
    (work / "sub/f").write_text("from git")
    (work / "sub/ignored").write_text("x")
    (work / "sub/.dockerignore").write_text("ignored\n")
    subprocess.run([*git, "init", "-q", "-b", "main", str(work)], check=True)
    subprocess.run([*git, "add", "-A"], cwd=work, check=True)
    subprocess.run([*git, "commit", "-q", "-m", "1"], cwd=work, check=True)
    subprocess.run([*git, "clone", "-q", "--bare", str(work), str(bare)], check=True)
    subprocess.run([*git, "update-server-info"], cwd=bare, check=True)
    port = 20000 + os.getpid() % 20000
    address = (f"--base-path={build.home}", "--listen=127.0.0.1", f"--port={port}")
    server = subprocess.Popen(["git", "daemon", "--reuseaddr", "--export-all", *address], stderr=subprocess.DEVNULL)
    try:
        time.sleep(0.5)
        status, body = send(build, b"", f"remote=git://127.0.0.1:{port}/repo.git%23main:sub")
        assert status == 200, body
        assert build.run(built(body), "ls", "-A", "/c").split() == [".dockerignore", "Dockerfile", "f"]
    finally:
        server.terminate()
        server.wait()
