"""The process of the library's containers: config.md "Process" of runtime-spec v1.2."""

import contextlib
import os
import resource
import socket
from pathlib import Path
from typing import Any

import pytest
from tests.integration.runtime.harness import CAPABILITIES, Harness, forked, receive_descriptor

from dockyard.engine.security import profile
from dockyard.spec.runtime import spec_from_json, to_json

pytestmark = pytest.mark.root
STATUS = "cat /proc/self/status"


def status(harness: Harness, document: dict[str, Any]) -> dict[str, str]:
    output = harness.run(document)
    assert output.code == 0, output
    return dict(line.split(":\t", 1) for line in output.stdout.splitlines() if ":\t" in line)


@pytest.mark.row("D12")
def test_dockers_capabilities(harness: Harness) -> None:
    found = status(harness, harness.shell(STATUS))
    assert (found["CapBnd"], found["CapPrm"], found["CapEff"]) == ("00000000a80425fb",) * 3
    assert (found["CapInh"], found["CapAmb"]) == ("0000000000000000",) * 2
    assert harness.run(harness.shell("mount -t tmpfs x /tmp")).code != 0


def test_all_five_sets_are_independent(harness: Harness) -> None:
    document = harness.document("cat", "/proc/self/status")
    document["process"]["user"] = {"uid": 1000, "gid": 1000}
    document["process"]["capabilities"] = {
        "bounding": ["CAP_CHOWN", "CAP_KILL", "CAP_NET_RAW", "CAP_SETPCAP"],
        "permitted": ["CAP_CHOWN", "CAP_KILL", "CAP_NET_RAW"],
        "effective": ["CAP_CHOWN"],
        "inheritable": ["CAP_KILL", "CAP_NET_RAW"],
        "ambient": ["CAP_KILL"],
    }
    found = status(harness, document)
    # Another uid than 0: what execve leaves is ambient, which is then permitted and effective; capabilities(7).
    bits = {name: 1 << number for name, number in (("KILL", 5), ("NET_RAW", 13), ("CHOWN", 0), ("SETPCAP", 8))}
    assert int(found["CapBnd"], 16) == sum(bits.values())
    assert int(found["CapInh"], 16) == bits["KILL"] | bits["NET_RAW"]
    assert int(found["CapAmb"], 16) == int(found["CapPrm"], 16) == int(found["CapEff"], 16) == bits["KILL"]


def test_no_capabilities(harness: Harness) -> None:
    document = harness.shell(STATUS)
    del document["process"]["capabilities"]
    found = status(harness, document)
    assert {found[key] for key in ("CapBnd", "CapPrm", "CapEff", "CapInh", "CapAmb")} == {"0" * 16}


def test_user_groups_and_umask(harness: Harness) -> None:
    document = harness.document("cat", "/proc/self/status")
    document["process"]["user"] = {"uid": 1000, "gid": 1001, "additionalGids": [5, 6, 70000], "umask": 0o077}
    found = status(harness, document)
    assert found["Uid"].split() == ["1000"] * 4
    assert found["Gid"].split() == ["1001"] * 4
    assert found["Groups"].split() == ["5", "6", "70000"]
    assert found["Umask"] == "0077"
    assert status(harness, harness.shell(STATUS))["Umask"] == "0022"


def test_no_new_privileges(harness: Harness) -> None:
    document = harness.shell(STATUS)
    assert status(harness, document)["NoNewPrivs"] == "0"
    document["process"]["noNewPrivileges"] = True
    assert status(harness, document)["NoNewPrivs"] == "1"


@pytest.mark.row("D13")
@pytest.mark.parametrize("no_new_privileges", [False, True])
@pytest.mark.parametrize("uid", [0, 1000])
def test_dockers_filter(harness: Harness, no_new_privileges: bool, uid: int) -> None:
    """It is installed without CAP_SYS_ADMIN being left, and stops what Docker's stops, for exec too."""
    document = harness.shell("cat /proc/self/status; sleep 1000")
    seccomp = profile.default_seccomp(CAPABILITIES, (6, 1), "amd64" if os.uname().machine == "x86_64" else "arm64")
    document["linux"]["seccomp"] = to_json(seccomp)
    document["process"]["noNewPrivileges"] = no_new_privileges
    document["process"]["user"]["uid"] = uid

    def act(container: Any) -> list[str]:
        lines = []
        while not lines or not lines[-1].startswith("nonvoluntary"):
            lines.append(container.line())
        return [*lines, "--", *container.exec("cat", "/proc/self/status").stdout.splitlines()]

    for text in "\n".join(harness.within(document, act)).split("--"):
        found = dict(line.split(":\t", 1) for line in text.splitlines() if ":\t" in line)
        assert found["Seccomp"] == "2"
        assert found["Seccomp_filters"] == "1"
        assert int(found["CapEff"], 16) == (0xA80425FB if uid == 0 else 0)
        assert int(found["CapBnd"], 16) == 0xA80425FB


