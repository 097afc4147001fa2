"""Hostile images, played: each test is an attack on container runtimes that was once possible, and must fail here."""

import contextlib
import ctypes
import os
import shutil
import signal
import time
from pathlib import Path
from typing import Any

import pytest
from tests.integration.runtime.harness import Container, Harness, forked

from dockyard.errors import InvalidParameter, SystemFailure
from dockyard.runtime.container_exec import exec_process
from dockyard.runtime.launch import Stdio
from dockyard.spec.runtime import Process, spec_from_json

pytestmark = pytest.mark.root


@pytest.fixture
def outside(tmp_path: Path) -> Path:
    """A directory of the host that no container may touch."""
    directory = tmp_path / "outside"
    directory.mkdir()
    (directory / "file").write_text("of the host")
    return directory


def unchanged(outside: Path) -> bool:
    return os.listdir(outside) == ["file"] and (outside / "file").read_text() == "of the host"


def up(path: Path) -> str:
    """`path` as seen from far below: more `..` than there can be directories."""
    return "/".join([".."] * 40) + str(path)


@pytest.mark.parametrize("link", ["{outside}", "{up}", "/proc/self/root{outside}", "/proc/1/root{outside}"])
def test_a_mount_point_that_is_a_link_to_the_host(harness: Harness, outside: Path, link: str) -> None:
    """CVE-2017-1002101, CVE-2021-30465: the target of a mount is a symbolic link that leads out."""
    (harness.rootfs / "data").symlink_to(link.format(outside=outside, up=up(outside)))
    document = harness.shell("cat /proc/self/mountinfo; touch /data/made")
    document["mounts"].append({"destination": "/data/sub", "type": "tmpfs", "source": "tmpfs"})

    def act() -> str:
        try:
            with harness.created(spec_from_json(document)) as container:
                container.init.start()
                return container.wait().stdout
        except SystemFailure as error:
            return str(error)

    before = Path("/proc/self/mountinfo").read_text()
    said = forked(act)
    assert unchanged(outside)
    assert [line for line in Path("/proc/self/mountinfo").read_text().splitlines() if str(outside) in line] == []
    if "proc" not in link:  # taken as inside the root, where it leads to a directory of that name
        assert f" {outside}/sub " in said, before


def test_a_file_mount_point_that_is_a_dangling_link(harness: Harness, outside: Path) -> None:
    """What is created for a bind of a file is created in the root, wherever the link says."""
    (harness.rootfs / "etc/resolv.conf").symlink_to(f"{up(outside)}/made")
    source = harness.bundle / "resolv.conf"
    source.write_text("nameserver 1.2.3.4\n")
    document = harness.document("cat", "/etc/resolv.conf")
    document["mounts"].append({"destination": "/etc/resolv.conf", "source": str(source), "options": ["bind"]})
    assert harness.run(document).stdout == "nameserver 1.2.3.4\n"
    assert unchanged(outside)


def test_links_in_a_circle(harness: Harness) -> None:
    (harness.rootfs / "a").symlink_to("b")
    (harness.rootfs / "b").symlink_to("a")
    document = harness.document("true")
    for kind, source in (("tmpfs", "tmpfs"), ("bind", "/etc/passwd")):
        document["mounts"][-1] = {"destination": "/a/x", "type": kind, "source": source}
        assert "too many levels of symbolic links" in str(harness.refused(document))


def test_the_root_is_swapped_for_a_link_while_it_is_mounted(harness: Harness, outside: Path) -> None:
    """CVE-2021-30465: a directory shared by two containers is exchanged with a link again and again during creation."""
    shared = harness.bundle / "shared"
    (shared / "a").mkdir(parents=True)
    (shared / "b").symlink_to(up(outside))
    document = harness.document("true")
    document["mounts"] += [
        {"destination": "/shared", "source": str(shared), "options": ["rbind"]},
        {"destination": "/shared/a/x", "type": "tmpfs", "source": "tmpfs"},
    ]
    exchanger = os.fork()
    if exchanger == 0:
        rename = ctypes.CDLL(None).renameat2
        signal.alarm(60)
        while True:
            rename(-100, bytes(shared / "a"), -100, bytes(shared / "b"), 2)
    try:

        def act() -> int:
            created = 0
            for _ in range(150):
                with contextlib.suppress(SystemFailure):
                    with harness.created(spec_from_json(document)) as container:
                        created += 1
                        inside = Path(f"/proc/{container.init.pid}/mountinfo").read_text()
                        assert all(line.split()[4].startswith("/") for line in inside.splitlines())
            return created

        assert forked(act, 90) > 0
    finally:
        os.kill(exchanger, signal.SIGKILL)
        os.waitpid(exchanger, 0)
    assert unchanged(outside)
    assert str(outside) not in Path("/proc/self/mountinfo").read_text()


