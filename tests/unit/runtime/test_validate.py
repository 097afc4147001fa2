"""What is refused before anything is made, and with which words."""

from typing import Any

import pytest

from dockyard.errors import InvalidParameter
from dockyard.runtime import validate
from dockyard.spec.runtime import Process, spec_from_json

GOOD: dict[str, Any] = {
    "ociVersion": "1.0.2-dev",
    "process": {"cwd": "/", "args": ["sh"]},
    "root": {"path": "rootfs"},
    "linux": {"namespaces": [{"type": kind} for kind in ("mount", "pid", "ipc", "uts", "network")]},
}


def changed(path: str, value: Any) -> dict[str, Any]:
    document = {key: dict(part) if isinstance(part, dict) else part for key, part in GOOD.items()}
    first, _, last = path.partition(".")
    if last:
        document.setdefault(first, {})[last] = value
    else:
        document[first] = value
    return document


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("hostname", "h"),
        ("domainname", "d"),
        ("mounts", [{"destination": "/x", "type": "tmpfs"}]),
        ("linux.sysctl", {"net.ipv4.ip_forward": "1", "kernel.sem": "1", "fs.mqueue.msg_max": "1", "net/x.y/z": "1"}),
        ("linux.maskedPaths", ["/proc/kcore"]),
        ("linux.rootfsPropagation", "rshared"),
        ("process.scheduler", {"policy": "SCHED_FIFO", "priority": 5}),
        ("process.env", ["A=", "B=c=d"]),
    ],
)
def test_accepted(path: str, value: Any) -> None:
    validate.specification(spec_from_json(changed(path, value)))


@pytest.mark.parametrize(
    ("path", "value", "message"),
    [
        ("ociVersion", "2.0.0", "spec version '2.0.0' is not supported"),
        ("ociVersion", "", "spec version '' is not supported"),
        ("root", None, "root must be specified"),
        ("process", None, "process property must not be empty"),
        ("process.args", [], "args must not be empty"),
        ("process.cwd", "", "Cwd property must not be empty"),
        ("process.cwd", "x", "Cwd must be an absolute path"),
        ("process.env", ["A"], "invalid environment variable: 'A'"),
        ("process.env", ["=x"], "invalid environment variable: '=x'"),
        ("process.user", {"uid": -1, "gid": 0}, "user or group id -1 is out of range"),
        ("process.user", {"uid": 0, "gid": 0, "additionalGids": [1 << 32]}, "id 4294967296 is out of range"),
        ("process.rlimits", [{"type": "NOFILE"}], "invalid rlimit type: NOFILE"),
        ("process.rlimits", [{"type": "RLIMIT_AS"}, {"type": "RLIMIT_AS"}], "given once only"),
        ("process.capabilities", {"effective": ["CAP_MOON"]}, "unknown capability 'CAP_MOON'"),
        ("process.scheduler", {"policy": "SCHED_MOON"}, "invalid scheduler policy: SCHED_MOON"),
        ("process.scheduler", {"policy": "SCHED_OTHER", "nice": 20}, "invalid scheduler.nice: 20"),
        ("process.scheduler", {"policy": "SCHED_OTHER", "priority": 1}, "can only be specified for SchedFIFO"),
        ("process.scheduler", {"policy": "SCHED_OTHER", "runtime": 1}, "only be specified for SchedDeadline"),
        ("process.scheduler", {"policy": "SCHED_OTHER", "flags": ["X"]}, "invalid scheduler flag: X"),
        ("process.ioPriority", {"class": "X"}, "invalid ioPriority.Class: 'X'"),
        ("process.ioPriority", {"class": "IOPRIO_CLASS_BE", "priority": 8}, "invalid ioPriority.Priority: 8"),
        ("mounts", [{"destination": ""}], "invalid mount destination ''"),
        ("mounts", [{"destination": "/./"}], "invalid mount destination '/./'"),
        ("linux.namespaces", [{"type": "pid"}, {"type": "pid"}], 'duplicated ns {"pid" ""}'),
        ("linux.namespaces", [{"type": "moon"}], 'namespace {"moon" ""} does not exist'),
        ("linux.namespaces", [{"type": "user"}], "no uid or gid mappings found"),
        ("linux.uidMappings", [{"containerID": 0, "hostID": 1, "size": 1}], "user namespace isn't enabled"),
        ("linux.timeOffsets", {"monotonic": {}}, "time namespace isn't enabled"),
        ("linux.sysctl", {"kernel.panic": "1"}, "is not in a separate kernel namespace"),
        ("linux.sysctl", {"kernel.hostname": "x"}, "conflicts with the OCI"),
        ("linux.sysctl", {"vm.swappiness": "1"}, "is not in a separate kernel namespace"),
        ("linux.sysctl", {"net/../kernel/panic": "1"}, "is not the name of a parameter"),
        ("linux.sysctl", {"net..core": "1"}, "is not the name of a parameter"),
        ("linux.rootfsPropagation", "moon", "rootfsPropagation=moon is not supported"),
        ("linux.personality", {"domain": "MOON"}, "invalid personality domain 'MOON'"),
    ],
)
def test_refused(path: str, value: Any, message: str) -> None:
    with pytest.raises(InvalidParameter) as raised:
        validate.specification(spec_from_json(changed(path, value)))
    assert message in str(raised.value)


@pytest.mark.parametrize(
    ("document", "message"),
    [
        ({"hostname": "h"}, "unable to set hostname without a private UTS namespace"),
        ({"domainname": "h"}, "unable to set domainname without a private UTS namespace"),
        ({"linux": {"maskedPaths": ["/x"]}}, "without a private MNT namespace"),
        ({"mounts": [{"destination": "/x"}]}, "unable to make mounts without a new MNT namespace"),
        ({"linux": {"sysctl": {"net.core.x": "1"}}}, "not allowed in host network namespace"),
        ({"linux": {"sysctl": {"kernel.sem": "1"}}}, "not allowed in the hosts ipc namespace"),
    ],
)
def test_what_needs_a_namespace(document: dict[str, Any], message: str) -> None:
    with pytest.raises(InvalidParameter) as raised:
        validate.specification(spec_from_json({**GOOD, "linux": {}, **document}))
    assert message in str(raised.value)


@pytest.mark.parametrize("name", ["a", "A-b_c.d+1", "0", "x" * 1024])
def test_names(name: str) -> None:
    validate.identifier(name)


@pytest.mark.parametrize("name", ["", ".", "..", "a/b", " a", "a b", "ä", "a\n", "a\0", "x" * 1025, "$x"])
def test_names_that_are_none(name: str) -> None:
    with pytest.raises(InvalidParameter):
        validate.identifier(name)


@pytest.mark.parametrize(
    ("name", "dotted"),
    [
        ("net.ipv4.ip_forward", "net.ipv4.ip_forward"),
        ("net/ipv4/ip_forward", "net.ipv4.ip_forward"),
        ("net/ipv4/conf/eth0.100/x", "net.ipv4.conf.eth0/100.x"),
        ("net.ipv4.conf.eth0/100.x", "net.ipv4.conf.eth0/100.x"),
    ],
)
def test_both_ways_of_writing_a_parameter(name: str, dotted: str) -> None:
    assert validate.dotted_sysctl(name) == dotted


def test_a_process_of_its_own() -> None:
    validate.process(Process(cwd="/", args=("sh",)))
