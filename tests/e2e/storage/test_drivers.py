"""A second storage driver: the same commands on a daemon with `--storage-driver vfs`."""

from collections.abc import Callable
from pathlib import Path

import pytest
from tests.support.engine import Engine


@pytest.mark.dockyard_only
@pytest.mark.row("F5")
def test_vfs(make_engine: Callable[..., Engine], tmp_path: Path) -> None:
    docker = make_engine("--storage-driver", "vfs").docker
    assert docker("info", "--format", "{{.Driver}}") == "vfs"
    container = docker("run", "-d", "-v", "kept:/data", "busybox", "sh", "-c", "echo new > /etc/motd; sleep 1000")
    docker("exec", container, "rm", "/etc/group")
    assert docker("diff", container).split("\n") == ["A /data", "C /etc", "D /etc/group", "A /etc/motd"]
    docker("commit", container, "changed:1")
    docker("save", "-o", str(tmp_path / "image.tar"), "changed:1")
    docker("rm", "-f", container)
    docker("rmi", "changed:1")
    docker("load", "-i", str(tmp_path / "image.tar"))
    assert docker("run", "--rm", "changed:1", "cat", "/etc/motd") == "new"
    assert docker.result("run", "--rm", "changed:1", "cat", "/etc/group").code == 1
    assert docker("run", "--rm", "busybox", "ls", "/etc/group") == "/etc/group"