def test_a_filter_that_allows_next_to_nothing(harness: Harness) -> None:
    """After it is installed only capset and execve are needed from our side, without no_new_privs; with it, execve."""
    document = harness.document("true")
    names = ["execve", "capset", "exit_group", "brk", "arch_prctl", "set_tid_address", "set_robust_list", "rseq"]
    names += ["prlimit64", "readlink", "readlinkat", "getrandom", "mprotect", "prctl", "getuid", "mmap", "munmap"]
    document["linux"]["seccomp"] = {
        "defaultAction": "SCMP_ACT_KILL_PROCESS",
        "syscalls": [{"names": names, "action": "SCMP_ACT_ALLOW"}],
    }
    assert harness.run(document).code == 0
    names.remove("capset")
    document["process"]["noNewPrivileges"] = True
    assert harness.run(document).code == 0


def test_rlimits(harness: Harness) -> None:
    document = harness.document("cat", "/proc/self/limits")
    document["process"]["rlimits"] = [
        {"type": "RLIMIT_NOFILE", "soft": 100, "hard": 200},
        {"type": "RLIMIT_CORE", "soft": 0, "hard": (1 << 64) - 1},
        {"type": "RLIMIT_RTTIME", "soft": 5, "hard": 6},
    ]
    lines = {line[:26].strip(): line[26:].split() for line in harness.run(document).stdout.splitlines()}
    assert lines["Max open files"][:2] == ["100", "200"]
    assert lines["Max realtime timeout"][:2] == ["5", "6"]
    assert lines["Max core file size"][0] == "0"


def test_rlimits_above_what_may_be_are_clamped(harness: Harness) -> None:
    """Without CAP_SYS_RESOURCE a hard limit can't be raised; the container starts with the most that there is."""
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    document = harness.document("grep", "open files", "/proc/self/limits")
    document["process"]["rlimits"] = [{"type": "RLIMIT_NOFILE", "soft": 1 << 30, "hard": 1 << 30}]

    def act() -> list[str]:
        resource.setrlimit(resource.RLIMIT_NOFILE, (min(500, hard), min(500, hard)))
        with harness.created(spec_from_json(document)) as container:
            container.init.start()
            return container.wait().stdout.split()[3:5]

    from dockyard.linux import capabilities

    def without() -> list[str]:
        effective, permitted, inheritable = capabilities.own()
        less = ~(1 << capabilities.NUMBERS["CAP_SYS_RESOURCE"])
        capabilities.set_own(effective & less, permitted & less, inheritable & less)
        return act()

    assert forked(without) == ["500", "500"]


def test_oom_score(harness: Harness) -> None:
    document = harness.shell("cat /proc/self/oom_score_adj; sleep 1000")
    document["process"]["oomScoreAdj"] = 333

    def act(container: Any) -> tuple[str, str]:
        return container.line(), container.exec("cat", "/proc/self/oom_score_adj").stdout.strip()

    assert harness.within(document, act) == ("333", "333")


def test_scheduler_and_io_priority(harness: Harness) -> None:
    document = harness.shell("cat /proc/self/stat; sleep 1000")
    document["process"]["scheduler"] = {"policy": "SCHED_BATCH", "nice": 7}
    document["process"]["ioPriority"] = {"class": "IOPRIO_CLASS_IDLE", "priority": 0}

    def act(container: Any) -> tuple[str, int, int]:
        import ctypes

        libc = ctypes.CDLL(None)
        priority = libc.syscall(252 if os.uname().machine == "x86_64" else 31, 1, container.init.pid)
        return container.line(), os.sched_getscheduler(container.init.pid), priority

    line, policy, priority = harness.within(document, act)
    assert line.rpartition(")")[2].split()[16] == "7"
    assert policy == os.SCHED_BATCH
    assert priority >> 13 == 3


@pytest.mark.skipif(os.uname().machine != "x86_64", reason="names of the 32-bit personality differ")
def test_personality(harness: Harness) -> None:
    document = harness.document("sh", "-c", "cat /proc/self/personality")
    document["linux"]["personality"] = {"domain": "LINUX32"}
    assert harness.run(document).stdout == "00000008\n"


