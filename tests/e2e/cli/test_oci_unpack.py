"""`dockyard oci unpack`: images of this engine as bundles. e2e/images/test_unpack.py has what one archive may hold."""

import json
import subprocess
from pathlib import Path

import pytest
from tests.peers import busybox_image, program
from tests.support.client import Docker
from tests.support.engine import PROGRAMS


def unpack(archive: Path, bundle: Path, *options: str) -> "subprocess.CompletedProcess[str]":
    command = [str(PROGRAMS / "dockyard"), "oci", "unpack", *options, str(archive), str(bundle)]
    return subprocess.run(command, capture_output=True, text=True, timeout=60)


@pytest.mark.row("M3")
def test_a_committed_image_among_several_becomes_a_bundle_that_runc_runs(docker: Docker, tmp_path: Path) -> None:
    changes = ['ENTRYPOINT ["/bin/sh","-c"]', 'CMD ["echo $WHO in $PWD as $(id -u)"]', "ENV WHO=me", "WORKDIR /tmp"]
    container = docker("run", "-d", "busybox", "sh", "-c", "rm /bin/vi; mkdir /new; echo x > /new/file; rm -r /var")
    docker("wait", container)
    flags = [word for change in [*changes, "USER 65534", "LABEL a=b"] for word in ("-c", change)]
    docker("commit", *flags, container, "unpacked:1")
    docker("tag", "busybox", "other:1")
    archive = tmp_path / "archive.tar"
    docker("save", "-o", str(archive), "unpacked:1", "other:1")
    docker("rmi", "-f", "unpacked:1", "other:1")
    refused = unpack(archive, tmp_path / "none")
    assert refused.returncode == 1
    assert "choose one of several images: " in refused.stderr
    done = unpack(archive, tmp_path / "bundle", "--image", "unpacked:1")
    assert (done.returncode, done.stderr) == (0, "")
    rootfs = tmp_path / "bundle" / "rootfs"
    assert not (rootfs / "bin" / "vi").exists()
    assert not (rootfs / "var").exists()
    assert (rootfs / "new" / "file").read_text() == "x\n"
    assert json.loads((tmp_path / "bundle" / "config.json").read_text())["annotations"]["a"] == "b"
    out = program("runc").run("--root", str(tmp_path / "s"), "run", "-b", str(tmp_path / "bundle"), f"b{tmp_path.name}")
    assert out.stdout == "me in /tmp as 65534\n"


@pytest.mark.parametrize("content", [b"", b"not an archive", b"\x1f\x8b damaged"])
def test_what_is_no_archive_is_refused(content: bytes, tmp_path: Path) -> None:
    (tmp_path / "archive").write_bytes(content)
    done = unpack(tmp_path / "archive", tmp_path / "bundle")
    assert done.returncode == 1
    assert done.stderr
    assert "Traceback" not in done.stderr


def test_a_directory_that_is_there_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "mine").write_text("x")
    done = unpack(busybox_image(), tmp_path)
    assert (done.returncode, done.stderr) == (1, f"{tmp_path}: already exists\n")
    assert [path.name for path in tmp_path.iterdir()] == ["mine"]
