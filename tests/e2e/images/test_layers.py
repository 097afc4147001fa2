"""Layers as archives: additions, changes and deletions, as other tools read them."""

import io
import json
import os
import subprocess
import tarfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.peers import program
from tests.support.client import Docker

CHANGES = """
echo new > /added
echo changed > /etc/passwd
rm /etc/group
rm -r /home && mkdir /home && echo fresh > /home/file
mkdir -p /deep/er && ln -s target /deep/link && ln /added /deep/hard && mkfifo /deep/pipe
chown 1:2 /deep/er && chmod 2750 /deep/er
"""


@pytest.fixture
def saved(docker: Docker, tmp_path: Path) -> Iterator[Path]:
    """A saved archive of an image whose top layer adds, changes and deletes."""
    container = docker("run", "-d", "busybox", "sh", "-ec", CHANGES)
    assert docker("wait", container) == "0"
    docker("commit", container, "changed:1")
    docker("save", "-o", str(tmp_path / "changed.tar"), "changed:1")
    yield tmp_path / "changed.tar"
    docker("rm", container)
    docker("rmi", "changed:1")


@pytest.mark.row("M1")
def test_the_top_layer_has_whiteouts_for_what_was_deleted(saved: Path) -> None:
    with tarfile.open(saved) as archive:
        [manifest] = json.load(archive.extractfile("manifest.json") or io.BytesIO())
        content = archive.extractfile(manifest["Layers"][-1])
        with tarfile.open(fileobj=content) as top:
            members = {member.name.removeprefix("./").rstrip("/"): member for member in top.getmembers()}
    assert "etc/.wh.group" in members
    assert members["etc/.wh.group"].size == 0
    assert {"added", "etc/passwd", "home/file", "deep/link", "deep/pipe"} <= set(members)
    # a folder made anew hides the one below it
    assert "home/.wh..wh..opq" in members
    assert "bin/busybox" not in members
    assert members["deep/link"].linkname == "target"
    hard = [members[name] for name in ("added", "deep/hard")]
    assert sorted(member.islnk() for member in hard) == [False, True]
    folder = members["deep/er"]
    assert (folder.uid, folder.gid, folder.mode & 0o7777) == (1, 2, 0o2750)


@pytest.mark.row("M1")
def test_umoci_unpacks_it_to_the_same_tree(saved: Path, docker: Docker, tmp_path: Path) -> None:
    program("skopeo").run("copy", f"docker-archive:{saved}", f"oci:{tmp_path}/layout:changed")
    program("umoci").run("unpack", "--image", f"{tmp_path}/layout:changed", str(tmp_path / "bundle"))
    root = tmp_path / "bundle" / "rootfs"
    export = tmp_path / "export"
    export.mkdir()
    container = docker("create", "changed:1")
    docker("export", "-o", str(tmp_path / "export.tar"), container)
    docker("rm", container)
    subprocess.run(["tar", "-C", str(export), "-xpf", str(tmp_path / "export.tar")], check=True)
    assert tree(root) == tree(export)
    assert not (root / "etc" / "group").exists()


def tree(root: Path) -> dict[str, tuple[int, int, int, str]]:
    """Path → mode, owner, group, content or target; without what an engine puts in for itself."""
    found = {}
    for folder, folders, files in os.walk(root):
        for name in (*folders, *files):
            path = Path(folder, name)
            relative = str(path.relative_to(root))
            if relative.split("/")[0] in ("dev", "proc", "sys", ".dockerenv") or relative in PLACEHOLDERS:
                continue
            status = path.lstat()
            text = str(path.readlink()) if path.is_symlink() else path.read_text("latin1") if path.is_file() else ""
            found[relative] = (status.st_mode, status.st_uid, status.st_gid, text)
    return found


PLACEHOLDERS = {"etc/hosts", "etc/hostname", "etc/resolv.conf", "etc/mtab"}
