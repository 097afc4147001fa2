"""Mounts, devices and the root of the library's containers:

config.md "Mounts", config-linux.md of runtime-spec v1.2.
"""

import os
import stat
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.integration.runtime.harness import Container, Harness, forked

from dockyard.errors import NotFound
from dockyard.linux.namespaces import CLONE_NEWNS, unshare
from dockyard.spec.runtime import spec_from_json

pytestmark = pytest.mark.root


def with_mount(harness: Harness, script: str, **mount: Any) -> dict[str, Any]:
    document = harness.shell(script)
    document["mounts"].append(mount)
    return document


def mount_line(output: str, destination: str) -> list[str]:
    """Fields of the last line of mountinfo for `destination`: options of the mount at [5], optional fields from [6]."""
    return [line for line in output.splitlines() if line.split()[4] == destination][-1].split()


def test_default_devices_and_links(harness: Harness) -> None:
    document = harness.shell(
        "for d in null zero full random urandom tty; do stat -c '%n %F %t,%T %a' /dev/$d; done;"
        "for l in fd stdin stdout stderr ptmx; do readlink /dev/$l; done; stat -c %t,%T -L /dev/ptmx"
    )
    assert harness.run(document).stdout.splitlines() == [
        "/dev/null character special file 1,3 666",
        "/dev/zero character special file 1,5 666",
        "/dev/full character special file 1,7 666",
        "/dev/random character special file 1,8 666",
        "/dev/urandom character special file 1,9 666",
        "/dev/tty character special file 5,0 666",
        "/proc/self/fd",
        "/proc/self/fd/0",
        "/proc/self/fd/1",
        "/proc/self/fd/2",
        "pts/ptmx",
        "5,2",
    ]


def test_devices_of_the_spec(harness: Harness) -> None:
    document = harness.shell("stat -c '%F %t,%T %a %u:%g' /dev/sub/loop /dev/fifo /dev/null")
    document["linux"]["devices"] = [
        {"path": "/dev/sub/loop", "type": "b", "major": 7, "minor": 5, "fileMode": 0o640, "uid": 3, "gid": 4},
        {"path": "/dev/fifo", "type": "p"},
        {"path": "/dev/null", "type": "c", "major": 1, "minor": 3, "fileMode": 0o600},
    ]
    assert harness.run(document).stdout.splitlines() == [
        "block special file 7,5 640 3:4",
        "fifo 0,0 666 0:0",
        "character special file 1,3 600 0:0",
    ]


@pytest.mark.row("D10")
def test_masked_and_read_only_paths(harness: Harness) -> None:
    document = harness.shell(
        "cat /proc/keys /proc/timer_list; ls -A /sys/firmware /proc/acpi; echo 1 > /proc/irq/default_smp_affinity;"
        "echo x > /proc/sys/kernel/hostname; touch /sys/firmware/x; stat -c '%t,%T' /proc/keys"
    )
    output = harness.run(document)
    assert output.stdout.split() == ["/proc/acpi:", "/sys/firmware:", "1,3"]
    assert output.stderr.count("Read-only file system") == 3, output.stderr


def test_read_only_root(harness: Harness) -> None:
    document = harness.shell("touch /x || touch /dev/shm/y && echo tmpfs")
    document["root"]["readonly"] = True
    output = harness.run(document)
    assert (output.stdout, "Read-only" in output.stderr) == ("tmpfs\n", True)


def test_bind_of_a_directory_and_a_file(harness: Harness, tmp_path: Path) -> None:
    (tmp_path / "d").mkdir()
    (tmp_path / "d/f").write_text("data")
    document = with_mount(
        harness, "cat /new/dir/f /new/file; echo x > /new/dir/g; echo y > /new/file",
        destination="/new/dir", type="bind", source=str(tmp_path / "d"), options=["rbind"],
    )  # fmt: skip
    document["mounts"].append(
        {"destination": "/new/file", "source": str(tmp_path / "d/f"), "options": ["bind", "ro", "nosuid"]}
    )
    output = harness.run(document)
    assert output.stdout == "datadata"
    assert "Read-only file system" in output.stderr
    assert (tmp_path / "d/g").read_text() == "x\n"
    assert (tmp_path / "d/f").read_text() == "data"


