"""A shortened program next to the one that it was made of: the same answer to every call."""

import random
import struct
from itertools import pairwise, product

import pytest
from tests.support import cbpf

from dockyard.engine.security.capabilities import ALL_CAPABILITIES, DEFAULT_CAPABILITIES
from dockyard.engine.security.profile import default_seccomp
from dockyard.runtime.seccomp import compiler
from dockyard.runtime.seccomp.compiler import compile_profile
from dockyard.runtime.seccomp.shorter import shortened
from dockyard.spec.runtime import Seccomp, Syscall, SyscallArg

LIBRARY = "libseccomp.so.2"
ARCHITECTURES = (0xC000003E, 0x40000003, 0xC00000B7, 0)
"""x86_64 (and x32), x86, one that the filter doesn't know, none."""

X32 = 0x40000000
LARGEST = 0xFFFFFFFF
LOAD, AND, RETURN = 0x20, 0x54, 0x06
OPERATORS = ("NE", "LT", "LE", "EQ", "GE", "GT", "MASKED_EQ")


def as_compiled(seccomp: Seccomp, monkeypatch: pytest.MonkeyPatch) -> bytes:
    monkeypatch.setattr(compiler, "shortened", lambda program: program)
    return compile_profile(seccomp, LIBRARY)


def numbers_of(program: bytes) -> list[int]:
    """All numbers that exist, those of x32, and the neighbours of all that the program compares with anything."""
    operands = {operand for code, _, _, operand in struct.iter_unpack("=HBBI", program) if code & 7 == 5}
    around = {number & LARGEST for operand in operands for number in (operand - 1, operand, operand + 1)}
    return sorted({*range(560), *range(X32, X32 + 560), *around, LARGEST})


def arguments_for(program: bytes) -> list[int]:
    """Values on both sides of each comparison, in the lower and in the upper half of an argument."""
    operands = {operand for code, _, _, operand in struct.iter_unpack("=HBBI", program) if code & 7 == 5}
    small = [each for each in operands if each < 600 or each > 0x10000]
    values = {value & LARGEST for each in small for value in (each - 1, each, each + 1, each | 1 << 31)}
    return sorted({*values, 0, LARGEST} | {value << 32 for value in random.Random(1).sample(sorted(values), 8)})


def looks_at_arguments(program: bytes, architecture: int, number: int) -> bool:
    """Whether two very different calls of that number run through a load of an argument."""
    seen: list[int] = []
    instructions = list(struct.iter_unpack("=HBBI", program))
    position = accumulator = 0
    while True:
        code, if_true, if_false, operand = instructions[position]
        position += 1
        if code == LOAD:
            seen.append(operand)
            if operand > 4:
                return True
            accumulator = number if operand == 0 else architecture
        elif code == RETURN:
            return False
        elif code == 0x05:
            position += operand
        else:
            hit = {0x15: accumulator == operand, 0x25: accumulator > operand, 0x35: accumulator >= operand}[code]
            position += if_true if hit else if_false


def assert_same(long: bytes, short: bytes, most_values: int = 40) -> int:
    """Compare them call by call; how many calls were compared."""
    compared = 0
    values = arguments_for(long)
    some = random.Random(2)
    for architecture, number in product(ARCHITECTURES, numbers_of(long)):
        calls: list[tuple[int, ...]] = [()]
        if looks_at_arguments(long, architecture, number) or looks_at_arguments(short, architecture, number):
            calls += [(value,) * 6 for value in values]
            calls += [tuple(some.choice(values) for _ in range(6)) for _ in range(most_values)]
        for arguments in calls:
            wanted = cbpf.run(long, architecture, number, arguments)
            got = cbpf.run(short, architecture, number, arguments)
            assert got == wanted, f"{architecture:#x} {number} {[hex(each) for each in arguments]}"
            compared += 1
    return compared


