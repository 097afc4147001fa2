"""What lies on disk, and what `docker inspect` says about it."""

import os
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.support.client import Docker
from tests.support.engine import Engine
from tests.support.wait import wait_until


@pytest.mark.row("F1")
def test_the_data_root_has_dockers_folders(docker: Docker, engine: Engine, sleeper: Callable[..., str]) -> None:
    container = sleeper()
    folders = set(os.listdir(engine.data))
    assert {"containers", "image", "network", "swarm", "tmp", "trust", "volumes", "overlay2"} - folders == set()
    files = set(os.listdir(engine.data / "containers" / container))
    wanted = {"config.v2.json", "hostconfig.json", "hostname", "hosts", "resolv.conf", f"{container}-json.log"}
    assert wanted - files == set()


@pytest.mark.row("F3")
def test_inspects_overlay_directories_are_those_of_the_mount(docker: Docker, sleeper: Callable[..., str]) -> None:
    container = sleeper()
    driver = docker.inspect(container)["GraphDriver"]
    assert driver["Name"] == "overlay2"
    data = driver["Data"]
    lower = data["LowerDir"].split(":")
    assert Path(lower[0]).parent.name.endswith("-init")
    assert all(Path(folder).is_dir() for folder in lower)
    assert Path(data["UpperDir"]).name == "diff"
    assert Path(data["WorkDir"]).name == "work"
    pid = docker.field(container, "{{.State.Pid}}")
    line = next(line for line in Path(f"/proc/{pid}/mountinfo").read_text().splitlines() if line.split()[4] == "/")
    assert " - overlay overlay " in line
    options = dict(option.partition("=")[::2] for option in line.split(" - ")[1].split(" ")[2].split(","))
    assert _same(options["upperdir"], data["UpperDir"])
    assert _same(options["workdir"], data["WorkDir"])
    assert len(options["lowerdir"].split(":")) == len(lower)


@pytest.mark.row("F3")
def test_the_mount_is_seen_at_the_merged_folder(docker: Docker, sleeper: Callable[..., str], engine: Engine) -> None:
    container = sleeper()
    merged = docker.field(container, "{{.GraphDriver.Data.MergedDir}}")
    # dockerd mounts in the mount namespace that it lives in; ours is the test's
    owner = engine.pid if engine.kind == "docker" else os.getpid()
    mounts = Path(f"/proc/{owner}/mounts").read_text()
    assert f"overlay {merged} overlay " in mounts
    if engine.kind == "dockyard":
        assert "busybox" in os.listdir(f"{merged}/bin")
    docker("stop", "-t", "0", container)
    wait_until(lambda: f" {merged} " not in Path(f"/proc/{owner}/mounts").read_text(), "the root to be unmounted")


@pytest.mark.row("F9")
def test_containers_share_the_files_of_their_image(docker: Docker, sleeper: Callable[..., str]) -> None:
    one, two = sleeper(), sleeper()
    lowest = [docker.field(container, "{{.GraphDriver.Data.LowerDir}}").split(":")[-1] for container in (one, two)]
    assert lowest[0] == lowest[1]
    found = [os.stat(f"{folder}/bin/busybox") for folder in lowest]
    assert (found[0].st_dev, found[0].st_ino) == (found[1].st_dev, found[1].st_ino)
    inside = {docker("exec", container, "stat", "-c", "%i", "/bin/busybox") for container in (one, two)}
    assert inside == {str(found[0].st_ino)}


@pytest.mark.row("F11")
def test_dev_proc_and_sys_are_given(docker: Docker) -> None:
    shown = docker("run", "--rm", "busybox", "ls", "-l", "/dev").splitlines()
    names = {line.split(" -> ")[0].split()[-1]: line for line in shown if len(line.split()) > 5}
    wanted = {
        "null",
        "zero",
        "full",
        "random",
        "urandom",
        "tty",
        "ptmx",
        "pts",
        "shm",
        "mqueue",
        "fd",
        "stdin",
        "stdout",
        "stderr",
    }
    assert wanted - set(names) == set()
    assert names["null"].startswith("crw-rw-rw-")
    mounts = docker("run", "--rm", "busybox", "cat", "/proc/mounts").splitlines()
    options = {line.split()[1]: line.split() for line in mounts}
    assert options["/proc"][2] == "proc"
    assert "rw" in options["/proc"][3].split(",")
    assert options["/sys"][2] == "sysfs"
    assert "ro" in options["/sys"][3].split(",")
    assert options["/dev/shm"][2] == "tmpfs"
    assert "size=65536k" in options["/dev/shm"][3].split(",")


def _same(one: str, other: str) -> bool:
    return subprocess.run(["test", one, "-ef", other]).returncode == 0 or one == other
