"""A root made of busybox, and containers in it, run by the library in a forked process of one thread."""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.integration.runtime.harness import CGROUP_PREFIX, Harness, remove_stale_cgroups

BUSYBOX = "/bin/busybox"
APPLETS = [
    "sh",
    "ls",
    "cat",
    "id",
    "echo",
    "sleep",
    "mount",
    "umount",
    "stat",
    "readlink",
    "env",
    "hostname",
    "ps",
    "true",
    "false",
    "head",
    "touch",
    "df",
    "grep",
    "mkdir",
    "ln",
    "nc",
    "mv",
    "rm",
    "tail",
    "wc",
    "dd",
    "kill",
    "printf",
    "test",
    "chmod",
    "mknod",
    "tty",
    "stty",
]


@pytest.fixture(scope="session")
def busybox_root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A root file system; copy it to change it."""
    root = tmp_path_factory.mktemp("root")
    for name in ("bin", "proc", "sys", "dev", "etc", "tmp", "root", "home/app"):
        (root / name).mkdir(parents=True)
    shutil.copy(BUSYBOX, root / "bin/busybox")
    for applet in APPLETS:
        (root / "bin" / applet).symlink_to("busybox")
    (root / "etc/passwd").write_text("root:x:0:0:root:/root:/bin/sh\napp:x:1000:1000::/home/app:/bin/sh\n")
    (root / "tmp").chmod(0o1777)
    root.chmod(0o755)
    return root


@pytest.fixture
def rootfs(busybox_root: Path, tmp_path: Path) -> Path:
    """A root file system of this test's own."""
    bundle = tmp_path / "bundle"
    bundle.mkdir()
    shutil.copytree(busybox_root, bundle / "rootfs", symlinks=True)
    return bundle / "rootfs"


@pytest.fixture
def harness(rootfs: Path, tmp_path: Path) -> Iterator[Harness]:
    """Runs containers in `rootfs`; afterwards nothing of them is left, whatever happened."""
    remove_stale_cgroups()
    made = Harness(rootfs.parent, tmp_path / "state", f"{CGROUP_PREFIX}{os.getpid()}")
    yield made
    made.clean_up()
