"""`dockyard oci unpack`: real runc runs the bundle that it makes."""

import json
import subprocess
from pathlib import Path

import pytest
from tests.peers import busybox_image, program
from tests.peers.programs import Program
from tests.support.client import Docker
from tests.support.engine import PROGRAMS


def unpack(archive: Path, bundle: Path, *options: str) -> "subprocess.CompletedProcess[str]":
    command = [str(PROGRAMS / "dockyard"), "oci", "unpack", *options, str(archive), str(bundle)]
    return subprocess.run(command, capture_output=True, text=True, timeout=60)


def run_in(runc: Program, bundle: Path, root: Path, name: str, script: str) -> str:
    config = json.loads((bundle / "config.json").read_text())
    config["process"]["args"] = ["sh", "-c", script]
    (bundle / "config.json").write_text(json.dumps(config))
    return runc.run("--root", str(root), "run", "--bundle", str(bundle), name).stdout


@pytest.mark.row("M3")
def test_runc_runs_the_bundle_of_an_archive(tmp_path: Path) -> None:
    done = unpack(busybox_image(), tmp_path / "bundle")
    assert (done.returncode, done.stderr) == (0, "")
    assert sorted(path.name for path in (tmp_path / "bundle").iterdir()) == ["config.json", "rootfs"]
    shown = run_in(
        program("runc"),
        tmp_path / "bundle",
        tmp_path / "state",
        f"unpack{tmp_path.name}",
        "id -u; echo $PATH; echo $HOME",
    )
    assert shown.split("\n")[0] == "0"
    assert "/bin" in shown.split("\n")[1]
    assert shown.split("\n")[2] == "/root"


@pytest.mark.row("M3")
def test_the_image_is_carried_over(docker: Docker, tmp_path: Path) -> None:
    changes = ['ENTRYPOINT ["/bin/sh","-c"]', 'CMD ["echo $WHO in $PWD as $(id -u)"]', "ENV WHO=me", "WORKDIR /tmp"]
    container = docker("run", "-d", "busybox", "sh", "-c", "rm /bin/vi; mkdir /new; echo x > /new/file; rm -r /var")
    docker("wait", container)
    flags = [word for change in [*changes, "USER 65534", "LABEL a=b"] for word in ("-c", change)]
    docker("commit", *flags, container, "unpacked:1")
    docker("tag", "busybox", "other:1")
    archive = tmp_path / "archive.tar"
    docker("save", "-o", str(archive), "unpacked:1", "other:1")
    refused = unpack(archive, tmp_path / "none")
    assert refused.returncode == 1
    assert "choose one with --image" in refused.stderr
    assert unpack(archive, tmp_path / "bundle", "--image", "unpacked:1").returncode == 0
    rootfs = tmp_path / "bundle" / "rootfs"
    assert not (rootfs / "bin" / "vi").exists()
    assert not (rootfs / "var").exists()
    assert (rootfs / "new" / "file").read_text() == "x\n"
    config = json.loads((tmp_path / "bundle" / "config.json").read_text())
    assert config["annotations"]["a"] == "b"
    out = program("runc").run("--root", str(tmp_path / "s"), "run", "-b", str(tmp_path / "bundle"), f"b{tmp_path.name}")
    assert out.stdout == "me in /tmp as 65534\n"
    docker("rmi", "-f", "unpacked:1", "other:1")


@pytest.mark.parametrize("content", [b"", b"not an archive", b"\x1f\x8b damaged"])
def test_what_is_no_archive_is_refused(content: bytes, tmp_path: Path) -> None:
    (tmp_path / "archive").write_bytes(content)
    done = unpack(tmp_path / "archive", tmp_path / "bundle")
    assert done.returncode == 1
    assert done.stderr
    assert "Traceback" not in done.stderr


def test_a_directory_that_holds_something_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "mine").write_text("x")
    done = unpack(busybox_image(), tmp_path)
    assert done.returncode == 1
    assert "isn't empty" in done.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["mine"]
