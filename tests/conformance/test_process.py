"""`process` and what else belongs to one process.

https://github.com/opencontainers/runtime-spec/blob/v1.2.0/config.md#process
"""

import os
import resource
from pathlib import Path

import pytest
from tests.conformance.kit.bundle import CAPABILITIES, Bundle
from tests.conformance.kit.container import Container
from tests.conformance.kit.runtime import Refused

pytestmark = pytest.mark.row("N3")


def status(lines: list[str], key: str) -> str:
    """A line of /proc/<pid>/status."""
    return next(line.split(":", 1)[1].strip() for line in lines if line.startswith(f"{key}:"))


def mask(*numbers: int) -> str:
    return f"{sum(1 << number for number in numbers):016x}"


AUDIT_WRITE, KILL, NET_BIND_SERVICE, NET_RAW, CHOWN = 29, 5, 10, 13, 0


def test_arguments_environment_and_directory(container: Container, bundle: Bundle):
    bundle.process["args"] = ["sh", "-c", 'pwd; env | sort; echo "$0|$1|$#"', "zero", "one two", ""]
    bundle.process["env"] = ["PATH=/bin", "A=1", "B=x y", "EMPTY="]
    bundle.process["cwd"] = "/tmp"
    lines = container.run().lines
    assert lines[0] == "/tmp"
    assert {"PATH=/bin", "A=1", "B=x y", "EMPTY="} <= set(lines)
    assert "zero|one two|2" in lines


def test_a_program_is_found_in_the_containers_path(container: Container, bundle: Bundle):
    (bundle.rootfs / "opt").mkdir()
    (bundle.rootfs / "opt/tool").symlink_to("/bin/busybox")
    (bundle.rootfs / "opt/only-here").write_text("#!/bin/sh\necho found\n")
    os.chmod(bundle.rootfs / "opt/only-here", 0o755)
    bundle.process["env"] = ["PATH=/bin:/opt"]
    bundle.process["args"] = ["only-here"]
    assert container.run() == (0, "found\n")


def test_a_directory_that_is_not_there_is_made(container: Container, bundle: Bundle):
    bundle.process["cwd"] = "/new/place"
    bundle.process["args"] = ["pwd"]
    assert container.run() == (0, "/new/place\n")


@pytest.mark.parametrize("cwd", ["", "relative/place"])
def test_a_directory_that_is_not_absolute_is_an_error(container: Container, bundle: Bundle, cwd: str):
    bundle.process["cwd"] = cwd
    with pytest.raises(Refused):
        container.create()


def test_empty_arguments_are_an_error(container: Container, bundle: Bundle):
    bundle.process["args"] = []
    with pytest.raises(Refused, match="args must not be empty"):
        container.create()


def test_user_and_groups(container: Container, bundle: Bundle):
    bundle.process["user"] = {"uid": 1000, "gid": 2000, "additionalGids": [5, 3000], "umask": 0o027}
    bundle.script("cat /proc/self/status; umask")
    lines = container.run().lines
    assert status(lines, "Uid").split() == ["1000"] * 4
    assert status(lines, "Gid").split() == ["2000"] * 4
    assert {"5", "3000"} <= set(status(lines, "Groups").split())
    assert lines[-1] == "0027"


def test_the_umask_is_022_by_default(container: Container, bundle: Bundle):
    bundle.script("umask")
    assert container.run() == (0, "0022\n")


def test_a_user_other_than_root_owns_the_standard_streams(container: Container, bundle: Bundle):
    bundle.process["user"] = {"uid": 1000, "gid": 1000}
    bundle.script("echo out >> /dev/stdout; echo err >> /dev/stderr")
    assert sorted(container.run().lines) == ["err", "out"]


def test_capabilities_of_root(container: Container, bundle: Bundle):
    bundle.script("cat /proc/self/status")
    lines = container.run().lines
    expected = mask(AUDIT_WRITE, KILL, NET_BIND_SERVICE)
    assert status(lines, "CapBnd") == status(lines, "CapEff") == status(lines, "CapPrm") == expected
    assert status(lines, "CapAmb") == mask()


def test_five_sets_of_capabilities(container: Container, bundle: Bundle):
    bundle.process["user"] = {"uid": 1000, "gid": 1000}
    bundle.process["capabilities"] = {
        "bounding": ["CAP_KILL", "CAP_CHOWN", "CAP_NET_RAW"],
        "permitted": ["CAP_KILL", "CAP_CHOWN"],
        "inheritable": ["CAP_KILL", "CAP_CHOWN"],
        "effective": ["CAP_KILL"],
        "ambient": ["CAP_KILL"],
    }
    bundle.script("cat /proc/self/status")
    lines = container.run().lines
    assert status(lines, "CapBnd") == mask(KILL, CHOWN, NET_RAW)
    # What a program without file capabilities has after execve is what is ambient.
    assert status(lines, "CapPrm") == status(lines, "CapEff") == status(lines, "CapAmb") == mask(KILL)


def test_no_capabilities(container: Container, bundle: Bundle):
    bundle.process["capabilities"] = {}
    bundle.script("cat /proc/self/status")
    lines = container.run().lines
    assert {status(lines, f"Cap{kind}") for kind in ("Bnd", "Eff", "Prm", "Inh", "Amb")} == {mask()}


