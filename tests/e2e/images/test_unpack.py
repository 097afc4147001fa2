"""`dockyard oci unpack`: from an image archive to a bundle that another project's runtime runs, without a daemon."""

import json
import subprocess
from pathlib import Path

import pytest
from tests.peers import busybox_image, program
from tests.peers.images import busybox_archive_files, docker_archive, file, layer
from tests.support.engine import PROGRAMS

pytestmark = pytest.mark.dockyard_only


def unpack(archive: Path, bundle: Path) -> "subprocess.CompletedProcess[str]":
    command = [PROGRAMS / "dockyard", "oci", "unpack", archive, bundle]
    return subprocess.run(command, capture_output=True, text=True, timeout=60)


def run_with_runc(bundle: Path, name: str) -> "subprocess.CompletedProcess[str]":
    """Run the bundle once; without terminal, and without a new network namespace's needs."""
    config = json.loads((bundle / "config.json").read_text())
    config["process"]["terminal"] = False
    (bundle / "config.json").write_text(json.dumps(config))
    runc = program("runc", peer="runc")
    root = str(bundle.parent / "runc-state")
    return runc.run("--root", root, "run", "--bundle", str(bundle), name, check=False, timeout_seconds=30)


@pytest.mark.row("M3")
def test_real_runc_runs_the_bundle(tmp_path: Path) -> None:
    done = unpack(busybox_image(), tmp_path / "bundle")
    assert done.returncode == 0, done.stderr
    config = json.loads((tmp_path / "bundle" / "config.json").read_text())
    assert config["process"]["args"] == ["sh"]
    assert any(word.startswith("PATH=") for word in config["process"]["env"])
    config["process"]["args"] = ["sh", "-c", "id -u; ls /bin/busybox; exit 7"]
    (tmp_path / "bundle" / "config.json").write_text(json.dumps(config))
    ran = run_with_runc(tmp_path / "bundle", f"dockyard-m3-{tmp_path.name}")
    assert (ran.returncode, ran.stdout) == (7, "0\n/bin/busybox\n"), ran.stderr


@pytest.mark.row("M3", "M1")
def test_layers_are_stacked_and_the_config_is_followed(tmp_path: Path) -> None:
    lower = layer([*busybox_archive_files(), file("a", "lower\n"), file("gone", "x\n")])
    upper = layer([file("a", "upper\n"), file(".wh.gone", "")])
    config = {"Entrypoint": ["sh", "-c"], "Cmd": ["cat /a; pwd; echo $MARK; id -u"], "Env": ["PATH=/bin", "MARK=here"]}
    docker_archive(tmp_path / "image.tar", "x:1", [lower, upper], {**config, "WorkingDir": "/tmp", "User": "daemon"})
    done = unpack(tmp_path / "image.tar", tmp_path / "bundle")
    assert done.returncode == 0, done.stderr
    assert not (tmp_path / "bundle" / "rootfs" / "gone").exists()
    ran = run_with_runc(tmp_path / "bundle", f"dockyard-m3-{tmp_path.name}")
    assert (ran.returncode, ran.stdout) == (0, "upper\n/tmp\nhere\n1\n"), ran.stderr


def test_what_is_no_archive_is_refused_and_leaves_nothing(tmp_path: Path) -> None:
    (tmp_path / "noise").write_bytes(b"noise" * 1000)
    done = unpack(tmp_path / "noise", tmp_path / "bundle")
    assert done.returncode == 1
    assert done.stderr
    assert not (tmp_path / "bundle").exists()