@pytest.mark.parametrize("kind", ["proc", "sysfs"])
def test_proc_of_the_image_is_a_link(harness: Harness, kind: str) -> None:
    """CVE-2019-16884, CVE-2019-19921:

    procfs is mounted elsewhere, and masks and labels go to what the image put there.
    """
    name = {"proc": "proc", "sysfs": "sys"}[kind]
    (harness.rootfs / name).rmdir()
    (harness.rootfs / "elsewhere").mkdir()
    (harness.rootfs / name).symlink_to("elsewhere")
    error = harness.refused(harness.document("true"))
    assert isinstance(error, InvalidParameter)
    assert f'filesystem "{kind}" must be mounted on ordinary directory' in str(error)


def test_masks_without_procfs(harness: Harness) -> None:
    """CVE-2019-16884: what is to be masked in /proc isn't on a procfs; the real one would stay open later."""
    document = harness.document("true")
    document["mounts"] = [mount for mount in document["mounts"] if mount["destination"] != "/proc"]
    (harness.rootfs / "proc/keys").write_text("made by the image")
    assert 'can\'t mask path "/proc/keys": it is not on a proc file system' in str(harness.refused(document))


@pytest.mark.parametrize(
    ("destination", "allowed"),
    [
        ("/proc", False),
        ("/proc/sys/kernel", False),
        ("/proc/self/attr", False),
        ("/proc/../proc/self", False),
        ("/proc/uptime", True),
        ("//proc//meminfo", True),
    ],
)
def test_mounts_inside_proc(harness: Harness, destination: str, allowed: bool) -> None:
    """CVE-2019-19921: a volume over parts of /proc makes the runtime's own writes go to files of the attacker."""
    source = harness.bundle / "fake"
    if allowed:
        source.write_text("faked")
    else:
        source.mkdir()
    document = harness.document("cat", destination)
    document["mounts"].append({"destination": destination, "source": str(source), "options": ["bind"]})
    if allowed:
        assert harness.run(document).stdout == "faked"
    else:
        error = str(harness.refused(document))
        assert "cannot be mounted because it is inside /proc" in error or "no such file" in error


def test_mounts_inside_proc_through_a_link(harness: Harness) -> None:
    (harness.rootfs / "innocent").symlink_to("proc/sys")
    source = harness.bundle / "fake"
    source.mkdir()
    document = harness.document("true")
    document["mounts"].append({"destination": "/innocent/kernel", "source": str(source), "options": ["bind"]})
    assert '"/innocent/kernel" cannot be mounted because it is inside /proc' in str(harness.refused(document))


def test_null_device_of_the_image(harness: Harness) -> None:
    """CVE-2025-31133:

    /dev/null of the container is a link to what shall be written or read; the mask must not be that.
    """
    document = harness.shell("stat -c %t,%T /proc/keys; cat /proc/keys")
    # No file system at /dev: the image's own, in which null is a link.
    document["mounts"] = [mount for mount in document["mounts"] if not mount["destination"].startswith("/dev")]
    (harness.rootfs / "dev/null").symlink_to("/proc/sys/kernel/core_pattern")
    before = Path("/proc/sys/kernel/core_pattern").read_text()
    output = harness.run(document)
    assert output.stdout == "1,3\n"
    assert Path("/proc/sys/kernel/core_pattern").read_text() == before


def test_console_of_the_image(harness: Harness, outside: Path) -> None:
    """CVE-2025-52565: /dev/console or /dev/pts/N is a link; the terminal must not be bound over what it names."""
    import socket

    from tests.integration.runtime.harness import receive_descriptor

    document = harness.shell("stat -c %t /dev/console; grep -c core_pattern /proc/self/mountinfo; tty")
    document["process"]["terminal"] = True
    document["mounts"] = [mount for mount in document["mounts"] if mount["destination"] != "/dev"]
    (harness.rootfs / "dev/console").symlink_to("/proc/sys/kernel/core_pattern")

    def act() -> bytes:
        ours, theirs = socket.socketpair()
        try:
            with harness.created(spec_from_json(document), console_socket=theirs.fileno()) as container:
                master = receive_descriptor(ours)
                container.init.start()
                output = b""
                with contextlib.suppress(OSError):
                    while part := os.read(master, 1000):
                        output += part
                return output
        except (InvalidParameter, SystemFailure) as error:
            return str(error).encode()

    said = forked(act)
    assert said == b"/dev/console in the container's root is a symbolic link"


