"""Mounts, the root filesystem, masked and read-only paths.

https://github.com/opencontainers/runtime-spec/blob/v1.2.0/config.md#mounts
https://github.com/opencontainers/runtime-spec/blob/v1.2.0/config-linux.md#masked-paths
"""

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.conformance.kit.bundle import Bundle
from tests.conformance.kit.container import Container
from tests.conformance.kit.runtime import Refused

pytestmark = pytest.mark.row("N3")


def mountinfo(text: str) -> dict[str, tuple[str, set[str], str]]:
    """By mount point: optional fields (propagation), options of the mount, type."""
    found = {}
    for line in text.splitlines():
        before, _, after = line.partition(" - ")
        fields = before.split()
        found[fields[4]] = (" ".join(fields[6:]), set(fields[5].split(",")), after.split()[0])
    return found


def inside(container: Container, bundle: Bundle, script: str = "") -> dict[str, tuple[str, set[str], str]]:
    bundle.script(f"{script}\ncat /proc/self/mountinfo")
    outcome = container.run()
    assert outcome.code == 0, outcome.output
    return mountinfo(outcome.output)


def test_the_default_mounts(container: Container, bundle: Bundle):
    mounts = inside(container, bundle)
    assert mounts["/proc"][2] == "proc"
    assert mounts["/dev"][2] == "tmpfs"
    assert mounts["/dev/pts"][2] == "devpts"
    assert {"nosuid", "noexec", "nodev"} <= mounts["/dev/shm"][1]
    assert mounts["/sys"][2] == "sysfs"
    assert "ro" in mounts["/sys"][1]


def test_mounts_are_made_in_their_order(container: Container, bundle: Bundle):
    bundle.mount("/mnt", "tmpfs", "first", "size=1m")
    bundle.mount("/mnt/below", "tmpfs", "second", "size=1m")
    bundle.mount("/mnt", "tmpfs", "third", "size=1m")
    bundle.script("ls /mnt; grep -c ' /mnt' /proc/self/mountinfo")
    assert container.run().lines == ["3"]


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        (["nosuid", "nodev", "noexec"], {"nosuid", "nodev", "noexec", "rw"}),
        (["ro"], {"ro"}),
        (["noatime"], {"noatime"}),
        (["nodiratime"], {"nodiratime"}),
        (["strictatime"], {"rw"}),
        (["ro", "rw"], {"rw"}),
        (["mode=0700", "size=64k", "nr_inodes=100"], {"rw"}),
    ],
)
def test_options_of_a_tmpfs(container: Container, bundle: Bundle, options: list[str], expected: set[str]):
    bundle.mount("/mnt", "tmpfs", "tmpfs", *options)
    assert expected <= inside(container, bundle)["/mnt"][1]


def test_a_destination_that_is_not_there_is_made(container: Container, bundle: Bundle, tmp_path: Path):
    (tmp_path / "folder").mkdir()
    (tmp_path / "file").write_text("content\n")
    bundle.mount("/new/deep/folder", "none", tmp_path / "folder", "bind")
    bundle.mount("/new/deep/file", "none", tmp_path / "file", "bind")
    bundle.script("cat /new/deep/file; test -d /new/deep/folder")
    assert container.run() == (0, "content\n")


def test_a_bind_mount_is_the_same_directory(container: Container, bundle: Bundle, tmp_path: Path):
    (tmp_path / "shared").mkdir()
    bundle.mount("/mnt", "bind", tmp_path / "shared", "rbind", "rw")
    bundle.script("echo inside > /mnt/file")
    assert container.run().code == 0
    assert (tmp_path / "shared/file").read_text() == "inside\n"


def test_a_read_only_bind_mount(container: Container, bundle: Bundle, tmp_path: Path):
    (tmp_path / "shared").mkdir()
    bundle.mount("/mnt", "none", tmp_path / "shared", "bind", "ro", "nosuid", "nodev", "noexec")
    mounts = inside(container, bundle, "! touch /mnt/file 2>/dev/null")
    assert {"ro", "nosuid", "nodev", "noexec"} <= mounts["/mnt"][1]


def test_a_source_relative_to_the_bundle(container: Container, bundle: Bundle):
    (bundle.directory / "data").mkdir()
    (bundle.directory / "data/file").write_text("content\n")
    bundle.mount("/mnt", "none", "data", "bind")
    bundle.script("cat /mnt/file")
    assert container.run() == (0, "content\n")


def test_a_source_that_is_not_there_is_an_error(container: Container, bundle: Bundle, tmp_path: Path):
    bundle.mount("/mnt", "none", tmp_path / "missing", "bind")
    with pytest.raises(Refused, match="no such file or directory"):
        container.create()


def test_a_destination_that_is_a_link_stays_inside(container: Container, bundle: Bundle, tmp_path: Path):
    # The link leads to a place that exists on the host, and must lead to the one in the root filesystem.
    outside = tmp_path / "outside"
    outside.mkdir()
    (bundle.rootfs / "link").symlink_to(outside)
    bundle.mount("/link", "tmpfs", "tmpfs", "size=1m")
    bundle.script("touch /link/file")
    container.run()
    assert list(outside.iterdir()) == []


def test_a_destination_that_climbs_stays_inside(container: Container, bundle: Bundle):
    (bundle.rootfs / "climb").symlink_to("../../../../../../mnt")
    bundle.mount("/climb", "tmpfs", "tmpfs", "size=1m")
    mounts = inside(container, bundle)
    assert mounts["/mnt"][2] == "tmpfs"


