"""The BPF program for device rules, run by an interpreter of its few instructions and compared with the rules'
meaning."""

import itertools
import struct

import pytest

from dockyard.cgroups.v1.devices import line
from dockyard.cgroups.v2.device_filter import ACCESS, KINDS, program
from dockyard.errors import InvalidParameter
from dockyard.spec.runtime import DeviceRule

DENY_ALL = DeviceRule(False, "a", None, None, "rwm")


def run(code: bytes, kind: str, access: str, major: int, minor: int) -> bool:
    """What the program answers to one question: Documentation/bpf/instruction-set.rst."""
    bits = sum(ACCESS[letter] for letter in access)
    context = struct.pack("<III", bits << 16 | KINDS[kind], major, minor)
    registers = [0] * 11
    registers[1] = 0xC0000
    position = 0
    for _ in range(10_000):
        operation, pair, offset, immediate = struct.unpack_from("<BBhi", code, position * 8)
        destination, source = pair & 15, pair >> 4
        position += 1
        match operation:
            case 0x61:
                assert registers[source] == 0xC0000, "reads from the context only"
                registers[destination] = struct.unpack_from("<I", context, offset)[0]
            case 0xBF:
                registers[destination] = registers[source]
            case 0xB4:
                registers[destination] = immediate & 0xFFFFFFFF
            case 0x54:
                registers[destination] &= immediate & 0xFFFFFFFF
            case 0x74:
                registers[destination] = (registers[destination] & 0xFFFFFFFF) >> immediate
            case 0x55:
                position += offset if registers[destination] != immediate else 0
            case 0x15:
                position += offset if registers[destination] == immediate else 0
            case 0x5D:
                position += offset if registers[destination] != registers[source] else 0
            case 0x95:
                return bool(registers[0])
            case _:
                raise AssertionError(f"unknown operation {operation:#x}")
    raise AssertionError("the program doesn't end")


def meaning(rules: tuple[DeviceRule, ...], kind: str, access: str, major: int, minor: int) -> bool:
    """The last rule that concerns the question decides; nothing is allowed by itself."""
    for rule in reversed(rules):
        if rule.type not in ("", "a", kind):
            continue
        if rule.major not in (None, -1, major) or rule.minor not in (None, -1, minor):
            continue
        letters = set(rule.access or "rwm")
        if (set(access) <= letters) if rule.allow else (set(access) & letters):
            return rule.allow
    return False


RULES = [
    (),
    (DENY_ALL,),
    (DeviceRule(True, "a", None, None, "rwm"),),
    (DeviceRule(True),),
    (DENY_ALL, DeviceRule(True, "c", 1, 3, "rwm")),
    (DENY_ALL, DeviceRule(True, "c", 1, None, "rw"), DeviceRule(False, "c", 1, 5, "w")),
    (DENY_ALL, DeviceRule(True, "b", None, None, "m"), DeviceRule(True, "c", None, 3, "r")),
    (DeviceRule(True), DeviceRule(False, "b", 8, -1, "rw"), DeviceRule(True, "b", 8, 3, "r")),
    (DENY_ALL, DeviceRule(True, "c", 136, None, "rwm"), DeviceRule(True, "c", 5, 2, "rwm")),
]
QUESTIONS = list(itertools.product("bc", ("r", "w", "m", "rw", "rwm"), (1, 5, 8, 136, 4095), (0, 2, 3, 5, 1048575)))


@pytest.mark.parametrize("rules", RULES)
def test_it_means_what_the_rules_mean(rules: tuple[DeviceRule, ...]) -> None:
    code = program(rules)
    assert len(code) % 8 == 0
    for question in QUESTIONS:
        assert run(code, *question) == meaning(rules, *question), question


@pytest.mark.parametrize("rule", [DeviceRule(True, "u"), DeviceRule(True, "c", 1, 3, "rx")])
def test_rules_that_are_none(rule: DeviceRule) -> None:
    with pytest.raises(InvalidParameter, match="invalid device rule"):
        program((rule,))


@pytest.mark.parametrize(
    ("rule", "text"),
    [
        (DENY_ALL, "a *:* rwm"),
        (DeviceRule(True), "a *:* rwm"),
        (DeviceRule(True, "c", 1, -1, "r"), "c 1:* r"),
        (DeviceRule(True, "b", 8, 0, "rw"), "b 8:0 rw"),
    ],
)
def test_lines_of_version_1(rule: DeviceRule, text: str) -> None:
    assert line(rule) == text
