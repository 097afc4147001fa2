"""The kinds of values that flags have, with Go's rules and Go's messages for bad ones.

Sources: strconv.ParseBool and ParseInt, time.ParseDuration, go-units' RAMInBytes, docker's opts package, as their
documentation describes them.
"""

from __future__ import annotations

from dockyard.cli.flags.spec import Kind

_TRUE = ("1", "t", "T", "TRUE", "true", "True")
_FALSE = ("0", "f", "F", "FALSE", "false", "False")
_UNITS = {
    "ns": 1,
    "us": 1_000,
    "µs": 1_000,
    "μs": 1_000,
    "ms": 1_000_000,
    "s": 10**9,
    "m": 60 * 10**9,
    "h": 3600 * 10**9,
}
_BINARY = {"": 1, "b": 1, "k": 1 << 10, "m": 1 << 20, "g": 1 << 30, "t": 1 << 40, "p": 1 << 50}


def boolean(text: str) -> bool:
    """`strconv.ParseBool`."""
    if text in _TRUE:
        return True
    if text in _FALSE:
        return False
    raise ValueError(f'strconv.ParseBool: parsing "{text}": invalid syntax')


def _whole(text: str, function: str, lowest: int, highest: int) -> int:
    digits = text.lstrip("+-") if lowest < 0 else text
    base = 10
    if len(digits) > 1 and digits[0] == "0":
        base = {"x": 16, "b": 2, "o": 8}.get(digits[1].lower(), 8)
    try:
        if not digits.isascii() or " " in text or len(text) - len(digits) > 1 or "_" in text:
            raise ValueError
        value = int(text, base)
    except ValueError:
        raise ValueError(f'strconv.{function}: parsing "{text}": invalid syntax') from None
    if not lowest <= value <= highest:
        raise ValueError(f'strconv.{function}: parsing "{text}": value out of range')
    return value


def integer(text: str) -> int:
    """A signed whole number of 64 bits; `0x`, `0o`, `0b` and a leading zero choose the base."""
    return _whole(text, "ParseInt", -(1 << 63), (1 << 63) - 1)


def unsigned16(text: str) -> int:
    """A whole number from 0 to 65535."""
    return _whole(text, "ParseUint", 0, 0xFFFF)


def unsigned(text: str) -> int:
    """A whole number from 0 to 2^64 - 1."""
    return _whole(text, "ParseUint", 0, (1 << 64) - 1)


def duration(text: str) -> int:
    """A time as Go writes it (`1m30s`, `1.5h`, `0`), in nanoseconds."""
    rest = text[1:] if text[:1] in ("+", "-") else text
    if rest == "0":
        return 0
    if not rest:
        raise ValueError(f'time: invalid duration "{text}"')
    total = 0.0
    while rest:
        end = 0
        while end < len(rest) and (rest[end] == "." or (rest[end].isascii() and rest[end].isdigit())):
            end += 1
        number, rest = rest[:end], rest[end:]
        if not number.strip(".") or number.count(".") > 1:
            raise ValueError(f'time: invalid duration "{text}"')
        end = 0
        while end < len(rest) and rest[end] != "." and not rest[end].isdigit():
            end += 1
        unit, rest = rest[:end], rest[end:]
        if not unit:
            raise ValueError(f'time: missing unit in duration "{text}"')
        if unit not in _UNITS:
            raise ValueError(f'time: unknown unit "{unit}" in duration "{text}"')
        total += float(number) * _UNITS[unit]
    if total >= 1 << 63:
        raise ValueError(f'time: invalid duration "{text}"')
    return round(-total if text[0] == "-" else total)


def memory(text: str) -> int:
    """A size in bytes with a binary suffix: `512m`, `1.5GiB`, `64MB`; `b`, `k`, `m`, `g`, `t`, `p` in either case."""
    end = len(text)
    while end and text[end - 1] not in "0123456789. ":
        end -= 1
    number, suffix = text[:end].removesuffix(" "), text[end:].lower()
    try:
        if not number or not set(number) <= set("0123456789."):
            raise ValueError
        size = float(number)
    except ValueError:
        raise ValueError(f"invalid size: '{text}'") from None
    letter = suffix[:1]
    if letter not in _BINARY or suffix[1:] not in ("", "b", "ib") or (letter in ("", "b") and suffix[1:]):
        raise ValueError(f"invalid suffix: '{text[end:]}'")
    if size * _BINARY[letter] >= 1 << 63:
        raise ValueError(f"invalid size: '{text}'")
    return int(size * _BINARY[letter])


def swap(text: str) -> int:
    """A memory size, or -1 for without limit."""
    return -1 if text == "-1" else memory(text)


def nano_cpus(text: str) -> int:
    """A number of CPUs such as `1.5`, in billionths of a CPU."""
    whole, _, part = text.partition(".")
    sign = whole[:1] if whole[:1] in ("+", "-") else ""
    digits = whole.removeprefix(sign) + part
    if not digits.isascii() or not digits.isdigit():
        raise ValueError(f"failed to parse {text} as a rational number")
    if part[9:].strip("0"):
        raise ValueError("value is too precise")
    nanos = int(digits + "0" * (9 - len(part))) if len(part) <= 9 else int(digits[: 9 - len(part)])
    return -nanos if sign == "-" else nanos


def text_value(text: str) -> str:
    """Any text at all."""
    return text


def address(text: str) -> str:
    """An IP address, version 4 or 6."""
    if not is_address(text):
        raise ValueError(f"{text} is not an ip address")
    return text


def is_address(text: str) -> bool:
    """Whether `text` is an IPv4 or IPv6 address, as inet_pton(3) reads it."""
    import _socket

    family = _socket.AF_INET6 if ":" in text else _socket.AF_INET
    try:
        _socket.inet_pton(family, text)
    except (OSError, ValueError):
        return False
    return True


BOOL = Kind("", boolean, switch=True)
STRING = Kind("string", text_value)
INT = Kind("int", integer)
UINT = Kind("uint", unsigned)
UINT16 = Kind("uint16", unsigned16)
DURATION = Kind("duration", duration)
BYTES = Kind("bytes", memory)
SWAP_BYTES = Kind("bytes", swap)
DECIMAL = Kind("decimal", nano_cpus)
IP = Kind("ip", address)
LIST = Kind("list", text_value, many=True)
FILTER = Kind("filter", text_value, many=True)