def test_copy_up(container: Container, bundle: Bundle):
    (bundle.rootfs / "etc/below").mkdir()
    (bundle.rootfs / "etc/below/file").write_text("content\n")
    (bundle.rootfs / "etc/link").symlink_to("below/file")
    bundle.mount("/etc", "tmpfs", "tmpfs", "tmpcopyup")
    bundle.script("cat /etc/below/file; readlink /etc/link; echo x > /etc/below/file")
    assert container.run().lines == ["content", "below/file"]
    assert (bundle.rootfs / "etc/below/file").read_text() == "content\n"


def test_the_cgroup_mount(container: Container, bundle: Bundle):
    bundle.mount("/sys/fs/cgroup", "cgroup", "cgroup", "nosuid", "noexec", "nodev", "relatime", "ro")
    bundle.script("! mkdir /sys/fs/cgroup/x 2>/dev/null; cat /sys/fs/cgroup/pids/cgroup.procs | wc -l")
    if not os.path.isdir("/sys/fs/cgroup/pids"):
        pytest.skip("no cgroup v1 controller pids here")
    outcome = container.run()
    assert outcome.code == 0, outcome.output
    assert int(outcome.output) > 0


class TestPropagation:
    """`rootfsPropagation`, and the propagation of single mounts. mount_namespaces(7)"""

    @pytest.mark.parametrize(
        ("propagation", "tag"),
        [("shared", "shared:"), ("slave", "master:"), ("private", ""), ("unbindable", "unbindable")],
    )
    @pytest.mark.parametrize("prefix", ["", "r"])
    def test_of_a_mount(
        self, container: Container, bundle: Bundle, shared_directory: Path, propagation: str, tag: str, prefix: str
    ):
        bundle.mount("/mnt", "none", shared_directory, "rbind", prefix + propagation)
        bundle.linux["rootfsPropagation"] = "shared" if propagation == "shared" else "slave"
        found = inside(container, bundle)["/mnt"][0]
        assert (tag in found) if tag else found == ""

    def test_a_shared_root_shows_the_hosts_mounts(self, container: Container, bundle: Bundle, shared_directory: Path):
        bundle.mount("/mnt", "none", shared_directory, "rbind", "rslave")
        bundle.linux["rootfsPropagation"] = "rslave"
        bundle.script("until grep -q below /proc/self/mountinfo; do sleep 0.02; done")
        container.create()
        container.start()
        (shared_directory / "below").mkdir()
        subprocess.run(["mount", "-t", "tmpfs", "tmpfs", shared_directory / "below"], check=True)
        try:
            assert container.wait().code == 0
        finally:
            subprocess.run(["umount", shared_directory / "below"], check=True)

    def test_an_unknown_one_is_an_error(self, container: Container, bundle: Bundle):
        bundle.linux["rootfsPropagation"] = "sideways"
        with pytest.raises(Refused):
            container.create()

    @pytest.fixture
    def shared_directory(self, tmp_path: Path) -> Iterator[Path]:
        """A shared mount on the host."""
        directory = tmp_path / "shared"
        directory.mkdir()
        subprocess.run(["mount", "-t", "tmpfs", "tmpfs", directory], check=True)
        subprocess.run(["mount", "--make-shared", directory], check=True)
        yield directory
        subprocess.run(["umount", "-R", directory], check=True)


def test_a_read_only_root(container: Container, bundle: Bundle):
    bundle.config["root"]["readonly"] = True
    mounts = inside(container, bundle, "! touch /file 2>/dev/null; touch /dev/shm/file")
    assert "ro" in mounts["/"][1]


def test_a_writable_root(container: Container, bundle: Bundle):
    bundle.script("touch /file")
    assert container.run().code == 0
    assert (bundle.rootfs / "file").exists()


def test_masked_paths(container: Container, bundle: Bundle):
    (bundle.rootfs / "secret").write_text("secret\n")
    (bundle.rootfs / "folder").mkdir()
    (bundle.rootfs / "folder/secret").write_text("secret\n")
    (bundle.rootfs / "etc/link").symlink_to("/secret")
    bundle.linux["maskedPaths"] = ["/secret", "/folder", "/missing", "/proc/timer_list", "/sys/firmware"]
    bundle.script(
        "cat /secret | wc -c; ls /folder | wc -l; ls /sys/firmware | wc -l; cat /etc/link | wc -c; ! touch /folder/x"
    )
    assert container.run().lines[:4] == ["0", "0", "0", "0"]
    assert not (bundle.rootfs / "missing").exists()


def test_read_only_paths(container: Container, bundle: Bundle):
    (bundle.rootfs / "folder/below").mkdir(parents=True)
    (bundle.rootfs / "file").write_text("content\n")
    bundle.linux["readonlyPaths"] = ["/folder", "/file", "/missing", "/proc/sys"]
    bundle.script(
        "cat /file; for it in /folder/x /folder/below/x /file; do if : > $it; then echo $it; fi; done 2>/dev/null\n"
        "if echo 1 > /proc/sys/net/ipv4/ip_forward; then echo sysctl; fi 2>/dev/null"
    )
    bundle.process["user"] = {"uid": 0, "gid": 0}
    assert container.run().lines == ["content"]


def test_masking_by_a_link_out_of_the_root_touches_nothing_outside(
    container: Container, bundle: Bundle, tmp_path: Path
):
    (tmp_path / "outside").write_text("content\n")
    (bundle.rootfs / "link").symlink_to(tmp_path / "outside")
    bundle.linux["maskedPaths"] = ["/link"]
    bundle.linux["readonlyPaths"] = ["/link"]
    container.run()
    (tmp_path / "outside").write_text("still writable\n")
