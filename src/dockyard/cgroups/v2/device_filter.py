"""The device rules as a BPF program, which version 2 has in place of a file: cgroup-v2.rst "Device controller".

The program gets struct bpf_cgroup_dev_ctx in register 1: access_type (kind in the low 16 bits, access in the high),
major, minor; it returns 1 to allow. Rules are tested from the last to the first and the first that matches decides,
which is the same as later rules overriding earlier ones. Instructions: Documentation/bpf/instruction-set.rst.
"""

import struct
from typing import Final

from dockyard.errors import InvalidParameter
from dockyard.spec.runtime import DeviceRule

KINDS: Final = {"b": 1, "c": 2}
ACCESS: Final = {"m": 1, "r": 2, "w": 4}

_LOAD_WORD, _MOVE_REGISTER, _MOVE, _AND, _SHIFT_RIGHT = 0x61, 0xBF, 0xB4, 0x54, 0x74
_JUMP_NOT_EQUAL, _JUMP_NOT_EQUAL_REGISTER, _JUMP_EQUAL, _EXIT = 0x55, 0x5D, 0x15, 0x95
_CONTEXT, _KIND, _ACCESS, _MAJOR, _MINOR, _SCRATCH = 1, 2, 3, 4, 5, 1
"""Registers. The context isn't needed any more when the scratch register is."""

_IS, _COVERED, _TOUCHED = "is", "covered", "touched"
"""Tests: the register has the value; all its bits are in the value; some of its bits are."""
_LENGTH: Final = {_IS: 1, _COVERED: 3, _TOUCHED: 3}
"""Instructions that a test takes."""


def program(rules: tuple[DeviceRule, ...]) -> bytes:
    """The instructions for `rules`; what no rule matches is denied. InvalidParameter for a rule that isn't one."""
    code = [
        _instruction(_LOAD_WORD, _KIND, _CONTEXT, 0),
        _instruction(_AND, _KIND, 0, 0, 0xFFFF),
        _instruction(_LOAD_WORD, _ACCESS, _CONTEXT, 0),
        _instruction(_SHIFT_RIGHT, _ACCESS, 0, 0, 16),
        _instruction(_LOAD_WORD, _MAJOR, _CONTEXT, 4),
        _instruction(_LOAD_WORD, _MINOR, _CONTEXT, 8),
    ]
    for rule in reversed(rules):
        tests = _tests(rule)
        code += _resolved(tests, bool(rule.allow))
        if not tests:  # it matches all; what was written before it can't be reached
            return b"".join(code)
    return b"".join([*code, *_resolved([], False)])


def _tests(rule: DeviceRule) -> list[tuple[int, str, int]]:
    """Tests (register, kind, value) that must all hold for `rule` to decide."""
    kind = rule.type or "a"
    if kind not in ("a", "b", "c"):
        raise InvalidParameter(f"invalid device rule type {rule.type!r}")
    if set(rule.access) - ACCESS.keys():
        raise InvalidParameter(f"invalid device rule access {rule.access!r}")
    tests = []
    if kind != "a":
        tests.append((_KIND, _IS, KINDS[kind]))
    access = sum(ACCESS[letter] for letter in set(rule.access or "rwm"))
    if access != sum(ACCESS.values()):
        # An allowing rule must cover all that is asked; a denying one is met by any part of it.
        tests.append((_ACCESS, _COVERED if rule.allow else _TOUCHED, access))
    if rule.major is not None and rule.major >= 0:
        tests.append((_MAJOR, _IS, rule.major))
    if rule.minor is not None and rule.minor >= 0:
        tests.append((_MINOR, _IS, rule.minor))
    return tests


def _resolved(tests: list[tuple[int, str, int]], allow: bool) -> list[bytes]:
    """The code of one rule: each failed test jumps over the rest of it."""
    total = sum(_LENGTH[kind] for _, kind, _ in tests) + 2
    code: list[bytes] = []
    for register, kind, value in tests:
        left = total - len(code) - _LENGTH[kind]
        if kind == _IS:
            code.append(_instruction(_JUMP_NOT_EQUAL, register, 0, left, value))
            continue
        code.append(_instruction(_MOVE_REGISTER, _SCRATCH, register, 0))
        code.append(_instruction(_AND, _SCRATCH, 0, 0, value))
        if kind == _COVERED:
            code.append(_instruction(_JUMP_NOT_EQUAL_REGISTER, _SCRATCH, register, left))
        else:
            code.append(_instruction(_JUMP_EQUAL, _SCRATCH, 0, left, 0))
    code.append(_instruction(_MOVE, 0, 0, 0, int(allow)))
    code.append(_instruction(_EXIT, 0, 0, 0))
    return code


def _instruction(code: int, destination: int, source: int, offset: int, immediate: int = 0) -> bytes:
    return struct.pack("<BBhi", code, destination | source << 4, offset, immediate)