def test_sysctl(harness: Harness) -> None:
    document = harness.shell(
        "cat /proc/sys/net/core/somaxconn /proc/sys/kernel/shmmni /proc/sys/fs/mqueue/msg_max"
        " /proc/sys/net/ipv4/conf/lo/forwarding"
    )
    document["linux"]["sysctl"] = {
        "net.core.somaxconn": "77",
        "kernel.shmmni": "88",
        "fs.mqueue.msg_max": "11",
        "net/ipv4/conf/lo/forwarding": "1",
    }
    own = Path("/proc/sys/net/core/somaxconn").read_text()
    assert harness.run(document).stdout.split() == ["77", "88", "11", "1"]
    assert Path("/proc/sys/net/core/somaxconn").read_text() == own


def test_environment(harness: Harness) -> None:
    document = harness.document("env")
    document["process"]["env"] = ["PATH=/bin", "A=1", "B=x=y", "A=2", "EMPTY="]
    assert sorted(harness.run(document).stdout.splitlines()) == ["A=2", "B=x=y", "EMPTY=", "HOME=/root", "PATH=/bin"]
    document["process"]["user"] = {"uid": 1234, "gid": 0}
    assert "HOME=/\n" in harness.run(document).stdout
    document["process"]["env"] = ["PATH=/bin", "HOME=/given"]
    assert "HOME=/given\n" in harness.run(document).stdout


def test_ownership_of_the_streams(harness: Harness) -> None:
    """A user who isn't root may open its own standard output again, as /dev/stdout."""
    document = harness.document("sh", "-c", "echo again > /dev/stdout; echo errors > /dev/stderr")
    document["process"]["user"] = {"uid": 1000, "gid": 1000}
    assert harness.run(document) == (0, "again\n", "errors\n")


def test_signals_are_as_at_birth(harness: Harness) -> None:
    """Neither what Python ignores nor what the caller blocks reaches the program."""
    import signal

    document = harness.document("cat", "/proc/self/status")

    def act() -> str:
        signal.signal(signal.SIGCHLD, signal.SIG_IGN)
        signal.signal(signal.SIGCHLD, lambda *_: None)
        signal.signal(signal.SIGUSR1, signal.SIG_IGN)
        signal.signal(signal.SIGTERM, lambda *_: None)
        signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM, signal.SIGCHLD, signal.SIGINT})
        with harness.created(spec_from_json(document)) as container:
            container.init.start()
            return container.wait().stdout

    found = dict(line.split(":\t", 1) for line in forked(act).splitlines() if ":\t" in line)
    assert {found[key] for key in ("SigBlk", "SigIgn", "SigCgt")} == {"0" * 16}


def test_session_keyring(harness: Harness) -> None:
    document = harness.document("cat", "/proc/keys")
    document["linux"]["maskedPaths"] = []

    def act(name: str, **options: Any) -> str:
        with harness.created(spec_from_json(document), name, **options) as container:
            container.init.start()
            return container.wait().stdout

    # Keys live a little longer than their last process: two names.
    kept, made = f"kept{os.getpid()}", f"made{os.getpid()}"
    assert f" _ses.{made}: " in forked(lambda: act(made))
    assert f" _ses.{kept}: " not in forked(lambda: act(kept, no_new_keyring=True))


def terminal(harness: Harness, script: str, **changes: Any) -> tuple[str, int]:
    """What a process with a terminal writes, and the owner of its terminal."""
    document = harness.shell(f"read go; {script}")
    document["process"] |= {"terminal": True, **changes}

    def act() -> tuple[str, int]:
        ours, theirs = socket.socketpair()
        with harness.created(spec_from_json(document), console_socket=theirs.fileno()) as container:
            master = receive_descriptor(ours)
            container.init.start()
            owner = os.stat(f"/proc/{container.init.pid}/fd/0").st_uid
            os.write(master, b"\n")
            output = b""
            with contextlib.suppress(OSError):  # EIO: nobody has the slave open any more
                while part := os.read(master, 1000):
                    output += part
            return output.decode().removeprefix("\r\n"), owner  # the terminal's echo of the line that was written

    return forked(act)


def test_terminal(harness: Harness) -> None:
    script = (
        "tty; stty size; stat -c %t /dev/console; test -t 0 && test -t 1 && test -t 2 && echo all; echo x > /dev/tty"
    )
    output, owner = terminal(harness, script, consoleSize={"height": 33, "width": 44})
    assert output.split("\r\n") == ["/dev/pts/0", "33 44", "88", "all", "x", ""]
    assert owner == 0


def test_terminal_of_a_user(harness: Harness) -> None:
    output, owner = terminal(harness, "echo x > $(tty)", user={"uid": 1000, "gid": 1000})
    assert (output, owner) == ("x\r\n", 1000)


def test_terminal_without_console_socket(harness: Harness) -> None:
    document = harness.document("true")
    document["process"]["terminal"] = True
    assert "cannot allocate tty" in str(harness.refused(document))
