"""Seccomp profiles with conditions: the default, and those that users bring."""

import json

import pytest

from dockyard.engine.security.capabilities import ALL_CAPABILITIES, DEFAULT_CAPABILITIES
from dockyard.engine.security.profile import container_seccomp, default_seccomp
from dockyard.engine.security.user_profile import parse_profile
from dockyard.errors import InvalidParameter
from dockyard.spec.runtime import Seccomp, Syscall, SyscallArg

KERNEL = (6, 1)


def calls(seccomp: Seccomp, action: str = "SCMP_ACT_ALLOW") -> set[str]:
    """The calls with an unconditional rule of that action."""
    return {name for rule in seccomp.syscalls if rule.action == action and not rule.args for name in rule.names}


def resolve(profile: dict, capabilities=(), kernel=KERNEL, arch="amd64", **options) -> Seccomp | None:
    settings = {"daemon_profile": "", "privileged": False} | options
    return container_seccomp(json.dumps(profile), capabilities=capabilities, kernel=kernel, arch=arch, **settings)


def test_the_default_profile_of_a_default_container():
    seccomp = default_seccomp(DEFAULT_CAPABILITIES, KERNEL, "amd64")
    assert (seccomp.default_action, seccomp.default_errno_ret) == ("SCMP_ACT_ERRNO", 1)
    assert seccomp.architectures == ("SCMP_ARCH_X86_64", "SCMP_ARCH_X86", "SCMP_ARCH_X32")
    assert seccomp.flags is None
    allowed = calls(seccomp)
    assert {"read", "chroot", "ptrace", "arch_prctl", "modify_ldt"} <= allowed
    assert not allowed & {
        "unshare", "setns", "mount", "keyctl", "add_key", "request_key", "bpf", "perf_event_open", "reboot", "syslog",
        "init_module", "kexec_load", "open_by_handle_at", "userfaultfd", "io_uring_setup", "settimeofday", "socket",
        "clone", "clone3", "personality", "mbind", "swapcontext", "riscv_flush_icache",
    }  # fmt: skip
    assert [rule for rule in seccomp.syscalls if rule.names == ("clone",)] == [
        Syscall(("clone",), "SCMP_ACT_ALLOW", args=(SyscallArg(0, 0x7E020000, op="SCMP_CMP_MASKED_EQ"),))
    ]
    assert [(rule.names, rule.errno_ret) for rule in seccomp.syscalls if rule.action == "SCMP_ACT_ERRNO"] == [
        (("clone3",), 38)
    ]


@pytest.mark.parametrize(
    ("capability", "call"),
    [
        ("CAP_DAC_READ_SEARCH", "open_by_handle_at"),
        ("CAP_SYS_ADMIN", "mount"),
        ("CAP_SYS_ADMIN", "clone3"),
        ("CAP_SYS_BOOT", "reboot"),
        ("CAP_SYS_CHROOT", "chroot"),
        ("CAP_SYS_MODULE", "finit_module"),
        ("CAP_SYS_PACCT", "acct"),
        ("CAP_SYS_PTRACE", "kcmp"),
        ("CAP_SYS_RAWIO", "iopl"),
        ("CAP_SYS_TIME", "settimeofday"),
        ("CAP_SYS_TTY_CONFIG", "vhangup"),
        ("CAP_SYS_NICE", "mbind"),
        ("CAP_SYSLOG", "syslog"),
        ("CAP_BPF", "bpf"),
        ("CAP_PERFMON", "perf_event_open"),
    ],
)
def test_a_capability_brings_its_calls(capability, call):
    others = [each for each in ALL_CAPABILITIES if each not in (capability, "CAP_SYS_ADMIN")]
    assert call not in calls(default_seccomp(others, KERNEL, "amd64"))
    assert call in calls(default_seccomp([capability], KERNEL, "amd64"))


