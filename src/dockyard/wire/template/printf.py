"""`printf` of Go templates: the verbs that formats use (https://pkg.go.dev/fmt)."""

from __future__ import annotations

from dockyard.wire.quoted import quoted
from dockyard.wire.template.values import printed

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

_FLAGS = "-+# 0"


MAX_WIDTH = 1 << 16
"""Go has a limit, too; the daemon fills in templates of users."""


def printf(pattern: str, *values: Any) -> str:
    """`pattern` with its verbs replaced; what is wrong shows in the text, as in Go: `%!d(string=x)`."""
    out: list[str] = []
    index = used = 0
    while index < len(pattern):
        if pattern[index] != "%":
            out.append(pattern[index])
            index += 1
            continue
        end = index + 1
        while end < len(pattern) and (pattern[end] in _FLAGS or pattern[end].isdigit() or pattern[end] == "."):
            end += 1
        if end >= len(pattern):
            out.append("%!(NOVERB)")
            break
        flags, verb = pattern[index + 1 : end], pattern[end]
        index = end + 1
        if verb == "%":
            out.append("%")
        elif used >= len(values):
            out.append(f"%!{verb}(MISSING)")
        else:
            out.append(_one(flags, verb, values[used]))
            used += 1
    if used < len(values):
        extra = ", ".join(f"{_type(value)}={printed(value)}" for value in values[used:])
        out.append(f"%!(EXTRA {extra})")
    return "".join(out)


def _one(flags: str, verb: str, value: Any) -> str:
    number = isinstance(value, int) and not isinstance(value, bool)
    if verb in ("s", "v") and (verb == "v" or isinstance(value, str | list | tuple | dict)):
        return _padded(flags, printed(value))
    if verb == "q" and isinstance(value, str):
        return _padded(flags, quoted(value))
    if verb == "t" and isinstance(value, bool):
        return _padded(flags, printed(value))
    if verb in ("d", "x", "X", "o", "c", "b") and number:
        text = chr(value) if verb == "c" else format(value, ("+" if "+" in flags else "") + verb)
        return _padded(flags, text, zeros=True)
    if verb in ("x", "X") and isinstance(value, str):
        text = value.encode("utf-8", "surrogateescape").hex()
        return _padded(flags, text.upper() if verb == "X" else text)
    if verb in ("f", "F", "e", "g") and isinstance(value, float):
        _, dot, places = flags.partition(".")
        form = f".{min(int(places or 0), MAX_WIDTH)}{verb}" if dot else verb if verb != "g" else ""
        return _padded(flags.partition(".")[0], format(value, form) if form else printed(value), zeros=True)
    return f"%!{verb}({_type(value)}={printed(value)})"


def _padded(flags: str, text: str, *, zeros: bool = False) -> str:
    marks = flags[: len(flags) - len(flags.lstrip(_FLAGS))]
    width, dot, precision = flags[len(marks) :].partition(".")
    if dot:
        text = text[: int(precision or 0)]
    columns = min(int(width or 0), MAX_WIDTH)
    if "-" in marks:
        return text.ljust(columns)
    if zeros and "0" in marks:
        return text.zfill(columns)
    return text.rjust(columns)


def _type(value: Any) -> str:
    names = {bool: "bool", int: "int", float: "float64", str: "string"}
    return "<nil>" if value is None else names.get(type(value), "[]interface {}" if isinstance(value, list) else "map")
