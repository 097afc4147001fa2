"""Here-documents: `<<EOF`, `<<-EOF` (leading tabs are dropped), `<<"EOF"` (no variables), `3<<EOF`.

Dockerfile reference, "Here-Documents"; POSIX shell, 2.7.4.
"""

import re
from dataclasses import dataclass

from dockyard.builder.dockerfile.source import DockerfileError
from dockyard.builder.dockerfile.words import Mode, split_words

_FORM = re.compile(r"([0-9]*)<<(-?)\s*([^<]*)\Z", re.ASCII)
_TABS = re.compile(r"^\t+", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Heredoc:
    """One here-document. `expands`: variables in it are replaced. `chomps`: tabs at the beginning of lines go."""

    name: str
    expands: bool
    chomps: bool
    descriptor: int
    content: str = ""

    @property
    def text(self) -> str:
        """What a file made of it contains."""
        return _TABS.sub("", self.content) if self.chomps else self.content


def parse_heredoc(word: str) -> Heredoc | None:
    """The here-document that `word` announces, None when it announces none."""
    match = _FORM.match(word)
    if match is None or not match[3]:
        return None
    try:
        plain = split_words(match[3], {}, Mode(keep_unset=True))
    except DockerfileError:
        return None  # a lonely quote: whoever expands the word will say so
    if len(plain) != 1:
        return None
    raw = split_words(match[3], {}, Mode(raw_quotes=True, keep_unset=True))
    # Quotes anywhere in the word mean that its content is taken as it stands.
    quoted = len(raw) == 1 and _quotes(raw[0]) != _quotes(plain[0])
    return Heredoc(plain[0], not quoted, match[2] == "-", int(match[1] or 0))


def heredocs_of(line: str) -> list[Heredoc]:
    """All here-documents that a line announces, in order. Raises DockerfileError."""
    try:
        words = split_words(line, {}, Mode(raw_quotes=True, raw_escapes=True, keep_unset=True))
    except DockerfileError:
        return []  # a lonely quote: the shell will complain, not we
    return [heredoc for word in words if (heredoc := parse_heredoc(word)) is not None]


def _quotes(text: str) -> int:
    return text.count("'") + text.count('"')
