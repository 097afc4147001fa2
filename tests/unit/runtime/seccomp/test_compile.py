"""What a compiled profile decides, by an interpreter, against what the profile says."""

import ctypes
import errno
from itertools import product

import pytest
from tests.support import cbpf

from dockyard.engine.security.capabilities import ALL_CAPABILITIES, DEFAULT_CAPABILITIES
from dockyard.engine.security.profile import default_seccomp
from dockyard.errors import InvalidParameter, NotImplementedYet
from dockyard.runtime.seccomp.architectures import ARCHITECTURES, Architecture
from dockyard.runtime.seccomp.call_numbers import call_number
from dockyard.runtime.seccomp.compile import bpf_program
from dockyard.runtime.seccomp.compiler import compile_profile
from dockyard.runtime.seccomp.libseccomp import UNKNOWN_CALL, Library
from dockyard.spec.runtime import Seccomp, Syscall, SyscallArg

LIBRARY = "libseccomp.so.2"
X86_64 = ARCHITECTURES["SCMP_ARCH_X86_64"]
X86 = ARCHITECTURES["SCMP_ARCH_X86"]
X32 = ARCHITECTURES["SCMP_ARCH_X32"]

ALLOW, EPERM, ENOSYS, KILL_THREAD = 0x7FFF0000, 0x50000 | errno.EPERM, 0x50000 | errno.ENOSYS, 0

pytestmark = pytest.mark.skipif(
    Library(LIBRARY).native_architecture() != X86_64.token, reason="the expectations are written for x86_64"
)


def rule(*names: str, action: str = "SCMP_ACT_ALLOW", errno_ret: int | None = None, args: tuple = ()) -> Syscall:
    return Syscall(names, action, errno_ret, args)


def profile(*rules: Syscall, default: str = "SCMP_ACT_ERRNO", architectures: tuple[str, ...] = ()) -> Seccomp:
    return Seccomp(default_action=default, architectures=architectures, syscalls=rules)


def number_of(name: str, architecture: Architecture) -> int | None:
    number = Library(LIBRARY).call_number(name, architecture.token)
    if number == UNKNOWN_CALL:
        return call_number(name, architecture)
    return number if number >= 0 else None


def holds(condition: SyscallArg, arguments: tuple[int, ...]) -> bool:
    value = arguments[condition.index]
    return {
        "SCMP_CMP_EQ": value == condition.value,
        "SCMP_CMP_NE": value != condition.value,
        "SCMP_CMP_LT": value < condition.value,
        "SCMP_CMP_LE": value <= condition.value,
        "SCMP_CMP_GT": value > condition.value,
        "SCMP_CMP_GE": value >= condition.value,
        "SCMP_CMP_MASKED_EQ": value & condition.value == condition.value_two,
    }[condition.op]


def decision(seccomp: Seccomp, name: str, arguments: tuple[int, ...]) -> int:
    """What the profile says about a call, read naively: the first rule that names it and whose conditions hold."""
    for each in seccomp.syscalls:
        if name in each.names and all(holds(condition, arguments) for condition in each.args):
            return ALLOW if each.action == "SCMP_ACT_ALLOW" else 0x50000 | (each.errno_ret or 0)
    return EPERM


INTERESTING = (0, 8, 37, 38, 39, 40, 41, 0x20000, 0x20008, 0x10000000, 0x01200011, 0x7E020000, 0xFFFFFFFF)


@pytest.mark.parametrize("capabilities", [DEFAULT_CAPABILITIES, ALL_CAPABILITIES, ()], ids=["default", "all", "none"])
def test_every_call_of_the_default_profile_is_decided_as_the_profile_says(capabilities):
    seccomp = default_seccomp(capabilities, (6, 18), "amd64")
    program = bpf_program(seccomp, None)
    everything = default_seccomp(ALL_CAPABILITIES, (6, 18), "amd64")
    names = sorted({name for each in everything.syscalls for name in each.names} | {"keyctl", "add_key", "kexec_load"})
    checked = 0
    for architecture, name in product((X86_64, X86, X32), names):
        number = number_of(name, architecture)
        if number is None:
            continue
        for value in INTERESTING if name in ("socket", "personality", "clone") else (0,):
            if architecture is X86 and name == "socket":
                continue  # there libseccomp also judges socketcall(2), by rules of its own
            arguments = (value, 0, 0, 0, 0, 0)
            assert cbpf.run(program, architecture.audit, number, arguments) == decision(seccomp, name, arguments), (
                architecture.name,
                name,
                arguments,
            )
            checked += 1
    assert checked > 900


