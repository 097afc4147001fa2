"""Copy on write: changes stay in the container's own layer."""

import os
import stat
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.peers.images import busybox_archive_files, directory, docker_archive, file, layer
from tests.support.client import Docker


@pytest.mark.row("F7")
def test_changes_are_seen_in_one_container_only(docker: Docker, sleeper: Callable[..., str]) -> None:
    one, two = sleeper(), sleeper()
    docker("exec", one, "sh", "-c", "echo changed > /etc/passwd; rm /etc/group; echo new > /new")
    assert docker("exec", one, "cat", "/etc/passwd") == "changed"
    for command in (["exec", two], ["run", "--rm", "busybox"]):
        assert docker(*command, "cat", "/etc/passwd").startswith("root:")
        assert docker(*command, "cat", "/etc/group").startswith("root:")
        assert docker.result(*command, "cat", "/new").code == 1


@pytest.mark.row("F7")
def test_diff_shows_added_changed_deleted(docker: Docker) -> None:
    container = docker(
        "run",
        "-d",
        "busybox",
        "sh",
        "-c",
        "echo x > /etc/passwd; rm /etc/group; mkdir /d; echo new > /d/new; sleep 1000",
    )
    while docker.result("exec", container, "test", "-e", "/d/new").code:
        pass
    assert sorted(docker("diff", container).splitlines()) == [
        "A /d",
        "A /d/new",
        "C /etc",
        "C /etc/passwd",
        "D /etc/group",
    ]
    upper = Path(docker.field(container, "{{.GraphDriver.Data.UpperDir}}"))
    whiteout = os.lstat(upper / "etc" / "group")
    assert stat.S_ISCHR(whiteout.st_mode)
    assert whiteout.st_rdev == os.makedev(0, 0)
    assert (upper / "etc" / "passwd").read_text() == "x\n"
    assert not (upper / "bin" / "busybox").exists()


@pytest.mark.row("F8")
def test_the_upper_layer_hides_the_lower(docker: Docker, tmp_path: Path) -> None:
    lower = layer(
        [*busybox_archive_files(), directory("d"), file("a", "lower\n"), file("b", "both\n"), file("d/x", "x\n")]
    )
    upper = layer(
        [file("a", "upper\n"), file(".wh.b", ""), directory("d"), file("d/.wh..wh..opq", ""), file("d/y", "y\n")]
    )
    docker_archive(tmp_path / "image.tar", "two-layers:latest", [lower, upper], {"Cmd": ["sh"]})
    docker("load", "-i", str(tmp_path / "image.tar"))
    try:
        assert docker("run", "--rm", "two-layers", "cat", "/a") == "upper"
        assert docker.result("run", "--rm", "two-layers", "cat", "/b").code == 1
        assert docker("run", "--rm", "two-layers", "ls", "/d") == "y"
    finally:
        docker("rmi", "-f", "two-layers")