def test_multiplexer_of_the_image(harness: Harness) -> None:
    """/dev/ptmx of the image is some other device; its terminal must come from a devpts."""
    import socket

    document = harness.document("true")
    document["process"]["terminal"] = True
    document["mounts"] = [mount for mount in document["mounts"] if not mount["destination"].startswith("/dev")]
    (harness.rootfs / "dev/pts").mkdir()
    os.mknod(harness.rootfs / "dev/pts/ptmx", 0o020666, os.makedev(1, 5))

    def act() -> str:
        _, theirs = socket.socketpair()
        with pytest.raises(SystemFailure) as raised:
            with harness.created(spec_from_json(document), console_socket=theirs.fileno()):
                pass
        return str(raised.value)

    assert "is not a terminal multiplexer" in forked(act)


@pytest.mark.parametrize("number", range(3, 40, 4))
def test_working_directory_is_a_descriptor_of_the_runtime(harness: Harness, number: int) -> None:
    """CVE-2024-21626: a descriptor of the host's file system that leaks is entered as working directory."""
    document = harness.shell("echo *; cat ../../../../../../../etc/hostname")
    document["process"]["cwd"] = f"/proc/self/fd/{number}"

    def act() -> str:
        host = os.open("/etc", os.O_RDONLY)  # one more, inheritable, as a careless caller has it
        os.set_inheritable(host, True)
        try:
            with harness.created(spec_from_json(document)) as container:
                container.init.start()
                return container.wait().stdout
        except SystemFailure as error:
            return str(error)

    said = forked(act)
    assert "set in config.json failed" in said or "mkdir /proc/self/fd" in said, said


def test_working_directory_of_an_exec_is_a_descriptor(harness: Harness) -> None:
    def act(container: Container) -> set[str]:
        host = os.open("/etc", os.O_RDONLY)
        os.set_inheritable(host, True)
        said = set()
        for number in range(3, 30):
            try:
                output = container.exec("sh", "-c", "echo *", cwd=f"/proc/self/fd/{number}")
                said.add(output.stdout)
            except SystemFailure as error:
                said.add(str(error).partition(":")[0].rpartition(" ")[2])
        return said

    assert harness.within(harness.document("sleep", "1000"), act) == {"failed"}


def test_no_descriptor_of_the_host_is_left_open(harness: Harness) -> None:
    """The program has 0, 1 and 2, and what it opens itself."""

    def act() -> tuple[str, list[str]]:
        for _ in range(5):
            os.set_inheritable(os.open("/etc", os.O_RDONLY), True)
        document = harness.document("sh", "-c", "exec 9>&1; ls /proc/self/fd >&9; echo; exec sleep 1000")
        with harness.created(spec_from_json(document)) as container:
            container.init.start()
            seen = [container.line() for _ in range(6)]
            while Path(f"/proc/{container.init.pid}/comm").read_text() != "sleep\n":
                time.sleep(0.001)
            directory = f"/proc/{container.init.pid}/fd"
            return " ".join(seen), [os.readlink(f"{directory}/{name}") for name in os.listdir(directory)]

    inside, from_outside = forked(act)
    assert inside == "0 1 2 3 9 "  # 3 is the directory that ls reads
    assert all(link.startswith("pipe:[") for link in from_outside), from_outside


def test_preserved_descriptors_are_those_and_no_others(harness: Harness) -> None:
    def act() -> str:
        reader, writer = os.pipe()
        assert reader == 3
        os.set_inheritable(os.open("/etc", os.O_RDONLY), True)
        os.write(writer, b"preserved\n")
        document = harness.shell("head -n 1 <&3; ls /proc/self/fd")
        with harness.created(spec_from_json(document), preserve_fds=1) as container:
            container.init.start()
            return container.wait().stdout

    assert forked(act).split() == ["preserved", "0", "1", "2", "3", "4"]  # 4: the directory that ls reads


def test_preserved_descriptors_that_are_not_there(harness: Harness) -> None:
    """Their numbers would be taken by descriptors of the runtime, such as the host's /proc, and be handed over."""
    document = harness.document("ls", "-l", "/proc/self/fd")
    assert "unable to stat preserved-fd" in str(harness.refused(document, preserve_fds=20))

    def act(container: Container) -> str:
        with pytest.raises(InvalidParameter) as raised:
            container.exec("true", preserve_fds=30)
        return str(raised.value)

    assert "unable to stat preserved-fd" in harness.within(harness.document("sleep", "1000"), act)