def test_the_default_profile_answers_enosys_for_calls_of_the_future():
    program = bpf_program(default_seccomp(DEFAULT_CAPABILITIES, (6, 18), "amd64"), None)
    for architecture in (X86_64, X86):
        highest = number_of("removexattrat", architecture)
        assert cbpf.run(program, architecture.audit, highest) == ALLOW
        assert cbpf.run(program, architecture.audit, highest + 1) == ENOSYS
    # x32 has calls of its own at 512 and above.
    assert cbpf.run(program, X32.audit, number_of("removexattrat", X32)) == ALLOW
    assert cbpf.run(program, X32.audit, X32.base + 548) == ENOSYS


def test_a_call_that_only_our_table_knows_is_decided_by_its_rule(monkeypatch):
    original = Library.call_number
    monkeypatch.setattr(
        Library,
        "call_number",
        lambda self, name, arch=None: UNKNOWN_CALL if name in ("openat2", "mseal") else original(self, name, arch),
    )
    architectures = ("SCMP_ARCH_X86_64", "SCMP_ARCH_X86", "SCMP_ARCH_X32")
    program = compile_profile(
        profile(
            rule("read", "openat2", "close_range"),
            rule("mseal", action="SCMP_ACT_ERRNO", errno_ret=99),
            architectures=architectures,
        ),
        LIBRARY,
    )
    for architecture in (X86_64, X86, X32):
        for name, expected in (("openat2", ALLOW), ("close_range", ALLOW), ("mseal", 0x50000 | 99), ("open", EPERM)):
            assert cbpf.run(program, architecture.audit, number_of(name, architecture)) == expected, (
                architecture,
                name,
            )
        assert cbpf.run(program, architecture.audit, 463 + architecture.base) == ENOSYS


def test_a_lenient_default_leaves_the_future_alone():
    for default, expected in (("SCMP_ACT_ALLOW", ALLOW), ("SCMP_ACT_LOG", 0x7FFC0000), ("SCMP_ACT_TRACE", 0x7FF00001)):
        program = bpf_program(profile(rule("mkdir", action="SCMP_ACT_ERRNO"), default=default), None)
        assert cbpf.run(program, X86_64.audit, 5000) == expected
        assert cbpf.run(program, X86_64.audit, number_of("mkdir", X86_64)) == EPERM


def test_default_errno_enosys_needs_no_prelude():
    seccomp = Seccomp("SCMP_ACT_ERRNO", default_errno_ret=errno.ENOSYS, syscalls=(rule("read"),))
    program = bpf_program(seccomp, None)
    assert cbpf.run(program, X86_64.audit, number_of("mkdir", X86_64)) == ENOSYS
    assert cbpf.run(program, X86_64.audit, 5000) == ENOSYS
    assert cbpf.run(program, X86_64.audit, 0) == ALLOW


@pytest.mark.parametrize(
    ("action", "errno_ret", "value"),
    [
        ("SCMP_ACT_KILL", None, 0),
        ("SCMP_ACT_KILL_THREAD", None, 0),
        ("SCMP_ACT_KILL_PROCESS", None, 0x80000000),
        ("SCMP_ACT_TRAP", None, 0x30000),
        ("SCMP_ACT_ERRNO", None, 0x50001),
        ("SCMP_ACT_ERRNO", 0, 0x50000),
        ("SCMP_ACT_ERRNO", 38, 0x50026),
        ("SCMP_ACT_TRACE", None, 0x7FF00001),
        ("SCMP_ACT_TRACE", 7, 0x7FF00007),
        ("SCMP_ACT_LOG", None, 0x7FFC0000),
    ],
)
def test_actions(action, errno_ret, value):
    program = bpf_program(profile(rule("mkdir", action=action, errno_ret=errno_ret), default="SCMP_ACT_ALLOW"), None)
    assert cbpf.run(program, X86_64.audit, number_of("mkdir", X86_64)) == value
    assert cbpf.run(program, X86_64.audit, number_of("rmdir", X86_64)) == ALLOW


BIG = 1 << 40