def test_bind_keeps_flags_of_its_source(harness: Harness, tmp_path: Path) -> None:
    source = tmp_path / "flags"
    source.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "nosuid,nodev,noexec", "x", source], check=True)
    try:
        document = with_mount(
            harness, "cat /proc/self/mountinfo", destination="/m", source=str(source), options=["bind", "ro"]
        )
        options = mount_line(harness.run(document).stdout, "/m")[5].split(",")
        assert {"ro", "nosuid", "nodev", "noexec"} <= set(options)
        document["mounts"][-1]["options"] = ["bind", "exec", "suid"]
        options = mount_line(harness.run(document).stdout, "/m")[5].split(",")
        assert not {"nosuid", "noexec"} & set(options) and "nodev" in options
    finally:
        subprocess.run(["umount", source], check=True)


@pytest.fixture
def tree(tmp_path: Path) -> Iterator[Path]:
    """A tmpfs with another mounted in it, both private."""
    top = tmp_path / "tree"
    top.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "top", top], check=True)
    (top / "below").mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "below", top / "below"], check=True)
    yield top
    subprocess.run(["umount", "-R", top], check=True)


@pytest.mark.parametrize(
    ("options", "writable_top", "writable_below"),
    [(["rbind"], True, True), (["rbind", "ro"], False, True), (["rbind", "rro"], False, False), (["bind"], True, True)],
)
def test_recursive_options(
    harness: Harness, tree: Path, options: list[str], writable_top: bool, writable_below: bool
) -> None:
    script = "touch /m/x && echo top; touch /m/below/x && echo below"
    document = with_mount(harness, script, destination="/m", source=str(tree), options=options)
    expected = ["top"] * writable_top + ["below"] * writable_below
    assert harness.run(document).stdout.split() == expected
    seen = (tree / "below/x").exists()
    assert seen == (writable_below and "rbind" in options)


@pytest.mark.parametrize(
    ("option", "to_container", "to_host"),
    [("rprivate", False, False), ("rslave", True, False), ("rshared", True, True), (None, True, False)],
)
def test_propagation(harness: Harness, tmp_path: Path, option: str | None, to_container: bool, to_host: bool) -> None:
    source = tmp_path / "shared"
    source.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "shared", source], check=True)
    try:
        subprocess.run(["mount", "--make-shared", source], check=True)
        (source / "a").mkdir()
        (source / "b").mkdir()
        document = harness.document("sleep", "1000")
        document["process"]["capabilities"]["effective"] = document["process"]["capabilities"]["permitted"] = [
            "CAP_SYS_ADMIN"
        ]
        document["process"]["capabilities"]["bounding"] = ["CAP_SYS_ADMIN"]
        options = ["rbind", *([option] if option else [])]
        document["mounts"].append({"destination": "/m", "source": str(source), "options": options})

        def act(container: Container) -> tuple[bool, bool]:
            subprocess.run(["mount", "-t", "tmpfs", "late", source / "a"], check=True)
            (source / "a/seen").touch()
            seen_inside = container.exec("test", "-e", "/m/a/seen").code == 0
            assert container.exec("mount", "-t", "tmpfs", "late", "/m/b").code == 0
            container.exec("touch", "/m/b/seen")
            return seen_inside, (source / "b/seen").exists()

        assert harness.within(document, act) == (to_container, to_host)
    finally:
        subprocess.run(["umount", "-R", source], check=True)


