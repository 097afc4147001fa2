"""config.json to values and back."""

import json
from typing import Any

import pytest

from dockyard.errors import InvalidParameter
from dockyard.spec.runtime import (
    Capabilities,
    Hook,
    IdMapping,
    Mount,
    Namespace,
    Process,
    Resources,
    Seccomp,
    Spec,
    User,
    process_from_json,
    resources_from_json,
    seccomp_from_json,
    spec_from_json,
    to_json,
)

# The example of the specification, config.md "Configuration Schema Example", shortened, with a value of every kind.
EXAMPLE: dict[str, Any] = {
    "ociVersion": "1.2.0",
    "process": {
        "terminal": True,
        "consoleSize": {"height": 25, "width": 80},
        "cwd": "/",
        "env": ["PATH=/usr/bin", "TERM=xterm"],
        "args": ["sh"],
        "user": {"uid": 1, "gid": 0, "umask": 18, "additionalGids": [5, 6]},
        "capabilities": {"bounding": ["CAP_KILL"], "ambient": ["CAP_NET_BIND_SERVICE"]},
        "rlimits": [{"type": "RLIMIT_CORE", "soft": 0, "hard": 18446744073709551615}],
        "noNewPrivileges": True,
        "apparmorProfile": "acme",
        "oomScoreAdj": 100,
        "selinuxLabel": "a:b",
        "scheduler": {
            "policy": "SCHED_DEADLINE", "nice": 0, "priority": 0, "flags": ["SCHED_FLAG_RECLAIM"],
            "runtime": 1, "deadline": 2, "period": 3,
        },
        "ioPriority": {"class": "IOPRIO_CLASS_IDLE", "priority": 4},
        "execCPUAffinity": {"initial": "0-1", "final": "1"},
    },
    "root": {"path": "rootfs", "readonly": True},
    "hostname": "slartibartfast",
    "domainname": "example.org",
    "mounts": [
        {"destination": "/proc", "type": "proc", "source": "proc"},
        {
            "destination": "/d", "source": "/s", "options": ["rbind", "idmap"],
            "uidMappings": [{"containerID": 0, "hostID": 1000, "size": 32000}],
            "gidMappings": [{"containerID": 0, "hostID": 1000, "size": 32000}],
        },
    ],
    "hooks": {"prestart": [{"path": "/usr/bin/x", "args": ["x", "1"], "env": ["k=v"], "timeout": 3}]},
    "annotations": {"com.example.key1": "value1"},
    "linux": {
        "namespaces": [{"type": "pid"}, {"type": "network", "path": "/var/run/netns/neta"}],
        "uidMappings": [{"containerID": 0, "hostID": 1000, "size": 32000}],
        "gidMappings": [{"containerID": 0, "hostID": 1000, "size": 32000}],
        "devices": [{"path": "/dev/fuse", "type": "c", "major": 10, "minor": 229, "fileMode": 438, "uid": 0, "gid": 0}],
        "cgroupsPath": "/myRuntime/myContainer",
        "resources": {
            "devices": [{"allow": False, "access": "rwm"}, {"allow": True, "type": "c", "major": 10, "minor": 229}],
            "memory": {
                "limit": -1, "reservation": 2, "swap": 3, "kernel": 4, "kernelTCP": 5, "swappiness": 0,
                "disableOOMKiller": False, "useHierarchy": False, "checkBeforeUpdate": True,
            },
            "cpu": {
                "shares": 1024, "quota": 1000000, "burst": 5, "period": 500000, "realtimeRuntime": 950000,
                "realtimePeriod": 1000000, "cpus": "2-3", "mems": "0-7", "idle": 0,
            },
            "pids": {"limit": 32771},
            "blockIO": {
                "weight": 10, "leafWeight": 10,
                "weightDevice": [{"major": 8, "minor": 0, "weight": 500, "leafWeight": 300}],
                "throttleReadBpsDevice": [{"major": 8, "minor": 0, "rate": 600}],
                "throttleWriteBpsDevice": [{"major": 8, "minor": 0, "rate": 601}],
                "throttleReadIOPSDevice": [{"major": 8, "minor": 16, "rate": 300}],
                "throttleWriteIOPSDevice": [{"major": 8, "minor": 16, "rate": 301}],
            },
            "hugepageLimits": [{"pageSize": "2MB", "limit": 9223372036854772000}],
            "network": {"classID": 1048577, "priorities": [{"name": "eth0", "priority": 500}]},
            "rdma": {"mlx5_1": {"hcaHandles": 3, "hcaObjects": 10000}},
            "unified": {"memory.high": "1"},
        },
        "rootfsPropagation": "slave",
        "seccomp": {
            "defaultAction": "SCMP_ACT_ALLOW", "defaultErrnoRet": 1, "architectures": ["SCMP_ARCH_X86"],
            "flags": ["SECCOMP_FILTER_FLAG_LOG"], "listenerPath": "/l", "listenerMetadata": "m",
            "syscalls": [
                {
                    "names": ["getcwd"], "action": "SCMP_ACT_ERRNO", "errnoRet": 2,
                    "args": [{"index": 1, "value": 2114060288, "valueTwo": 0, "op": "SCMP_CMP_MASKED_EQ"}],
                }
            ],
        },
        "sysctl": {"net.ipv4.ip_forward": "1"},
        "maskedPaths": ["/proc/kcore"],
        "readonlyPaths": ["/proc/asound"],
        "mountLabel": "label",
        "personality": {"domain": "LINUX32"},
        "timeOffsets": {"monotonic": {"secs": 172800, "nanosecs": 5}},
        "intelRdt": {"closID": "guaranteed", "l3CacheSchema": "L3:0=7", "memBwSchema": "MB:0=20", "enableCMT": True},
    },
}  # fmt: skip