@pytest.mark.parametrize("entry", ["script", "link"])
def test_the_interpreter_as_entrypoint(harness: Harness, entry: str) -> None:
    """CVE-2019-5736: the image's program is /proc/self/exe, by interpreter line or by link: the runtime's own file.

    It can't even be executed: inside, the link names a file that isn't there any more, or the image's own.
    """
    path = harness.rootfs / "entry"
    if entry == "script":
        path.write_text("#!/proc/self/exe\n")
        path.chmod(0o755)
    else:
        path.symlink_to("/proc/self/exe")
    before = os.stat("/proc/self/exe")
    document = harness.document("/entry", "-c", "print(1)")

    def act() -> Any:
        with contextlib.suppress(Exception):
            with harness.created(spec_from_json(document)) as container:
                container.init.start()
                deadline = time.monotonic() + 1
                while time.monotonic() < deadline and container.init.state.alive():
                    with contextlib.suppress(OSError):
                        os.close(os.open(f"/proc/{container.init.pid}/root/proc/self/exe", os.O_WRONLY))
        return None

    forked(act)
    after = os.stat("/proc/self/exe")
    assert (before.st_mtime_ns, before.st_ino, before.st_size) == (after.st_mtime_ns, after.st_ino, after.st_size)


def test_a_joining_process_can_not_be_looked_into(harness: Harness) -> None:
    """CVE-2016-9962: until execve it isn't dumpable, so that root of the container has no access to its /proc files."""
    spy = (
        "while :; do for p in /proc/[0-9]*; do "
        "case $(readlink $p/exe) in *python*|*memfd*) ls $p/fd/ > /dev/null 2>&1 && echo caught $p;; esac; done; done"
    )

    def act(container: Container) -> str:
        with open("/dev/null", "r+b") as null:
            for _ in range(150):
                child = exec_process(
                    container.init.state,
                    Process(cwd="/", args=("/bin/true",)),
                    stdio=Stdio(null.fileno(), null.fileno(), null.fileno()),
                )
                os.waitpid(child.pid, 0)
                os.close(child.pidfd)
        os.set_blocking(container.streams.stdout, False)
        try:
            return os.read(container.streams.stdout, 1000).decode()
        except BlockingIOError:
            return ""

    assert harness.within(harness.shell(spy), act) == ""


def test_a_pipe_in_place_of_the_password_file(harness: Harness) -> None:
    """It would make the runtime wait for ever."""
    (harness.rootfs / "etc/passwd").unlink()
    os.mkfifo(harness.rootfs / "etc/passwd")
    assert "HOME=/\n" in harness.run(harness.document("env")).stdout


def test_a_terminal_in_place_of_the_password_file(harness: Harness) -> None:
    (harness.rootfs / "etc/passwd").unlink()
    (harness.rootfs / "etc/passwd").symlink_to("/dev/zero")
    assert "HOME=/\n" in harness.run(harness.document("env")).stdout


def test_a_cgroup_path_that_climbs(harness: Harness) -> None:
    document = harness.document("cat", "/proc/self/cgroup")
    document["linux"]["cgroupsPath"] = f"/../../..{harness.cgroup}/../../../{harness.cgroup}/climbed"
    assert f":{harness.cgroup}/climbed\n" in harness.run(document).stdout


@pytest.mark.parametrize("name", ["net/../kernel/core_pattern", "net.ipv4/../../kernel/panic", "net.core.somaxconn/.."])
def test_a_parameter_that_climbs(harness: Harness, name: str) -> None:
    document = harness.document("true")
    document["linux"]["sysctl"] = {name: "1"}
    before = Path("/proc/sys/kernel/core_pattern").read_text(), Path("/proc/sys/kernel/panic").read_text()
    assert "sysctl" in str(harness.refused(document))
    assert before == (Path("/proc/sys/kernel/core_pattern").read_text(), Path("/proc/sys/kernel/panic").read_text())


def test_a_copied_up_directory_with_links_to_the_host(harness: Harness, outside: Path) -> None:
    data = harness.rootfs / "data"
    data.mkdir()
    (data / "link").symlink_to(outside)
    (data / "up").symlink_to(up(outside))
    document = harness.shell("ls /data/link/ /data/up/; test -L /data/link && test -L /data/up && echo links")
    document["mounts"].append({"destination": "/data", "type": "tmpfs", "source": "tmpfs", "options": ["tmpcopyup"]})
    assert harness.run(document).stdout == "links\n"
    assert unchanged(outside)


def test_a_root_full_of_links(harness: Harness, outside: Path) -> None:
    """Everything that the runtime touches in the image is a link to the host."""
    for name in ("dev", "etc"):
        shutil.rmtree(harness.rootfs / name)
        (harness.rootfs / name).symlink_to(up(outside))
    document = harness.document("true")
    document["process"]["cwd"] = "/etc/made"
    document["hostname"] = "x"
    harness.run(document)
    assert unchanged(outside)
