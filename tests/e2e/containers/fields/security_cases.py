"""The fields of HostConfig that make the sandbox wider or narrower: what is asked, and what the kernel then shows."""

import json
from pathlib import Path

from tests.e2e.containers.fields.kit import Case, Check, Refused, Running, equal, prints, shows
from tests.support.cgroups import is_v1
from tests.support.processes import namespace

DEFAULT_CAPABILITIES = 0xA80425FB
NO_MKDIR = json.dumps(
    {"defaultAction": "SCMP_ACT_ALLOW", "syscalls": [{"names": ["mkdir", "mkdirat"], "action": "SCMP_ACT_ERRNO"}]}
)
HAS_APPARMOR = Path("/sys/module/apparmor/parameters/enabled").exists()


def _bounding(wanted: int) -> Check:
    return equal(lambda one: int(one.status()["CapBnd"], 16), wanted)


def _shares(kind: str) -> Check:
    """The namespace is the host's."""
    return equal(lambda one: namespace(one.pid, kind), namespace("self", kind))


def _own(kind: str) -> Check:
    def check(container: Running) -> None:
        assert namespace(container.pid, kind) != namespace("self", kind)

    return check


def _with_other(kind: str) -> Check:
    """The namespace is that of the container `other`."""

    def check(container: Running) -> None:
        other = int(container.docker.field("other", "{{.State.Pid}}"))
        assert namespace(container.pid, kind) == namespace(other, kind)

    return check


def _makes_no_directory(container: Running) -> None:
    result = container.docker.result("exec", container.id, "mkdir", "/x")
    assert "Operation not permitted" in result.err


def _is_privileged(container: Running) -> None:
    status = container.status()
    assert status["Seccomp"] == "0"
    assert int(status["CapEff"], 16) & 1 << 21  # CAP_SYS_ADMIN
    assert "rw" in container.mount("/sys")
    assert container.sh("ls -A /proc/scsi /proc/acpi 2>/dev/null | wc -l")  # nothing is masked
    assert all(mount != "/proc/kcore" for mount in container.sh("cut -d' ' -f2 /proc/mounts").splitlines())


def _readonly(container: Running) -> None:
    assert "ro" in container.mount("/")
    assert "Read-only" in container.docker.result("exec", container.id, "touch", "/x").err


def _mode(field: str, kind: str, **other: list[str]) -> tuple[Case, ...]:
    joined = {"needs": {"other": other["needs"]}} if other else {}
    return (
        Case(field, "host", _shares(kind)),
        *((Case(field, "container:other", _with_other(kind), **joined),) if other else ()),
        *((Case(field, "container:nobody", Refused(400, "No such container: nobody")),) if other else ()),
        Case(field, "nonsense", Refused(400, "nonsense" if field == "NetworkMode" else "invalid")),
    )


def _own_cgroup_root(container: Running) -> None:
    assert {line.split(":", 2)[2] for line in container.sh("cat /proc/self/cgroup").splitlines()} == {"/"}


OTHER = ["busybox", "sleep", "1000"]
PRIVATE_CGROUPS = {"CgroupnsMode": "private"}
WRITABLE_CGROUPS = (
    Refused(400, "is only supported with cgroup v2")
    if is_v1("memory")
    else prints("mkdir /sys/fs/cgroup/mine && rmdir /sys/fs/cgroup/mine && echo fine", "fine")
)