def test_an_unknown_capability_is_ignored_with_a_warning_or_refused(container: Container, bundle: Bundle):
    # The spec demands an error; runc since 1.0 warns.
    bundle.process["capabilities"]["bounding"] = [*CAPABILITIES, "CAP_FLY"]
    bundle.script("cat /proc/self/status")
    try:
        container.create()
    except Refused as refused:
        assert "CAP_FLY" in str(refused)
        return
    assert "CAP_FLY" in container.output()
    container.start()
    assert status(container.wait().lines, "CapBnd") == mask(AUDIT_WRITE, KILL, NET_BIND_SERVICE)


@pytest.mark.parametrize("wanted", [True, False])
def test_no_new_privileges(container: Container, bundle: Bundle, wanted: bool):
    bundle.process["noNewPrivileges"] = wanted
    bundle.script("cat /proc/self/status")
    assert status(container.run().lines, "NoNewPrivs") == str(int(wanted))


def test_resource_limits(container: Container, bundle: Bundle):
    hard = min(resource.getrlimit(resource.RLIMIT_NOFILE)[1], 2000)
    bundle.process["rlimits"] = [
        {"type": "RLIMIT_NOFILE", "soft": hard - 500, "hard": hard},
        {"type": "RLIMIT_CORE", "soft": 0, "hard": 0},
        {"type": "RLIMIT_FSIZE", "soft": 1 << 30, "hard": 1 << 31},
    ]
    bundle.script("cat /proc/self/limits")
    limits = {line[:25].strip(): line[25:].split()[:2] for line in container.run().lines}
    assert limits["Max open files"] == [str(hard - 500), str(hard)]
    assert limits["Max core file size"] == ["0", "0"]
    assert limits["Max file size"] == [str(1 << 30), str(1 << 31)]


def test_a_resource_limit_that_is_none_is_an_error(container: Container, bundle: Bundle):
    bundle.process["rlimits"] = [{"type": "RLIMIT_NONSENSE", "soft": 1, "hard": 1}]
    with pytest.raises(Refused):
        container.create()


@pytest.mark.parametrize("score", [100, 1000])
def test_the_oom_score(container: Container, bundle: Bundle, score: int):
    bundle.process["oomScoreAdj"] = score
    bundle.script("cat /proc/1/oom_score_adj")
    assert container.run() == (0, f"{score}\n")


def test_the_oom_score_is_inherited_by_default(container: Container, bundle: Bundle):
    bundle.script("cat /proc/1/oom_score_adj")
    with open("/proc/self/oom_score_adj") as own:
        assert container.run() == (0, own.read())


@pytest.mark.parametrize("attribute", ["apparmorProfile", "selinuxLabel"])
def test_labels_that_the_kernel_does_not_have_are_an_error(container: Container, bundle: Bundle, attribute: str):
    if os.path.exists("/sys/module/apparmor/parameters/enabled") or os.path.isdir("/sys/fs/selinux"):
        pytest.skip("this kernel has a security module")
    bundle.process[attribute] = "acme_secure_profile"
    with pytest.raises(Refused):
        container.create()
        container.start()


def test_hostname_and_domainname(container: Container, bundle: Bundle):
    bundle.config["hostname"] = "a-name"
    bundle.script("hostname; cat /proc/sys/kernel/hostname")
    assert container.run() == (0, "a-name\na-name\n")


def test_kernel_parameters(container: Container, bundle: Bundle):
    bundle.linux["sysctl"] = {"net.ipv4.ip_forward": "1", "kernel.msgmax": "9000", "net.core.somaxconn": "300"}
    bundle.script("cat /proc/sys/net/ipv4/ip_forward /proc/sys/kernel/msgmax /proc/sys/net/core/somaxconn")
    assert container.run().lines == ["1", "9000", "300"]


@pytest.mark.parametrize("name", ["kernel.hostname", "vm.swappiness", "kernel.panic", "fs.file-max"])
def test_kernel_parameters_that_belong_to_the_host_are_an_error(container: Container, bundle: Bundle, name: str):
    bundle.linux["sysctl"] = {name: "1"}
    with pytest.raises(Refused):
        container.create()


def test_file_descriptors_of_the_runtime_stay_out(container: Container, bundle: Bundle):
    bundle.process["args"] = ["ls", "/proc/self/fd"]
    assert container.run().lines == ["0", "1", "2", "3"]  # 3 is the directory that is being listed


def test_preserved_file_descriptors_come_in(container: Container, bundle: Bundle, tmp_path: Path):
    (tmp_path / "given").write_text("content\n")
    bundle.script("cat <&3")
    bundle.save()
    # A shell opens descriptor 3: in this process somebody else may use it.
    opening = ["sh", "-c", f'exec "$0" "$@" 3< {tmp_path}/given']
    runtime = container.runtime._replace(command=(*opening, *container.runtime.command))
    done = runtime.result("run", "--preserve-fds", "1", "--bundle", bundle.directory, container.id)
    assert (done.returncode, done.stdout) == (0, "content\n")
