"""Bindings to the kernel that need no privilege."""

import errno
import os
import resource
import select
import signal
from pathlib import Path

import pytest

from dockyard.linux import capabilities, clone, descriptors, libc, open_beneath, process, rlimit, statfs, unix_socket


def test_reasons_are_written_as_go_does() -> None:
    assert libc.reason(OSError(errno.ENOENT, os.strerror(errno.ENOENT))) == "no such file or directory"
    assert libc.reason(OSError(errno.EIO, "RDMA is off")) == "RDMA is off"


def test_null_bytes() -> None:
    with pytest.raises(ValueError, match="null byte"):
        libc.encoded("a\0b")


def test_a_call_that_this_machine_does_not_know() -> None:
    with pytest.raises(OSError) as raised:
        libc.older_system_call("no_such_call")()
    assert raised.value.errno == errno.ENOSYS


def test_fork_returns_twice_and_gives_a_descriptor() -> None:
    child = clone.fork_into()
    if child is None:
        os._exit(7)
    poller = select.poll()
    poller.register(child.pidfd, select.POLLIN)
    assert poller.poll(5000)
    assert os.waitstatus_to_exitcode(os.waitpid(child.pid, 0)[1]) == 7
    assert not os.get_inheritable(child.pidfd)
    os.close(child.pidfd)


def test_a_forked_interpreter_works() -> None:
    """Signals, memory, another fork and threads' locks are as after os.fork."""
    child = clone.fork_into()
    if child is None:
        try:
            signal.signal(signal.SIGUSR1, lambda *_: os._exit(9))
            grandchild = os.fork()
            if grandchild == 0:
                os._exit(0)
            os.waitpid(grandchild, 0)
            data = [str(number) for number in range(100_000)]
            assert data[-1] == "99999"
            os.kill(os.getpid(), signal.SIGUSR1)
            while True:
                signal.pause()
        finally:
            os._exit(1)
    os.close(child.pidfd)
    assert os.waitstatus_to_exitcode(os.waitpid(child.pid, 0)[1]) == 9


def test_flags_that_can_not_be() -> None:
    with pytest.raises(OSError) as raised:
        clone.fork_into(1 << 62)
    assert raised.value.errno == errno.EINVAL


def test_names_and_bits_of_capabilities() -> None:
    assert capabilities.mask_of(("CAP_CHOWN", "CAP_CHECKPOINT_RESTORE")) == 1 | 1 << 40
    assert capabilities.known() & 0xFFFFFFFF == 0xFFFFFFFF
    with pytest.raises(KeyError):
        capabilities.mask_of(("CAP_MOON",))
    status = dict(line.split(":\t") for line in Path("/proc/self/status").read_text().splitlines() if ":\t" in line)
    assert capabilities.own()[:2] == (int(status["CapEff"], 16), int(status["CapPrm"], 16))


def in_child(function: object) -> int:
    pid = os.fork()
    if pid == 0:
        try:
            os._exit(function())  # type: ignore[operator]
        finally:
            os._exit(99)
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])


def test_closing_all_but() -> None:
    def act() -> int:
        kept = os.open("/", os.O_RDONLY)
        others = [os.open("/", os.O_RDONLY) for _ in range(5)]
        descriptors.close_all_but({0, 1, 2, kept})
        os.fstat(kept)
        gone = 0
        for other in others:
            try:
                os.fstat(other)
            except OSError:
                gone += 1
        return gone

    assert in_child(act) == 5


def test_limits_are_lowered_and_clamped() -> None:
    def act() -> int:
        rlimit.set_own("RLIMIT_CORE", 0, 0)
        rlimit.set_own("RLIMIT_NOFILE", 50, rlimit.UNLIMITED)  # clamped where it can't be raised
        soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        return int((soft, resource.getrlimit(resource.RLIMIT_CORE)) == (50, (0, 0)) and (hard == -1 or hard >= 50))

    assert in_child(act) == 1


def test_names_of_processes() -> None:
    def act() -> int:
        process.set_name("a-name-that-is-too-long")
        return int(Path("/proc/self/comm").read_text() == "a-name-that-is-\n")

    assert in_child(act) == 1


def test_beneath_is_strict(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    (tmp_path / "in/file").touch()
    (tmp_path / "link").symlink_to("in")
    directory = os.open(tmp_path, os.O_PATH)
    os.close(open_beneath.beneath(directory, "in/file"))
    for path in ("link/file", "/in/file", "../x", "in/../../x"):
        with pytest.raises(OSError):
            open_beneath.beneath(directory, path)
    with pytest.raises(OSError):
        open_beneath.beneath(os.open("/", os.O_PATH), "proc/version")  # another mount
    os.close(directory)


def test_links_to_descriptors_are_refused() -> None:
    root = os.open("/", os.O_PATH)
    with pytest.raises(OSError) as raised:
        open_beneath.in_root(root, "/proc/self/cwd")
    assert raised.value.errno == errno.ELOOP
    os.close(root)


def test_file_systems() -> None:
    assert statfs.filesystem_type("/proc") == statfs.PROC
    assert statfs.filesystem_type("/sys") == statfs.SYSFS


def test_sockets_at_long_paths(tmp_path: Path) -> None:
    directory = tmp_path / ("d" * 100)
    directory.mkdir()
    server = unix_socket.listen(f"{directory}/gate")
    client = unix_socket.connect(f"{directory}/gate")
    accepted = unix_socket.accept(server)
    os.write(client, b"hello")
    assert os.read(accepted, 10) == b"hello"
    for each in (server, client, accepted):
        assert not os.get_inheritable(each)
        os.close(each)
    with pytest.raises(ConnectionRefusedError):
        unix_socket.connect(f"{directory}/gate")
    with pytest.raises(FileNotFoundError):
        unix_socket.connect(f"{tmp_path}/none")
