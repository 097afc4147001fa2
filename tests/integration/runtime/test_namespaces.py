"""Namespaces of the library's containers: config-linux.md "Namespaces" of runtime-spec v1.2."""

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.integration.runtime.harness import Container, Harness, exit_code, forked

from dockyard.linux.namespaces import FILES
from dockyard.spec.runtime import spec_from_json

pytestmark = pytest.mark.root


def link(pid: int | str, kind: str) -> str:
    return os.readlink(f"/proc/{pid}/ns/{FILES[kind]}")


@pytest.fixture
def holder() -> Iterator[int]:
    """A process in namespaces of its own, to be joined by path; its number."""
    command = ["unshare", "--fork", "--kill-child", "-n", "-i", "-u", "-p", "-m", "-C", "-T", "--monotonic", "777"]
    process = subprocess.Popen([*command, "sh", "-c", "hostname joined; echo; exec sleep 1000"], stdout=subprocess.PIPE)
    assert process.stdout is not None
    process.stdout.readline()
    (child,) = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()
    yield int(child)
    process.kill()
    process.wait()
    process.stdout.close()


@pytest.mark.row("D5", "D6")
def test_new_ones_differ_from_the_host_and_each_other(harness: Harness) -> None:
    kinds = ("mount", "network", "uts", "pid", "ipc", "cgroup", "time")
    first, second = harness.document("sleep", "1000"), harness.document("sleep", "1000")
    first["linux"]["namespaces"] = second["linux"]["namespaces"] = [{"type": kind} for kind in kinds]

    def act() -> list[dict[str, str]]:
        with (
            harness.created(spec_from_json(first), "one") as one,
            harness.created(spec_from_json(second), "two") as two,
        ):
            for container in (one, two):
                container.init.start()
                assert container.exec("cat", "/proc/1/comm").stdout == "sleep\n"
            return [{kind: link(each.init.pid, kind) for kind in kinds} for each in (one, two)]

    one, two = forked(act)
    for kind in kinds:
        assert len({one[kind], two[kind], link("self", kind)}) == 3


def test_those_not_named_are_the_hosts(harness: Harness) -> None:
    document = harness.document("sleep", "1000")
    document["linux"]["namespaces"] = [{"type": "mount"}]
    del document["hostname"]
    kinds = ("network", "uts", "pid", "ipc", "cgroup", "time", "user")
    found = harness.within(document, lambda it: {kind: link(it.init.pid, kind) for kind in kinds})
    assert found == {kind: link("self", kind) for kind in kinds}


@pytest.mark.parametrize("kind", ["network", "ipc", "uts", "pid", "cgroup", "time"])
def test_joined_by_path(harness: Harness, holder: int, kind: str) -> None:
    document = harness.document("sleep", "1000")
    del document["hostname"]
    others = [{"type": "mount"}] + ([{"type": "network"}] if kind != "network" else [])
    document["linux"]["namespaces"] = [*others, {"type": kind, "path": f"/proc/{holder}/ns/{FILES[kind]}"}]

    def act(container: Container) -> tuple[str, str, str]:
        exec_ = container.exec("readlink", f"/proc/self/ns/{FILES[kind]}").stdout.strip()
        return link(container.init.pid, kind), exec_, os.readlink(f"/proc/self/ns/{FILES[kind]}")

    init, executed, caller = harness.within(document, act)
    assert init == executed == link(holder, kind)
    assert caller == link("self", kind)


def test_joined_mount_namespace(harness: Harness, holder: int) -> None:
    """Nothing is mounted there; the root is the path as it is in that namespace."""
    document = harness.document("sleep", "1000")
    document["mounts"] = []
    document["linux"] |= {"maskedPaths": [], "readonlyPaths": []}
    document["linux"]["namespaces"] = [{"type": "mount", "path": f"/proc/{holder}/ns/mnt"}, {"type": "uts"}]
    before = Path(f"/proc/{holder}/mountinfo").read_text()

    def act(container: Container) -> tuple[str, str]:
        return link(container.init.pid, "mount"), container.exec("ls", "/").stdout

    joined, listing = harness.within(document, act)
    assert joined == link(holder, "mount")
    assert "busybox" not in listing and listing.split() == sorted(os.listdir(harness.rootfs))
    assert Path(f"/proc/{holder}/mountinfo").read_text() == before