@pytest.mark.parametrize("capabilities", [DEFAULT_CAPABILITIES, ALL_CAPABILITIES, ()], ids=["default", "all", "none"])
def test_dockers_profile_in_a_third_of_the_instructions(capabilities, monkeypatch):
    seccomp = default_seccomp(capabilities, (6, 18), "amd64")
    long = as_compiled(seccomp, monkeypatch)
    short = shortened(long)
    assert len(short) < len(long) / 3
    assert assert_same(long, short, most_values=20) > 4000


def test_random_profiles(monkeypatch):
    some = random.Random(3)
    names = ("read", "write", "openat", "clone", "personality", "socket", "ioctl", "fcntl", "kill", "mseal", "getpid")
    for _ in range(12):
        rules = []
        for _ in range(some.randrange(1, 7)):
            conditions = tuple(
                SyscallArg(
                    index,
                    some.choice((0, 5, 0xFFFFFFFF, 1 << 33, some.getrandbits(64))),
                    value_two,
                    f"SCMP_CMP_{operator}",
                )
                for index, operator, value_two in zip(
                    some.sample(range(6), some.randrange(3)), some.sample(OPERATORS, 3), (0, 7, 1 << 40), strict=False
                )
            )
            action = some.choice(("SCMP_ACT_ALLOW", "SCMP_ACT_ERRNO", "SCMP_ACT_KILL_PROCESS"))
            rules.append(Syscall((some.choice(names),), action, some.choice((None, 38)), conditions))
        seccomp = Seccomp(default_action="SCMP_ACT_LOG", architectures=("SCMP_ARCH_X86",), syscalls=tuple(rules))
        long = as_compiled(seccomp, monkeypatch)
        short = shortened(long)
        assert len(short) <= len(long)
        assert_same(long, short, most_values=5)


def test_jumps_farther_than_a_test_reaches():
    """Three hundred ranges with an answer each: no two share their return, so the halves lie far apart."""
    ends = [*range(0, 3000, 10), 3000]
    code = [(LOAD, 0, 0, 0)]
    for index, (_, end) in enumerate(pairwise(ends)):
        code += [(0x35, 1, 0, end), (RETURN, 0, 0, 0x50000 | index)]
    code.append((RETURN, 0, 0, 0))
    long = b"".join(struct.pack("=HBBI", *each) for each in code)
    short = shortened(long + long[-8:] * 200)
    assert len(short) < len(long) + 200 * 8
    for number in range(3020):
        assert cbpf.run(short, 1, number) == cbpf.run(long, 1, number)


@pytest.mark.parametrize(
    "code",
    [
        pytest.param(
            [(LOAD, 0, 0, 0), (AND, 0, 0, 1), (0x15, 0, 1, 1), (RETURN, 0, 0, 1), (RETURN, 0, 0, 2)], id="and"
        ),
        pytest.param([(LOAD, 0, 0, 0), (0x45, 0, 1, 1), (RETURN, 0, 0, 1), (RETURN, 0, 0, 2)], id="bits"),
        pytest.param([(0x80, 0, 0, 0), (RETURN, 0, 0, 1)], id="length"),
    ],
)
def test_what_isnt_a_matter_of_ranges_is_left_alone(code):
    program = b"".join(struct.pack("=HBBI", *each) for each in code)
    assert shortened(program) == program


@pytest.mark.parametrize("rules", [500, 1000])
def test_a_long_chain_of_tests_stays_as_it_is(rules: int) -> None:
    """Deeper than Python's stack: the filter means the same, and the container starts."""
    compared = tuple(
        Syscall(("ioctl",), "SCMP_ACT_ALLOW", args=(SyscallArg(1, 3 * number, op="SCMP_CMP_EQ"),))
        for number in range(rules)
    )
    profile = Seccomp("SCMP_ACT_ERRNO", architectures=("SCMP_ARCH_X86_64",), syscalls=compared)
    program = compile_profile(profile, LIBRARY)
    for value, allowed in ((0, True), (3 * rules - 3, True), (1, False), (3 * rules, False)):
        decided = cbpf.run(program, ARCHITECTURES[0], 16, (0, value))
        assert (decided == 0x7FFF0000) is allowed