def test_root_propagation_shared(harness: Harness) -> None:
    document = harness.shell("cat /proc/self/mountinfo")
    document["linux"]["rootfsPropagation"] = "shared"
    assert mount_line(harness.run(document).stdout, "/")[6].startswith("shared:")
    document["linux"]["rootfsPropagation"] = "private"
    assert mount_line(harness.run(document).stdout, "/")[6] == "-"
    document["linux"]["rootfsPropagation"] = "unbindable"
    assert mount_line(harness.run(document).stdout, "/")[6] == "unbindable"


def test_nothing_of_it_reaches_the_host(harness: Harness, rootfs: Path, tmp_path: Path) -> None:
    """Also when the host's root is shared, as systemd has it; tried in a mount namespace of the test's own."""
    spec = spec_from_json(harness.document("true"))

    def own_mounts() -> list[str]:
        """What others on the machine mount and unmount meanwhile, below folders of their own, isn't looked at."""
        lines = Path("/proc/self/mountinfo").read_text().splitlines()
        own = (str(rootfs.parent), str(tmp_path))
        return [
            line
            for line in lines
            if line.split()[4].startswith(own) or not line.split()[4].startswith(("/tmp/", "/run/", "/var/"))
        ]

    def act() -> bool:
        unshare(CLONE_NEWNS)
        subprocess.run(["mount", "--make-rshared", "/"], check=True)
        before = own_mounts()
        with harness.created(spec) as container:
            container.init.start()
            container.wait()
        return own_mounts() == before

    assert forked(act)


def test_tmpfs_copies_up(harness: Harness) -> None:
    data = harness.rootfs / "data"
    (data / "sub").mkdir(parents=True)
    (data / "sub/file").write_text("content")
    os.chown(data / "sub/file", 7, 8)
    (data / "sub/file").chmod(0o604)
    (data / "link").symlink_to("/etc/shadow")
    os.mkfifo(data / "fifo")
    script = (
        "cat /data/sub/file; stat -c '%a %u:%g' /data/sub/file; readlink /data/link;"
        "test -p /data/fifo && rm -r /data/sub"
    )
    document = with_mount(
        harness, script, destination="/data", type="tmpfs", source="tmpfs", options=["tmpcopyup", "size=1m"]
    )
    output = harness.run(document)
    assert output == (0, "content604 7:8\n/etc/shadow\n", "")
    assert (data / "sub/file").exists()


def test_tmpfs_options(harness: Harness) -> None:
    document = with_mount(
        harness, "df -k /t | tail -n 1; stat -c %a /t; cat /proc/self/mountinfo",
        destination="/t", type="tmpfs", source="mine", options=["size=128k", "mode=700", "noexec", "ro", "strictatime"],
    )  # fmt: skip
    first, mode, *rest = harness.run(document).stdout.splitlines()
    assert first.split()[:2] == ["mine", "128"]
    assert mode == "700"
    options = mount_line("\n".join(rest), "/t")[5].split(",")
    assert {"ro", "noexec"} <= set(options) and "relatime" not in options


@pytest.mark.parametrize(
    ("mount", "message"),
    [
        ({"type": "tmpfs", "options": ["sise=1"]}, 'error mounting "tmpfs" to rootfs at "/x": invalid argument'),
        ({"type": "nofs"}, 'error mounting "nofs" to rootfs at "/x": no such device'),
        ({"type": "bind", "source": "/nowhere"}, "stat /nowhere: no such file or directory"),
        ({"type": "proc", "options": ["tmpcopyup"]}, "tmpcopyup is only allowed for a tmpfs mount"),
    ],
)
def test_mounts_that_can_not_be(harness: Harness, mount: dict[str, Any], message: str) -> None:
    document = with_mount(harness, "true", destination="/x", **mount)
    error = harness.refused(document)
    assert message in str(error)
    assert isinstance(error, NotFound) == ("nowhere" in message)


