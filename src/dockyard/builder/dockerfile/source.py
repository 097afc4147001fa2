"""Positions in a Dockerfile, and errors that show the lines they are about.

Dockerfile:3
--------------------
   1 |     FROM busybox
   2 |
   3 | >>> RUNN true
--------------------
"""

from typing import NamedTuple

from dockyard.errors import InvalidParameter

SPACES = "\t\n\v\f\r \x85\xa0\u1680" + "".join(map(chr, range(0x2000, 0x200B))) + "\u2028\u2029\u202f\u205f\u3000"
"""What Go's unicode.IsSpace takes for white space; Python's str.isspace knows four control characters more."""

_AROUND = 2
_RULE = "-" * 20
_LONGEST_SHOWN = 200


class Span(NamedTuple):
    """Lines of a file, 1-based, both ends included; `column` is 1-based in the first of them, 0 when unknown."""

    start: int
    end: int
    column: int = 0


class DockerfileError(InvalidParameter):
    """What is wrong with a Dockerfile, and where. `str()` is one line; `excerpt` shows the source."""

    def __init__(self, message: str, span: Span | None = None) -> None:
        super().__init__(message)
        self.span = span
        self.file = "Dockerfile"
        self.text = ""

    def within(self, file: str, text: str) -> "DockerfileError":
        """The same error, which now knows the file's name and text."""
        self.file, self.text = file, text
        return self

    def at(self, span: Span) -> "DockerfileError":
        """The same error; it is at `span` unless it knew better."""
        self.span = self.span or span
        return self

    @property
    def excerpt(self) -> str:
        """The lines around the error, the guilty ones marked; empty without a position or a text."""
        return excerpt(self.file, self.text, self.span) if self.span and self.span.start and self.text else ""


def excerpt(file: str, text: str, span: Span) -> str:
    """The lines of `span` marked, with two lines around them, below the name of the file."""
    lines = text.split("\n")
    first, last = max(1, span.start), min(max(span.start, span.end), len(lines))
    shown = range(max(1, first - _AROUND), min(len(lines), last + _AROUND) + 1)
    place = f"{file}:{first}:{span.column}" if span.column > 1 else f"{file}:{first}"
    rows = [
        f"{number:4d} | {'>>>' if first <= number <= last else '   '} {_cut(lines[number - 1])}".rstrip()
        for number in shown
    ]
    return "\n".join([place, _RULE, *rows, _RULE])


def _cut(line: str) -> str:
    line = line.rstrip("\r")
    return line if len(line) <= _LONGEST_SHOWN else line[:_LONGEST_SHOWN] + "…"
