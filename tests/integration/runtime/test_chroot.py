"""The library in a chroot: a container there is as far from the host as elsewhere."""

import os
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import pytest
from tests.integration.runtime.harness import Container, Harness, forked

from dockyard.linux.namespaces import CLONE_NEWNS, setns, unshare
from dockyard.spec.runtime import spec_from_json

pytestmark = pytest.mark.root

Result = TypeVar("Result")


def chrooted(harness: Harness, document: dict[str, Any], top: Path, function: Callable[[Container], Result]) -> Result:
    """As `Harness.within`, by a caller in a chroot that shows all that the host has."""

    def act() -> Result:
        unshare(CLONE_NEWNS)
        for change in ("--make-rprivate", "--make-rshared"):  # nothing reaches the real host; then as systemd has it
            subprocess.run(["mount", change, "/"], check=True)
        view = top / "view"
        view.mkdir()
        subprocess.run(["mount", "--rbind", "/", view], check=True)
        os.chroot(view)
        os.chdir("/")
        mounts = Path("/proc/self/mountinfo").read_text()
        with harness.created(spec_from_json(document)) as container:
            container.init.start()
            result = function(container)
        assert Path("/proc/self/mountinfo").read_text() == mounts, "the host's mounts have changed"
        return result

    return forked(act)


def test_who_enters_is_in_the_container(harness: Harness, tmp_path: Path) -> None:
    """Also by nothing but setns(2): the root of the namespace is the container's."""

    def act(container: Container) -> tuple[str, list[str], int]:
        reader, writer = os.pipe()
        child = os.fork()
        if child == 0:
            setns(os.pidfd_open(container.init.pid), CLONE_NEWNS)
            os.write(writer, " ".join(sorted(os.listdir("/"))).encode())
            os._exit(0)
        os.close(writer)
        os.waitpid(child, 0)
        entered = os.read(reader, 1 << 16).decode().split()
        mounts = container.exec("cat", "/proc/self/mountinfo").stdout
        return container.exec("ls", "/").stdout, entered, sum(" / / " in line for line in mounts.splitlines())

    listed, entered, roots = chrooted(harness, harness.document("sleep", "1000"), tmp_path, act)
    assert listed.split() == entered == sorted(os.listdir(harness.rootfs))
    assert roots <= 1


def test_nothing_of_the_host_is_mounted(harness: Harness, tmp_path: Path) -> None:
    def act(container: Container) -> str:
        return container.wait().stdout

    document = harness.shell("cat /proc/self/mountinfo")
    inside = chrooted(harness, document, tmp_path, act)
    assert [line.split()[4] for line in inside.splitlines()] == [
        line.split()[4] for line in harness.run(document).stdout.splitlines()
    ]


@pytest.mark.parametrize("propagation", ["slave", "private", "shared"])
def test_propagation_of_the_root(harness: Harness, tmp_path: Path, propagation: str) -> None:
    document = harness.shell("head -1 /proc/self/mountinfo")
    document["linux"]["rootfsPropagation"] = propagation
    inside = chrooted(harness, document, tmp_path, lambda container: container.wait().stdout)
    assert ("shared:" in inside) == (propagation == "shared")