def test_id_mapped_mount(harness: Harness, tmp_path: Path) -> None:
    source = tmp_path / "mapped"
    source.mkdir()
    (source / "f").touch()
    os.chown(source / "f", 1000, 2000)
    mapping = {
        "uidMappings": [{"containerID": 1000, "hostID": 7, "size": 1}, {"containerID": 0, "hostID": 0, "size": 1}],
        "gidMappings": [{"containerID": 2000, "hostID": 8, "size": 1}, {"containerID": 0, "hostID": 0, "size": 1}],
    }
    document = with_mount(
        harness, "stat -c %u:%g /m/f; touch /m/new",
        destination="/m", source=str(source), options=["bind", "idmap"], **mapping,
    )  # fmt: skip
    output = harness.run(document)
    if "invalid argument" in output.stderr:
        pytest.skip("this file system has no id-mapped mounts")
    assert output.stdout == "7:8\n", output
    status = os.stat(source / "new")
    assert (status.st_uid, status.st_gid) == (0, 0)
    document["mounts"][-1] |= {"uidMappings": [], "gidMappings": []}
    assert "id-mapped mounts need mappings" in str(harness.refused(document))


def test_cgroup_mount(harness: Harness) -> None:
    """Without a cgroup namespace just its own directory is bound; with one, a new mount from inside shows the same."""
    document = with_mount(
        harness, "cat /sys/fs/cgroup/memory/cgroup.procs; sleep 1000",
        destination="/sys/fs/cgroup", type="cgroup", source="cgroup", options=["ro", "nosuid", "noexec", "nodev"],
    )  # fmt: skip

    def act(container: Container) -> tuple[str, str, str]:
        first = container.line()
        listing = container.exec("ls", "/sys/fs/cgroup").stdout
        where = container.exec("cat", "/proc/self/cgroup").stdout
        failed = container.exec("mkdir", "/sys/fs/cgroup/memory/x").stderr
        assert "Read-only" in failed
        return first, listing, where

    first, listing, where = harness.within(document, act)
    assert first == "1"
    assert {"memory", "pids", "cpu"} <= set(listing.split())
    assert harness.cgroup in where
    document["linux"]["namespaces"].append({"type": "cgroup"})
    first, listing, where = harness.within(document, act)
    assert first == "1"
    assert ":memory:/\n" in where


def test_without_pivot(harness: Harness) -> None:
    document = harness.shell("echo *; cat /proc/self/mountinfo | wc -l")

    def act(container: Container) -> tuple[str, str]:
        return container.line(), container.exec("sh", "-c", "echo *").stdout.strip()

    document["process"]["args"][-1] += "; sleep 1000"
    inside, executed = harness.within(document, act, no_pivot=True)
    assert inside == executed == " ".join(sorted(os.listdir(harness.rootfs)))


def test_own_dev_of_the_host_is_not_written_into(harness: Harness, tmp_path: Path) -> None:
    (tmp_path / "dev").mkdir()
    document = harness.shell("echo /dev/*")
    document["mounts"] = [
        {"destination": "/proc", "type": "proc", "source": "proc"},
        {"destination": "/dev", "type": "bind", "source": str(tmp_path / "dev"), "options": ["rbind"]},
    ]
    assert harness.run(document).stdout == "/dev/*\n"
    assert os.listdir(tmp_path / "dev") == []


def test_working_directory_is_made(harness: Harness) -> None:
    document = harness.shell("readlink /proc/self/cwd")
    document["process"]["cwd"] = "/made/for/it"
    assert harness.run(document).stdout == "/made/for/it\n"
    assert stat.S_IMODE(os.stat(harness.rootfs / "made/for").st_mode) == 0o755


def test_long_options(harness: Harness, tmp_path: Path) -> None:
    """An overlay whose directories don't fit into one fsconfig value."""
    lower = []
    for index in range(6):
        directory = tmp_path / f"{'layer' * 10}{index}"
        directory.mkdir()
        (directory / f"f{index}").touch()
        lower.append(str(directory))
    document = with_mount(
        harness,
        "ls /o",
        destination="/o",
        type="overlay",
        source="overlay",
        options=["ro", "lowerdir=" + ":".join(lower)],
    )
    assert harness.run(document).stdout.split() == [f"f{index}" for index in range(6)]
