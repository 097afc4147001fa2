"""JSON text indented, with every value as the daemon wrote it (Go's json.Indent, four blanks)."""

from __future__ import annotations

_STEP = "    "


def indented(text: str) -> str:
    """`text`, a valid JSON text, with a line for each member and element; numbers and strings aren't touched."""
    out: list[str] = []
    depth = 0
    index = 0
    while index < len(text):
        char = text[index]
        if char == '"':
            end = _string_end(text, index)
            out.append(text[index:end])
            index = end
            continue
        index += 1
        if char in "{[":
            closing = _next_token(text, index)
            if text[closing : closing + 1] in ("}", "]"):
                out.append(char + text[closing])
                index = closing + 1
            else:
                depth += 1
                out.append(f"{char}\n{_STEP * depth}")
        elif char in "}]":
            depth -= 1
            out.append(f"\n{_STEP * depth}{char}")
        elif char == ",":
            out.append(f",\n{_STEP * depth}")
        elif char == ":":
            out.append(": ")
        elif char not in " \t\r\n":
            out.append(char)
    return "".join(out)


def _string_end(text: str, start: int) -> int:
    end = start + 1
    while True:
        end = text.find('"', end)
        if end < 0:
            return len(text)
        slashes = 0
        while text[end - 1 - slashes] == "\\":
            slashes += 1
        end += 1
        if slashes % 2 == 0:
            return end


def _next_token(text: str, index: int) -> int:
    while text[index : index + 1] in (" ", "\t", "\r", "\n"):
        index += 1
    return index
