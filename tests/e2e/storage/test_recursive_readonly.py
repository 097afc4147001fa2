"""Read-only binds and what is mounted below them: read-only too since API 1.44, writable as ever before."""

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.support.client import Docker
from tests.support.http import request


@pytest.fixture
def tree(tmp_path: Path) -> Iterator[Path]:
    """A directory with a tmpfs mounted below it."""
    (tmp_path / "below").mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "tmpfs", tmp_path / "below"], check=True)
    yield tmp_path
    subprocess.run(["umount", "-l", tmp_path / "below"], check=True)


@pytest.mark.parametrize(("version", "written"), [("v1.43", True), ("v1.44", False)])
def test_what_a_read_only_bind_does_to_mounts_below(docker: Docker, tree: Path, version: str, written: bool) -> None:
    body = {"Image": "busybox", "Cmd": ["touch", "/b/below/x"], "HostConfig": {"Binds": [f"{tree}:/b:ro"]}}
    created = request(docker.socket, "POST", f"/{version}/containers/create", body)
    container = created.json()["Id"]
    docker("start", container)
    docker("wait", container)
    assert (tree / "below" / "x").exists() is written
    docker("rm", container)
