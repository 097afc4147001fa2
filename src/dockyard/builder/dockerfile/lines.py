"""Stage one: text to logical lines. Comments go, continued lines are joined, here-documents are attached.

What BuildKit calls the parser's nodes. Only the form of a line is looked at here; what an instruction means and whether
it may have these flags is stage two's (instructions.py). Dockerfile reference, "Format".
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from dockyard.builder.dockerfile.arguments import Arguments, parse_arguments
from dockyard.builder.dockerfile.directives import Directives
from dockyard.builder.dockerfile.flags import split_flags
from dockyard.builder.dockerfile.heredoc import Heredoc, heredocs_of
from dockyard.builder.dockerfile.source import SPACES, DockerfileError, Span

LONGEST_LINE = 65535
LARGEST_FILE_BYTES = 4 << 20
_BLANKS = re.compile(r"[\t\v\f\r ]+")
_WITH_HEREDOCS = ("add", "copy", "run")


@dataclass(frozen=True, slots=True)
class Line:
    """One instruction as it stands in the file, whole.

    `original` is the joined line, `flags` what begins with `--` behind the keyword, `arguments` the rest as this
    keyword's form splits it. `trigger` is the line inside an ONBUILD. `comments` stand right above.
    """

    keyword: str
    flags: tuple[str, ...]
    arguments: Arguments
    original: str
    span: Span
    heredocs: tuple[Heredoc, ...] = ()
    comments: tuple[str, ...] = ()
    trigger: "Line | None" = None

    @property
    def name(self) -> str:
        """The keyword in lower case."""
        return self.keyword.lower()


@dataclass(frozen=True, slots=True)
class Lines:
    """A file's lines; its directives; and lines where an empty line stands in a continuation (deprecated)."""

    lines: tuple[Line, ...]
    directives: dict[str, str]
    escape: str
    empty_continuations: tuple[Span, ...] = ()


def read_lines(data: bytes) -> Lines:
    """The logical lines of a Dockerfile.

    Raises DockerfileError, with a position, for what no Dockerfile looks like. Bytes that aren't UTF-8 become U+FFFD,
    except in here-documents, which keep them (as surrogates).
    """
    if len(data) > LARGEST_FILE_BYTES:
        raise DockerfileError(f"dockerfile greater than max allowed size of {LARGEST_FILE_BYTES}")
    reader = _Reader(data.removeprefix(b"\xef\xbb\xbf").decode("utf-8", "surrogateescape"))
    lines = tuple(reader)
    if not lines:
        raise DockerfileError("file with no instructions", Span(max(reader.number, 1), max(reader.number, 1)))
    return Lines(lines, reader.directives.values, reader.directives.escape, tuple(reader.empty_continuations))


def read_trigger(text: str, escape: str = "\\") -> Line:
    """The line of an ONBUILD trigger that an image carries. Raises DockerfileError when it isn't exactly one."""
    prefix = "" if escape == "\\" else f"# escape={escape}\n"
    lines = read_lines((prefix + text).encode("utf-8", "surrogateescape")).lines
    if len(lines) != 1:
        raise DockerfileError("onbuild trigger should be a single expression")
    return lines[0]


@dataclass(slots=True)
class _Reader:
    text: str
    number: int = 0
    directives: Directives = field(default_factory=Directives)
    empty_continuations: list[Span] = field(default_factory=list)
    _at: int = 0

    def __iter__(self) -> Iterator[Line]:
        comments: list[str] = []
        while (physical := self._next()) is not None:
            start = self.number
            stripped = physical.rstrip("\r\n").lstrip(SPACES)
            try:
                is_directive = self.directives.read(stripped)
            except DockerfileError as error:
                raise error.at(Span(start - 1, start - 1)) from None  # as BuildKit: the line before
            if stripped.startswith("#"):
                if not is_directive:
                    comment = stripped[1:].strip(SPACES)
                    comments = [*comments, comment] if comment else []
                continue
            joined, ended = self._cut(stripped)
            if ended and not joined:
                continue
            joined = _readable(self._join(joined, ended))
            try:
                yield self._line(joined, Span(start, start, _column(physical)), tuple(comments))
            except DockerfileError as error:
                raise error.at(Span(start, self.number, _column(physical))) from None
            comments = []

    def _next(self) -> str | None:
        """The next physical line, with its end; None at the end of the file."""
        if self._at >= len(self.text):
            return None
        end = self.text.find("\n", self._at) + 1 or len(self.text)
        line = self.text[self._at : end]
        self._at = end
        self.number += 1
        if len(line) > LONGEST_LINE:
            message = f"dockerfile line greater than max allowed size of {LONGEST_LINE}"
            raise DockerfileError(message, Span(self.number, self.number))
        return line

    def _cut(self, line: str) -> tuple[str, bool]:
        """The line without its continuation character, and whether it ends here.

        A doubled escape character at the end doesn't continue the line.
        """
        escape = self.directives.escape
        bare = line.rstrip("\t ")
        if not bare.endswith(escape) or bare[-2:-1] == escape:
            return line, True
        return bare[:-1], False

    def _join(self, first: str, ended: bool) -> str:
        parts = [first]
        empty = False
        while not ended and (physical := self._next()) is not None:
            line = physical.rstrip("\r\n")
            if line.lstrip(SPACES).startswith("#"):
                continue
            if not line.strip(SPACES):
                empty = True
                continue
            line, ended = self._cut(line)
            parts.append(line)
        if empty:
            self.empty_continuations.append(Span(self.number, self.number))
        return "".join(parts)

    def _line(self, text: str, begin: Span, comments: tuple[str, ...]) -> Line:
        line = split_line(text, self.directives.escape)
        heredocs: tuple[Heredoc, ...] = ()
        owner = line.trigger or line
        if owner.name in _WITH_HEREDOCS and not owner.arguments.json and "<<" in text:
            heredocs = tuple(self._filled(heredoc) for heredoc in heredocs_of(text))
        return replace(line, span=begin._replace(end=self.number), heredocs=heredocs, comments=comments)

    def _filled(self, heredoc: Heredoc) -> Heredoc:
        content: list[str] = []
        while (physical := self._next()) is not None:
            end = physical.rstrip("\r\n")
            if (end.lstrip("\t") if heredoc.chomps else end) == heredoc.name:
                return replace(heredoc, content="".join(content))
            content.append(physical)
        raise DockerfileError("unterminated heredoc")


def split_line(text: str, escape: str) -> Line:
    """A joined line into keyword, flags and arguments. Raises DockerfileError for a wrong form."""
    keyword, *rest = _BLANKS.split(text.strip(SPACES), maxsplit=1)
    flags, remaining = split_flags(rest[0], escape) if rest else ((), "")
    remaining = remaining.strip(SPACES)
    trigger = None
    if keyword.lower() == "onbuild" and remaining:
        trigger = split_line(remaining, escape)
    return Line(keyword, flags, parse_arguments(keyword.lower(), remaining, escape), text, Span(0, 0), trigger=trigger)


def _readable(text: str) -> str:
    if text.isascii():
        return text
    return text.encode("utf-8", "surrogateescape").decode("utf-8", "replace")


def _column(physical: str) -> int:
    return len(physical) - len(physical.lstrip(SPACES)) + 1