def test_everything_comes_back_as_it_was() -> None:
    assert without_empty(to_json(spec_from_json(EXAMPLE))) == without_empty(EXAMPLE)


def without_empty(value: Any) -> Any:
    """The value without false and empty parts, which may be written or left out."""
    if isinstance(value, dict):
        return {key: without_empty(each) for key, each in value.items() if each not in (False, [], {}, "")}
    return [without_empty(each) for each in value] if isinstance(value, list) else value


def test_values() -> None:
    spec = spec_from_json(EXAMPLE)
    assert spec.process is not None and spec.linux is not None and spec.linux.resources is not None
    assert spec.process.user == User(1, 0, 18, (5, 6))
    assert spec.process.capabilities == Capabilities(bounding=("CAP_KILL",), ambient=("CAP_NET_BIND_SERVICE",))
    assert spec.mounts[1].uid_mappings == (IdMapping(0, 1000, 32000),)
    assert spec.hooks is not None and spec.hooks.prestart == (Hook("/usr/bin/x", ("x", "1"), ("k=v",), 3),)
    assert spec.linux.namespaces == (Namespace("pid"), Namespace("network", "/var/run/netns/neta"))
    assert spec.linux.resources.block_io is not None
    assert spec.linux.resources.block_io.throttle_write_iops_device[0].rate == 301
    assert spec.process.io_priority is not None and spec.process.io_priority.class_ == "IOPRIO_CLASS_IDLE"


def test_what_is_absent() -> None:
    spec = spec_from_json({"ociVersion": "1.0"})
    assert spec == Spec("1.0")
    assert to_json(spec) == {"ociVersion": "1.0", "mounts": []} or to_json(spec) == {"ociVersion": "1.0"}
    assert process_from_json({}) == Process()
    assert resources_from_json({"memory": None, "devices": None}) == Resources()
    assert spec_from_json({"ociVersion": "1.0", "unknown": {"x": [1]}, "linux": None}) == Spec("1.0")


def test_numbers_are_always_written() -> None:
    assert to_json(Process(cwd="/"))["user"] == {"uid": 0, "gid": 0}
    assert "terminal" not in to_json(Process())


def test_absent_flags_are_not_no_flags() -> None:
    assert seccomp_from_json({"defaultAction": "A"}).flags is None
    assert seccomp_from_json({"defaultAction": "A", "flags": []}).flags == ()
    assert to_json(Seccomp("A", flags=())) == {"defaultAction": "A", "flags": []}


@pytest.mark.parametrize(
    ("document", "message"),
    [
        ([], "Spec: expected object"),
        ("x", "Spec: expected object"),
        ({}, "ociVersion: required, but missing"),
        ({"ociVersion": None}, "ociVersion: required, but missing"),
        ({"ociVersion": 1}, "ociVersion: expected string"),
        ({"ociVersion": "1\0"}, "ociVersion: null byte in string"),
        ({"ociVersion": "1", "process": {"args": "sh"}}, "process.args: expected array"),
        ({"ociVersion": "1", "process": {"args": ["sh", 1]}}, r"process.args\[1\]: expected string"),
        ({"ociVersion": "1", "process": {"terminal": 1}}, "process.terminal: expected boolean"),
        ({"ociVersion": "1", "process": {"user": {"uid": True}}}, "process.user.uid: expected integer"),
        ({"ociVersion": "1", "process": {"user": {"uid": 1.0}}}, "process.user.uid: expected integer"),
        ({"ociVersion": "1", "process": {"user": {"uid": 1 << 64}}}, "process.user.uid: integer out of range"),
        ({"ociVersion": "1", "annotations": {"a": 1}}, "annotations.a: expected string"),
        ({"ociVersion": "1", "annotations": ["a"]}, "annotations: expected object"),
        ({"ociVersion": "1", "mounts": [{}]}, r"mounts\[0\].destination: required, but missing"),
        (
            {"ociVersion": "1", "linux": {"resources": {"memory": {"limit": "1"}}}},
            "linux.resources.memory.limit: expected integer",
        ),
        (
            {"ociVersion": "1", "linux": {"seccomp": {"defaultAction": "A", "syscalls": [{"names": ["x"]}]}}},
            r"linux.seccomp.syscalls\[0\].action: required, but missing",
        ),
    ],
)
def test_what_is_wrong_is_named(document: Any, message: str) -> None:
    with pytest.raises(InvalidParameter, match=f"^{message}$"):
        spec_from_json(document)


def test_it_is_json() -> None:
    assert json.loads(json.dumps(to_json(Mount("/x", options=("ro",))))) == {"destination": "/x", "options": ["ro"]}