SECURITY = (
    Case("CapAdd", ["NET_ADMIN"], _bounding(DEFAULT_CAPABILITIES | 1 << 12)),
    Case("CapAdd", ["CAP_NONSENSE"], Refused(400, 'invalid CapAdd: unknown capability: "CAP_NONSENSE"')),
    Case("CapDrop", ["ALL"], _bounding(0)),
    Case("CapDrop", ["chown"], _bounding(DEFAULT_CAPABILITIES & ~1)),
    Case("CapDrop", ["NONSENSE"], Refused(400, "invalid CapDrop: unknown capability")),
    Case("CgroupnsMode", "private", _own_cgroup_root),
    Case("CgroupnsMode", "host", _shares("cgroup")),
    Case("CgroupnsMode", "x", Refused(400, "invalid cgroup namespace mode: x")),
    Case("IpcMode", "none", equal(lambda one: "/dev/shm" in one.sh("cut -d' ' -f2 /proc/mounts").splitlines(), False)),
    Case("IpcMode", "private", _own("ipc")),
    Case("IpcMode", "shareable", _own("ipc")),
    *_mode("IpcMode", "ipc", needs=["--ipc", "shareable", *OTHER]),
    Case(
        "IpcMode",
        "container:other",
        Refused(400, "non-shareable IPC", at="start"),
        needs={"other": ["--ipc", "private", *OTHER]},
    ),
    *_mode("PidMode", "pid", needs=OTHER),
    *_mode("UTSMode", "uts"),
    Case("UsernsMode", "host", _shares("user")),
    Case("UsernsMode", "x", Refused(400, "invalid user namespace mode: x")),
    Case("OomScoreAdj", 321, prints("cat /proc/1/oom_score_adj", "321")),
    Case("OomScoreAdj", 1001, Refused(400, "Invalid value 1001, range for oom score adj is [-1000, 1000]")),
    Case("Privileged", True, _is_privileged, dockyard_only=True),
    Case("ReadonlyRootfs", True, _readonly),
    Case("SecurityOpt", ["no-new-privileges"], equal(lambda one: one.status()["NoNewPrivs"], "1")),
    Case("SecurityOpt", ["no-new-privileges=false"], equal(lambda one: one.status()["NoNewPrivs"], "0")),
    Case("SecurityOpt", ["seccomp=unconfined"], equal(lambda one: one.status()["Seccomp"], "0")),
    Case("SecurityOpt", [f"seccomp={NO_MKDIR}"], _makes_no_directory),
    Case("SecurityOpt", ["seccomp=nonsense"], Refused(400, "ecod", at="start")),
    Case("SecurityOpt", ["label=disable"], shows("ProcessLabel", "")),
    Case("SecurityOpt", ["apparmor=unconfined"], shows("AppArmorProfile", "unconfined" if HAS_APPARMOR else "")),
    *(() if HAS_APPARMOR else (Case("SecurityOpt", ["apparmor=mine"], Refused(400, "AppArmor is not enabled")),)),
    Case("SecurityOpt", ["label=nonsense"], Refused(400, "bad label option"), dockyard_only=True),
    Case("SecurityOpt", ["writable-cgroups=false"], equal(lambda one: "ro" in one.mount("/sys/fs/cgroup"), True)),
    Case(
        "SecurityOpt", ["writable-cgroups=true"], WRITABLE_CGROUPS, {}, {"CgroupnsMode": "private"}, dockyard_only=True
    ),
    Case("SecurityOpt", ["nonsense=1"], Refused(400, 'invalid --security-opt 2: "nonsense=1"')),
    Case("Sysctls", {"net.core.somaxconn": "99"}, prints("cat /proc/sys/net/core/somaxconn", "99")),
    Case("Sysctls", {"kernel.shmmax": "99999"}, prints("cat /proc/sys/kernel/shmmax", "99999")),
    Case("Sysctls", {"vm.swappiness": "1"}, Refused(400, "sysctl 'vm.swappiness' is not whitelisted")),
    Case("Sysctls", {"net.x": "1"}, Refused(400, "not allowed in host network"), host={"NetworkMode": "host"}),
    Case("MaskedPaths", [], equal(lambda one: "/proc/kcore" in one.sh("cut -d' ' -f2 /proc/mounts"), False)),
    Case("MaskedPaths", ["/etc/passwd"], prints("wc -c < /etc/passwd", "0")),
    Case("ReadonlyPaths", [], prints("touch /proc/sys/kernel/hostname && echo fine", "fine")),
    Case("ReadonlyPaths", ["/tmp"], equal(lambda one: "ro" in one.mount("/tmp"), True)),
    Case("ShmSize", 1 << 20, prints("df -k /dev/shm | tail -1 | tr -s ' ' | cut -d' ' -f2", "1024")),
    Case("ShmSize", -1, Refused(400, "SHM size can not be less than 0")),
    Case("GroupAdd", ["4321"], equal(lambda one: "4321" in one.sh("id -G").split(), True)),
    Case("GroupAdd", ["nobody-here"], Refused(400, "unable to find group nobody-here", at="start")),
)