def test_without_any_it_is_a_chroot(harness: Harness) -> None:
    document = harness.document("sh", "-c", "echo *; sleep 1000")
    document["mounts"] = []
    document["linux"] = {"cgroupsPath": document["linux"]["cgroupsPath"]}
    del document["hostname"]

    def act(container: Container) -> tuple[str, str, str]:
        return container.line(), link(container.init.pid, "mount"), container.exec("sh", "-c", "echo *").stdout.strip()

    inside, namespace, executed = harness.within(document, act)
    assert inside == executed == " ".join(sorted(os.listdir(harness.rootfs)))
    assert namespace == link("self", "mount")


def test_time_offsets(harness: Harness) -> None:
    document = harness.document("cat", "/proc/uptime")
    document["linux"]["namespaces"].append({"type": "time"})
    document["linux"]["timeOffsets"] = {"boottime": {"secs": 1_000_000}, "monotonic": {"secs": 5, "nanosecs": 3}}
    own = float(Path("/proc/uptime").read_text().split()[0])
    inside = float(harness.run(document).stdout.split()[0])
    assert 1_000_000 <= inside - own < 1_000_060


def test_time_namespace_of_the_caller_stays(harness: Harness) -> None:
    document = harness.document("true")
    document["linux"]["namespaces"].append({"type": "time"})

    def act() -> list[str]:
        before = [os.readlink(f"/proc/self/ns/{name}") for name in ("time", "time_for_children", "pid_for_children")]
        with harness.created(spec_from_json(document)) as container:
            container.init.start()
            container.wait()
        after = [os.readlink(f"/proc/self/ns/{name}") for name in ("time", "time_for_children", "pid_for_children")]
        return [] if before == after else after

    assert forked(act) == []


@pytest.mark.row("D9", "D11")
def test_what_is_seen_inside(harness: Harness) -> None:
    document = harness.shell(
        "echo $$; hostname; cat /proc/sys/kernel/domainname; cat /proc/net/dev | tail -n +3; ps; true"
    )
    document["domainname"] = "of.test"
    number, hostname, domain, loopback, _, *processes = harness.run(document).stdout.splitlines()
    assert (number, hostname, domain) == ("1", "tested", "of.test")
    assert loopback.strip().startswith("lo:")
    assert len(processes) == 2  # the shell and ps


def test_loopback_of_a_new_network_namespace_is_up(harness: Harness) -> None:
    assert harness.run(harness.shell("cat /sys/class/net/lo/flags")).stdout == "0x9\n"  # up and loopback: netdevice(7)


def test_a_path_that_is_no_namespace(harness: Harness) -> None:
    document = harness.document("true")
    document["linux"]["namespaces"] = [{"type": "mount"}, {"type": "ipc", "path": "/etc/passwd"}]
    del document["hostname"]
    assert "invalid argument" in str(harness.refused(document))
    document["linux"]["namespaces"][1]["path"] = "/nowhere"
    assert str(harness.refused(document)) == "lstat /nowhere: no such file or directory"
    # A namespace, but of another kind.
    document["linux"]["namespaces"][1]["path"] = "/proc/self/ns/uts"
    assert "invalid argument" in str(harness.refused(document))


