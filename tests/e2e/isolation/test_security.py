"""The default sandbox: capabilities, seccomp, masked and read-only paths; and how it is widened."""

import re

import pytest
from tests.support.client import Docker

DEFAULT_CAPABILITIES = 0x00000000A80425FB


def status(docker: Docker, *flags: str) -> dict[str, str]:
    shown = docker("run", "--rm", *flags, "busybox", "cat", "/proc/self/status")
    return dict(line.split(":\t", 1) for line in shown.splitlines() if ":\t" in line)


@pytest.mark.row("D12")
def test_root_has_dockers_fourteen_capabilities(docker: Docker) -> None:
    shown = status(docker)
    assert int(shown["CapBnd"], 16) == DEFAULT_CAPABILITIES
    assert int(shown["CapEff"], 16) == int(shown["CapPrm"], 16) == DEFAULT_CAPABILITIES
    assert int(shown["CapAmb"], 16) == 0


@pytest.mark.row("D12")
def test_mount_fails_inside(docker: Docker) -> None:
    result = docker.result("run", "--rm", "busybox", "mount", "-t", "tmpfs", "none", "/tmp")
    assert result.code != 0
    assert re.search("permission denied|Operation not permitted", result.err)


def test_capabilities_follow_the_options(docker: Docker) -> None:
    assert int(status(docker, "--cap-drop", "ALL")["CapBnd"], 16) == 0
    assert int(status(docker, "--cap-drop", "ALL", "--cap-add", "CHOWN")["CapBnd"], 16) == 1
    assert int(status(docker, "--cap-add", "NET_ADMIN")["CapBnd"], 16) == DEFAULT_CAPABILITIES | 1 << 12
    assert int(status(docker, "-u", "daemon")["CapEff"], 16) == 0


@pytest.mark.row("D13")
def test_seccomp_is_on_and_blocks(docker: Docker) -> None:
    assert status(docker)["Seccomp"] == "2"
    assert docker.result("run", "--rm", "busybox", "unshare", "-U", "true").code != 0
    # with seccomp off, the same call passes the filter: the kernel answers instead
    assert status(docker, "--security-opt", "seccomp=unconfined")["Seccomp"] == "0"


def test_no_new_privileges(docker: Docker) -> None:
    assert status(docker)["NoNewPrivs"] == "0"
    assert status(docker, "--security-opt", "no-new-privileges")["NoNewPrivs"] == "1"


@pytest.mark.row("D10")
def test_host_processes_are_absent_from_proc(docker: Docker) -> None:
    shown = docker("run", "--rm", "busybox", "sh", "-c", "ls /proc").split()
    assert [name for name in shown if name.isdigit()] == ["1"]
    assert {"meminfo", "self", "sys"} <= set(shown)


@pytest.mark.row("D10")
def test_masked_paths_are_empty(docker: Docker) -> None:
    script = "for i in kcore keys timer_list sched_debug; do [ -e /proc/$i ] && wc -c < /proc/$i; done; true"
    assert set(docker("run", "--rm", "busybox", "sh", "-c", script).split()) == {"0"}
    assert (
        docker("run", "--rm", "busybox", "sh", "-c", "ls -A /proc/scsi /sys/firmware 2>/dev/null | grep -v :; true")
        == ""
    )


@pytest.mark.row("D10")
@pytest.mark.parametrize("path", ["/proc/sys/kernel/domainname", "/proc/sys/vm/swappiness", "/sys/fs/x"])
def test_the_kernels_settings_are_read_only(docker: Docker, path: str) -> None:
    result = docker.result("run", "--rm", "busybox", "sh", "-c", f"echo 1 > {path}")
    assert result.code != 0
    assert "Read-only file system" in result.err


@pytest.mark.dockyard_only  # runc asks for capabilities that a sandboxed machine's root hasn't got, and fails
def test_privileged_may_mount_and_is_not_filtered(docker: Docker) -> None:
    assert status(docker, "--privileged")["Seccomp"] == "0"
    script = "mount -t tmpfs -o size=1m none /home && grep -c ' /home tmpfs ' /proc/mounts"
    assert docker("run", "--rm", "--privileged", "busybox", "sh", "-c", script) == "1"


def test_a_read_only_root(docker: Docker) -> None:
    result = docker.result(
        "run", "--rm", "--read-only", "--tmpfs", "/ok", "busybox", "sh", "-c", "touch /ok/x && touch /x"
    )
    assert result.code == 1
    assert "/x: Read-only file system" in result.err
