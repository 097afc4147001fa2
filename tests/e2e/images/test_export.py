"""`docker export`, `docker import`, `docker commit`."""

import io
import os
import subprocess
import tarfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.support.client import Docker


@pytest.fixture
def changed(docker: Docker) -> Iterator[str]:
    """An exited container with a new file, and one less."""
    container = docker(
        "run", "-d", "-e", "A=1", "busybox", "sh", "-c", "echo new > /new; chmod 640 /new; rm /etc/group"
    )
    docker("wait", container)
    yield container


@pytest.mark.row("C7")
def test_export_gives_the_merged_file_system(docker: Docker, changed: str, tmp_path: Path) -> None:
    docker("export", "-o", str(tmp_path / "root.tar"), changed)
    with tarfile.open(tmp_path / "root.tar") as archive:
        members = {member.name.removeprefix("./").rstrip("/"): member for member in archive.getmembers()}
        assert {"bin/busybox", "etc/passwd", "new"} <= set(members)
        assert "etc/group" not in members
        assert not [name for name in members if ".wh." in name]
        assert members["new"].mode & 0o7777 == 0o640
        assert members["bin/sh"].linkname == "busybox"
        assert (archive.extractfile(members["new"]) or io.BytesIO()).read() == b"new\n"
    assert len(docker.raw("export", changed)) == (tmp_path / "root.tar").stat().st_size


@pytest.mark.row("C3", "C7")
def test_import_makes_an_image_of_one_layer_with_an_id_of_its_own(docker: Docker, changed: str, tmp_path: Path) -> None:
    docker("export", "-o", str(tmp_path / "root.tar"), changed)
    changes = ("-c", 'CMD ["cat", "/new"]', "-c", "ENV B=2", "-m", "brought in")
    identity = docker("import", *changes, str(tmp_path / "root.tar"), "imported:1")
    try:
        assert identity.startswith("sha256:")
        shown = docker.inspect("imported:1", "--type", "image")
        assert shown["Id"] == identity != docker.field("busybox", "{{.Id}}")
        assert len(shown["RootFS"]["Layers"]) == 1
        assert shown["Config"]["Env"] == ["B=2"]
        assert docker("run", "--rm", "imported:1") == "new"
        assert "brought in" in docker("history", "imported:1")
        assert docker.result("run", "--rm", "imported:1", "cat", "/etc/group").code == 1
    finally:
        docker("rmi", "-f", "imported:1")


@pytest.mark.row("C7")
def test_import_from_standard_input(docker: Docker, changed: str) -> None:
    identity = docker("import", "-", stdin=docker.raw("export", changed))
    try:
        assert docker("run", "--rm", identity, "cat", "/new") == "new"
    finally:
        docker("rmi", "-f", identity)


@pytest.mark.row("K11")
def test_commit_makes_a_child_image(docker: Docker, changed: str) -> None:
    identity = docker("commit", "-a", "me", "-m", "why", "-c", "WORKDIR /tmp", changed, "committed:1")
    try:
        shown = docker.inspect("committed:1", "--type", "image")
        assert (shown["Id"], shown["Author"], shown["Comment"]) == (identity, "me", "why")
        assert shown["Config"]["WorkingDir"] == "/tmp"
        assert "A=1" in shown["Config"]["Env"]
        layers = docker.inspect("busybox", "--type", "image")["RootFS"]["Layers"]
        assert shown["RootFS"]["Layers"][:-1] == layers
        assert docker("run", "--rm", "committed:1", "sh", "-c", "cat /new; pwd") == "new\n/tmp"
        assert docker.result("run", "--rm", "committed:1", "cat", "/etc/group").code == 1
    finally:
        docker("rmi", "-f", "committed:1")


def test_export_of_an_image_is_refused(docker: Docker, tmp_path: Path) -> None:
    result = docker.result("export", "-o", str(tmp_path / "x.tar"), "busybox")
    assert result.code == 1


def test_exports_that_nobody_reads_keep_nobody_waiting(docker: Docker) -> None:
    big = docker("run", "-d", "busybox", "sh", "-c", "dd if=/dev/zero of=/big bs=1M count=64 2>/dev/null")
    docker("wait", big)
    stalled = [docker.start("export", big, stderr=subprocess.DEVNULL) for _ in range((os.cpu_count() or 1) + 5)]
    try:
        for export in stalled:
            assert export.stdout is not None
            assert export.stdout.read(1)
        assert docker("run", "--rm", "busybox", "echo", "served", timeout_seconds=20) == "served"
        assert docker("images", "-q", timeout_seconds=10)
    finally:
        for export in stalled:
            export.kill()
            export.communicate()
    docker("rm", big)