def mapped(harness: Harness, *args: str) -> dict:
    document = harness.document(*args)
    document["linux"]["namespaces"].append({"type": "user"})
    document["linux"]["uidMappings"] = [{"containerID": 0, "hostID": 200_000, "size": 65_536}]
    document["linux"]["gidMappings"] = [{"containerID": 0, "hostID": 300_000, "size": 65_536}]
    for path in (harness.rootfs, *harness.rootfs.rglob("*")):
        os.chown(path, 200_000, 300_000, follow_symlinks=False)
    return document


@pytest.mark.row("N3")
def test_user_namespace(harness: Harness) -> None:
    document = mapped(
        harness, "sh", "-c", "id; cat /proc/self/uid_map; ls -ln /etc/passwd; mkdir /made; ls -l /dev/null; sleep 1000"
    )

    def act(container: Container) -> list[str]:
        lines = [container.line() for _ in range(4)]
        status = Path(f"/proc/{container.init.pid}/status").read_text()
        assert "Uid:\t200000\t200000\t200000\t200000\n" in status
        assert "Gid:\t300000\t300000\t300000\t300000\n" in status
        executed = container.exec("id")
        return [*lines, executed.stdout.strip()]

    who, mapping, listing, device, executed = harness.within(document, act)
    assert who == executed == "uid=0(root) gid=0"
    assert mapping.split() == ["0", "200000", "65536"]
    assert listing.split()[2:4] == ["0", "0"]
    assert device.startswith("crw-rw-rw-")
    assert os.stat(harness.rootfs / "made").st_uid == 200_000


def test_user_namespace_behind_closed_directories(harness: Harness) -> None:
    """The root lies in a directory that the mapped root may not pass through, as Docker's data-root does."""
    harness.bundle.chmod(0o700)
    document = mapped(harness, "cat", "/etc/data")
    source = harness.bundle / "data"
    source.write_text("through")
    document["mounts"].append({"destination": "/etc/data", "type": "bind", "source": str(source), "options": ["bind"]})
    assert harness.run(document).stdout == "through"


def test_user_namespace_by_path(harness: Harness) -> None:
    """The other namespaces belong to it: proc can be mounted, the host name set."""
    holder = subprocess.Popen(["unshare", "-U", "sleep", "1000"])
    try:
        while os.readlink(f"/proc/{holder.pid}/ns/user") == os.readlink("/proc/self/ns/user"):
            pass
        for name, line in (("uid_map", "0 200000 65536"), ("gid_map", "0 300000 65536")):
            with open(f"/proc/{holder.pid}/{name}", "w") as file:
                file.write(line)
        document = mapped(harness, "sh", "-c", "id; hostname; sleep 1000")
        del document["linux"]["uidMappings"], document["linux"]["gidMappings"]
        document["linux"]["namespaces"][-1]["path"] = f"/proc/{holder.pid}/ns/user"

        def act(container: Container) -> tuple[str, str, str, bool]:
            lines = container.line(), container.line()
            parent = f"PPid:\t{os.getpid()}\n" in Path(f"/proc/{container.init.pid}/status").read_text()
            return *lines, link(container.init.pid, "user"), parent

        who, name, user, is_child = harness.within(document, act)
        assert (who, name, is_child) == ("uid=0(root) gid=0", "tested", True)
        assert user == link(holder.pid, "user")
    finally:
        holder.kill()
        holder.wait()


def test_user_namespace_that_fails_leaves_nothing(harness: Harness) -> None:
    document = mapped(harness, "nope")
    assert str(harness.refused(document)) == 'exec: "nope": executable file not found in $PATH'
    document["linux"]["uidMappings"] = [{"containerID": 5, "hostID": 1, "size": 1}]
    assert "invalid argument" in str(harness.refused(document)) or "root of the user" in str(harness.refused(document))


def test_exit_code_by_signal(harness: Harness) -> None:
    def act() -> int:
        with harness.created(spec_from_json(harness.document("sleep", "1000"))) as container:
            container.init.start()
            os.kill(container.init.pid, 9)
            return exit_code(container.init.pid)

    assert forked(act) == 137
