"""seccomp. https://github.com/opencontainers/runtime-spec/blob/v1.2.0/config-linux.md#seccomp"""

import platform

import pytest
from tests.conformance.kit.bundle import Bundle
from tests.conformance.kit.container import Container
from tests.conformance.kit.runtime import Refused

pytestmark = [
    pytest.mark.row("N3"),
    pytest.mark.skipif(platform.machine() != "x86_64", reason="the profiles are written for x86_64"),
]


def profile(*rules: dict, default: str = "SCMP_ACT_ALLOW") -> dict:
    return {"defaultAction": default, "architectures": ["SCMP_ARCH_X86_64"], "syscalls": list(rules)}


def test_a_call_that_is_denied(container: Container, bundle: Bundle):
    bundle.linux["seccomp"] = profile({"names": ["mkdir", "mkdirat"], "action": "SCMP_ACT_ERRNO"})
    bundle.script("grep ^Seccomp: /proc/self/status; mkdir /made || echo denied")
    assert container.run().lines == [
        "Seccomp:\t2",
        "mkdir: can't create directory '/made': Operation not permitted",
        "denied",
    ]


def test_the_error_of_a_call_that_is_denied(container: Container, bundle: Bundle):
    bundle.linux["seccomp"] = profile({"names": ["mkdir", "mkdirat"], "action": "SCMP_ACT_ERRNO", "errnoRet": 28})
    bundle.script("mkdir /made || echo denied")
    assert container.run().lines == ["mkdir: can't create directory '/made': No space left on device", "denied"]


def test_a_call_that_kills(container: Container, bundle: Bundle):
    bundle.linux["seccomp"] = profile({"names": ["mkdir", "mkdirat"], "action": "SCMP_ACT_KILL_PROCESS"})
    bundle.process["args"] = ["sh", "-c", "mkdir /made; echo $?"]
    assert container.run().lines[-1] == "159"  # 128 + SIGSYS


def test_conditions_on_arguments(container: Container, bundle: Bundle):
    condition = {"index": 0, "value": 15, "op": "SCMP_CMP_EQ"}
    bundle.linux["seccomp"] = profile(
        {"names": ["kill"], "action": "SCMP_ACT_ERRNO", "args": [condition | {"index": 1}]},
    )
    bundle.script("kill -15 $$ || echo denied; kill -0 $$ && echo allowed")
    assert container.run().lines[-2:] == ["denied", "allowed"]


def test_the_filter_comes_without_no_new_privileges_too(container: Container, bundle: Bundle):
    bundle.process["noNewPrivileges"] = False
    bundle.process["user"] = {"uid": 1000, "gid": 1000}
    bundle.linux["seccomp"] = profile({"names": ["mkdir", "mkdirat"], "action": "SCMP_ACT_ERRNO"})
    bundle.script("mkdir /tmp/made || echo denied; grep -E '^(Seccomp|NoNewPrivs):' /proc/self/status")
    assert container.run().lines[-3:] == ["denied", "NoNewPrivs:\t0", "Seccomp:\t2"]


@pytest.mark.parametrize(
    "wrong",
    [
        {"defaultAction": "SCMP_ACT_NONSENSE"},
        {"architectures": ["SCMP_ARCH_NONSENSE"]},
        {"syscalls": [{"names": ["mkdir"], "action": "SCMP_ACT_NONSENSE"}]},
        {"flags": ["SECCOMP_FILTER_FLAG_NONSENSE"]},
    ],
    ids=["default action", "architecture", "action", "flag"],
)
def test_words_that_are_none_are_an_error(container: Container, bundle: Bundle, wrong: dict):
    bundle.linux["seccomp"] = profile({"names": ["mkdir"], "action": "SCMP_ACT_ERRNO"}) | wrong
    with pytest.raises(Refused):
        container.create()


def test_exec_has_the_filter_too(container: Container, bundle: Bundle):
    bundle.linux["seccomp"] = profile({"names": ["mkdir", "mkdirat"], "action": "SCMP_ACT_ERRNO"})
    bundle.process["args"] = ["sleep", "60"]
    container.create()
    container.start()
    done = container.exec("mkdir", "/made")
    assert (done.returncode, "Operation not permitted" in done.stderr) == (1, True)