@pytest.mark.parametrize(
    ("op", "value", "value_two", "matching", "others"),
    [
        ("SCMP_CMP_EQ", BIG + 1, 0, [BIG + 1], [1, BIG, 0]),
        ("SCMP_CMP_NE", BIG, 0, [0, BIG + 1], [BIG]),
        ("SCMP_CMP_LT", BIG, 0, [0, BIG - 1], [BIG, BIG + 1, 2 * BIG]),
        ("SCMP_CMP_LE", BIG, 0, [0, BIG], [BIG + 1, 2 * BIG]),
        ("SCMP_CMP_GT", BIG, 0, [BIG + 1, 2 * BIG], [0, BIG]),
        ("SCMP_CMP_GE", BIG, 0, [BIG, 2 * BIG], [0, BIG - 1]),
        ("SCMP_CMP_MASKED_EQ", BIG | 6, 2, [2, 3, BIG * 2 + 2], [6, BIG | 2, 0]),
    ],
)
def test_comparisons_have_64_bits(op, value, value_two, matching, others):
    condition = SyscallArg(index=3, value=value, value_two=value_two, op=op)
    program = bpf_program(profile(rule("mkdir", args=(condition,))), None)
    number = number_of("mkdir", X86_64)
    for argument in matching:
        assert cbpf.run(program, X86_64.audit, number, (7, 7, 7, argument)) == ALLOW
    for argument in others:
        assert cbpf.run(program, X86_64.audit, number, (7, 7, 7, argument)) == EPERM


def test_conditions_on_different_arguments_hold_together_and_on_the_same_one_apart():
    number = number_of("mkdir", X86_64)
    first, second = SyscallArg(0, 1, op="SCMP_CMP_EQ"), SyscallArg(1, 2, op="SCMP_CMP_EQ")
    together = bpf_program(profile(rule("mkdir", args=(first, second))), None)
    assert cbpf.run(together, X86_64.audit, number, (1, 2)) == ALLOW
    assert cbpf.run(together, X86_64.audit, number, (1, 3)) == EPERM
    apart = bpf_program(profile(rule("mkdir", args=(first, SyscallArg(0, 5, op="SCMP_CMP_EQ")))), None)
    assert cbpf.run(apart, X86_64.audit, number, (1,)) == ALLOW
    assert cbpf.run(apart, X86_64.audit, number, (5,)) == ALLOW
    assert cbpf.run(apart, X86_64.audit, number, (2,)) == EPERM


def test_a_foreign_architecture_is_killed():
    program = bpf_program(profile(rule("read"), architectures=("SCMP_ARCH_X86_64",)), None)
    assert cbpf.run(program, X86.audit, 3) == KILL_THREAD
    assert cbpf.run(program, X32.audit, X32.base) == KILL_THREAD
    assert cbpf.run(program, X86_64.audit, 0) == ALLOW


def test_unknown_calls_and_redundant_rules_are_dropped():
    program = bpf_program(profile(rule("no_such_call", "read"), rule("mkdir", action="SCMP_ACT_ERRNO")), None)
    assert cbpf.run(program, X86_64.audit, 0) == ALLOW


@pytest.mark.parametrize(
    ("seccomp", "error", "message"),
    [
        (profile(rule("read"), default="SCMP_ACT_WHAT"), InvalidParameter, "SCMP_ACT_WHAT is not a valid action"),
        (profile(rule("read", action="ALLOW")), InvalidParameter, "string ALLOW is not a valid action for seccomp"),
        (profile(rule("read"), architectures=("amd64",)), InvalidParameter, "amd64 is not a valid arch for seccomp"),
        (profile(rule("read", args=(SyscallArg(0, 1, op="=="),))), InvalidParameter, "== is not a valid operator"),
        (profile(rule("read", args=(SyscallArg(6, 1, op="SCMP_CMP_EQ"),))), InvalidParameter, "argument index 6"),
        (profile(rule("")), InvalidParameter, "empty string is not a valid syscall"),
        (profile(rule("read", action="SCMP_ACT_NOTIFY")), NotImplementedYet, "SCMP_ACT_NOTIFY is not supported"),
        (Seccomp("SCMP_ACT_ALLOW", listener_path="/x.sock"), NotImplementedYet, "listenerPath /x.sock"),
    ],
)
def test_what_is_refused(seccomp, error, message):
    with pytest.raises(error, match=message):
        bpf_program(seccomp, None)


def test_a_profile_that_says_nothing_is_no_filter():
    assert bpf_program(Seccomp(""), None) == b""


def test_a_finished_program_is_found_again_without_the_library(tmp_path, monkeypatch):
    seccomp = profile(rule("read"))
    bpf_program.cache_clear()
    first = bpf_program(seccomp, str(tmp_path / "seccomp"))
    bpf_program.cache_clear()

    def refuse(*args: object, **kwargs: object) -> None:
        raise AssertionError("a shared library was loaded")

    monkeypatch.setattr(ctypes, "CDLL", refuse)
    assert bpf_program(seccomp, str(tmp_path / "seccomp")) == first
    bpf_program.cache_clear()
