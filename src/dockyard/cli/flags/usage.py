"""The `Options:` part of `--help`: one aligned block, wrapped to the width of the terminal, sorted by name."""

from __future__ import annotations

from dockyard.cli.flags.spec import Flag

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator


def flag_usages(flags: Iterable[Flag], width: int) -> str:
    """The lines for `flags`, each ending in a newline; `width` is the number of columns that a line may fill."""
    rows = [(_left(flag), _right(flag)) for flag in sorted(flags, key=lambda flag: flag.name) if not flag.hidden]
    if not rows:
        return ""
    indent = max(len(left) for left, _ in rows) + 3
    lines = []
    for left, right in rows:
        pieces = list(_wrapped(right, max(width - indent, 24)))
        lines.append(f"{left:<{indent}}{pieces[0]}".rstrip())
        lines.extend(f"{'':<{indent}}{piece}".rstrip() for piece in pieces[1:])
    return "\n".join(lines) + "\n"


def _left(flag: Flag) -> str:
    name = f"  -{flag.short}, --{flag.name}" if flag.short else f"      --{flag.name}"
    return f"{name} {flag.kind.label}" if flag.kind.label else name


def _right(flag: Flag) -> str:
    if flag.default in (None, False, "", 0) or flag.kind.many:
        return flag.usage
    if flag.default is True:
        return f"{flag.usage} (default true)"
    quoted = f'"{flag.default}"' if flag.kind.label == "string" else flag.default
    return f"{flag.usage} (default {quoted})"


def _wrapped(text: str, width: int) -> Iterator[str]:
    """`text` in pieces of at most `width` columns, broken at spaces; a longer word keeps a line of its own."""
    for paragraph in text.split("\n"):
        line = ""
        for word in paragraph.split(" "):
            if line and len(line) + 1 + len(word) > width:
                yield line
                line = word
            else:
                line = f"{line} {word}" if line else word
        yield line