def test_conditions_on_architecture_and_kernel():
    assert "ptrace" not in calls(default_seccomp((), (4, 7), "amd64"))
    assert "ptrace" in calls(default_seccomp((), (4, 8), "amd64"))
    assert "ptrace" in calls(default_seccomp((), (5, 0), "amd64"))
    s390x = default_seccomp((), KERNEL, "s390x")
    assert s390x.architectures == ("SCMP_ARCH_S390X", "SCMP_ARCH_S390")
    assert [rule.args[0].index for rule in s390x.syscalls if rule.names == ("clone",)] == [1]
    assert "arch_prctl" not in calls(s390x)
    assert default_seccomp((), KERNEL, "ppc64le").architectures == ()


def test_which_profile_a_container_gets():
    own = json.dumps({"defaultAction": "SCMP_ACT_LOG"})
    daemons = json.dumps({"defaultAction": "SCMP_ACT_TRAP"})

    def action(profile: str, daemon_profile: str = "", *, privileged: bool = False) -> str | None:
        seccomp = container_seccomp(
            profile, daemon_profile=daemon_profile, privileged=privileged, capabilities=(), kernel=KERNEL, arch="amd64"
        )
        return seccomp and seccomp.default_action

    assert action("") == "SCMP_ACT_ERRNO"
    assert action("builtin", daemons) == "SCMP_ACT_ERRNO"
    assert action("unconfined", daemons) is None
    assert action("", daemons) == "SCMP_ACT_TRAP"
    assert action("", "unconfined") is None
    assert action(own, daemons) == "SCMP_ACT_LOG"
    assert action(own, "unconfined") == "SCMP_ACT_LOG"
    assert action("", daemons, privileged=True) is None
    assert action(own, privileged=True) == "SCMP_ACT_LOG"


def test_a_users_profile_in_both_forms():
    new = resolve(
        {
            "defaultAction": "SCMP_ACT_ERRNO",
            "defaultErrnoRet": 38,
            "archMap": [{"architecture": "SCMP_ARCH_X86_64", "subArchitectures": None}],
            "flags": [],
            "comment": "unknown keys are ignored",
            "syscalls": [
                {
                    "names": ["read", "write"],
                    "action": "SCMP_ACT_ALLOW",
                    "args": [{"index": 1, "value": 18446744073709551615, "op": "SCMP_CMP_MASKED_EQ", "valueTwo": 3}],
                    "comment": "",
                    "includes": {},
                    "excludes": {"caps": ["CAP_SYS_ADMIN"]},
                }
            ],
        }
    )
    assert new == Seccomp(
        "SCMP_ACT_ERRNO",
        38,
        ("SCMP_ARCH_X86_64",),
        flags=(),
        syscalls=(
            Syscall(
                ("read", "write"),
                "SCMP_ACT_ALLOW",
                args=(SyscallArg(1, 18446744073709551615, 3, "SCMP_CMP_MASKED_EQ"),),
            ),
        ),
    )
    old = resolve(
        {
            "defaultAction": "SCMP_ACT_ERRNO",
            "architectures": ["SCMP_ARCH_X86"],
            "syscalls": [{"name": "read", "action": "SCMP_ACT_ALLOW", "args": None}],
        }
    )
    assert old == Seccomp("SCMP_ACT_ERRNO", None, ("SCMP_ARCH_X86",), syscalls=(Syscall(("read",), "SCMP_ACT_ALLOW"),))


def test_an_empty_profile_is_no_seccomp():
    assert resolve({}) is None
    assert resolve({"syscalls": []}) is None


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{", "Decoding seccomp profile failed: "),
        ("[]", "Decoding seccomp profile failed: "),
        ('{"defaultAction": 1}', "Decoding seccomp profile failed: "),
        ('{"syscalls": [{"names": "read"}]}', "Decoding seccomp profile failed: "),
        ('{"syscalls": [{"name": "a", "names": ["b"]}]}', "both 'name' and 'names' are specified"),
        ('{"architectures": ["a"], "archMap": [{"architecture": "b"}]}', "both 'architectures' and 'archMap'"),
        *[
            (json.dumps({"syscalls": [{"names": ["a"], "includes": {"minKernel": version}}]}), "invalid kernel version")
            for version in ("4", "4.8.1", "0.0", "a.b", "4.256", "-1.2", "4.²")
        ],
    ],
)
def test_what_is_no_profile(text, message):
    with pytest.raises(InvalidParameter, match=message):
        parse_profile(text)
