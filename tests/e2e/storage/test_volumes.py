"""Bind mounts, named and anonymous volumes, tmpfs."""

from pathlib import Path

import pytest
from tests.support.client import Docker


def test_a_bind_mount_shows_the_hosts_files(docker: Docker, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("of the host\n")
    assert docker("run", "--rm", "-v", f"{tmp_path}:/data", "busybox", "cat", "/data/file") == "of the host"
    docker("run", "--rm", "-v", f"{tmp_path}:/data", "busybox", "sh", "-c", "echo inside > /data/new")
    assert (tmp_path / "new").read_text() == "inside\n"
    result = docker.result("run", "--rm", "-v", f"{tmp_path}:/data:ro", "busybox", "touch", "/data/x")
    assert "Read-only file system" in result.err
    result = docker.result("run", "--rm", "--mount", "type=bind,src=/no/such/folder,dst=/data", "busybox", "true")
    assert result.code == 125
    assert "bind source path does not exist: /no/such/folder" in result.err


def test_a_single_file_can_be_bound(docker: Docker, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("one file\n")
    assert docker("run", "--rm", "-v", f"{tmp_path}/file:/etc/motd", "busybox", "cat", "/etc/motd") == "one file"


@pytest.mark.row("F6")
def test_a_named_volume_outlives_containers_and_is_shared(docker: Docker) -> None:
    docker("run", "--rm", "-v", "named:/data", "busybox", "sh", "-c", "echo kept > /data/file")
    assert docker("run", "--rm", "-v", "named:/elsewhere", "busybox", "cat", "/elsewhere/file") == "kept"
    point = Path(docker("volume", "inspect", "-f", "{{.Mountpoint}}", "named"))
    assert (point / "file").read_text() == "kept\n"
    assert docker("volume", "ls", "-q", "--filter", "name=named") == "named"
    writer = docker("run", "-d", "-v", "named:/data", "busybox", "sleep", "1000")
    docker("exec", writer, "sh", "-c", "echo both > /data/both")
    assert docker("run", "--rm", "-v", "named:/data:ro", "busybox", "cat", "/data/both") == "both"
    docker("rm", "-f", writer)
    container = docker("create", "-v", "named:/data", "busybox")
    assert "volume is in use" in docker.result("volume", "rm", "named").err
    docker("rm", container)
    assert docker("volume", "rm", "named") == "named"
    assert not point.exists()
    docker("volume", "create", "unused")
    assert "unused" in docker("volume", "prune", "--all", "--force")


def test_a_new_volume_gets_the_images_content(docker: Docker) -> None:
    names = docker("run", "--rm", "-v", "fresh:/etc", "busybox", "ls", "/etc").split()
    assert {"passwd", "group"} <= set(names)
    shown = docker("run", "--rm", "-v", "fresh:/data", "busybox", "stat", "-c", "%a", "/data/shadow")
    assert shown == "640"
    # and only a new one: what is deleted stays so
    docker("run", "--rm", "-v", "fresh:/data", "busybox", "rm", "/data/group")
    assert "group" not in docker("run", "--rm", "-v", "fresh:/etc", "busybox", "ls", "/etc").split()


def test_tmpfs(docker: Docker) -> None:
    shown = docker(
        "run", "--rm", "--tmpfs", "/scratch:size=1m,mode=700", "busybox", "grep", " /scratch ", "/proc/mounts"
    )
    assert shown.split()[2] == "tmpfs"
    assert {"size=1024k", "mode=700", "nosuid", "nodev", "noexec"} <= set(shown.split()[3].split(","))


def test_mounts_are_told_by_inspect(docker: Docker, tmp_path: Path) -> None:
    container = docker("create", "-v", "named:/v", "-v", f"{tmp_path}:/b:ro", "-v", "/a", "busybox")
    mounts = {mount["Destination"]: mount for mount in docker.inspect(container)["Mounts"]}
    assert (mounts["/v"]["Type"], mounts["/v"]["Name"], mounts["/v"]["Driver"], mounts["/v"]["RW"]) == (
        "volume",
        "named",
        "local",
        True,
    )
    assert (mounts["/b"]["Type"], mounts["/b"]["Source"], mounts["/b"]["RW"]) == ("bind", str(tmp_path), False)
    assert len(mounts["/a"]["Name"]) == 64
    docker("rm", "-v", container)
    assert docker("volume", "ls", "-q") == "named"


@pytest.mark.parametrize("name", ["-x", "a/b", "ä"])
def test_names_of_volumes_have_a_grammar(docker: Docker, name: str) -> None:
    result = docker.result("volume", "create", "--name", name)
    assert result.code != 0
    assert "includes invalid characters for a local volume name" in result.err


def test_volumes_are_taken_over_from_other_containers(docker: Docker, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("of the host")
    docker("create", "--name", "first", "-v", "/data", "-v", "kept:/kept", "-v", f"{tmp_path}:/host:ro", "busybox")
    docker("run", "--rm", "--volumes-from", "first", "busybox", "sh", "-c", "echo one > /data/x; echo two > /kept/y")
    script = "cat /data/x /kept/y /host/file; touch /data/z"
    result = docker.result("run", "--name", "second", "--volumes-from", "first:ro", "busybox", "sh", "-c", script)
    assert result.out == "one\ntwo\nof the host"
    assert "Read-only file system" in result.err
    docker("rm", "-v", "first")  # the anonymous volume is still the second's
    assert len(docker("volume", "ls", "-q").split()) == 2
    docker("rm", "-v", "second")
    assert docker("volume", "ls", "-q") == "kept"
