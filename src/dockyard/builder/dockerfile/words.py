"""Words: quotes, escapes and variables, as in a shell, but for the Dockerfile's own rules.

    $name ${name}                    its value, empty when it is not set
    ${name:-word} ${name-word}       word when not set (with the colon: or empty)
    ${name:+word} ${name+word}       word when set (with the colon: and not empty)
    ${name:?word} ${name?word}       an error with `word` when not set (or empty)
    ${name#pat} ${name##pat} ${name%pat} ${name%%pat} ${name/pat/text} ${name//pat/text}
    '…' as it stands · "…" only variables · \\x is x

Dockerfile reference, "Environment replacement".
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from dockyard.builder.dockerfile.patterns import replace, trim_prefix, trim_suffix
from dockyard.builder.dockerfile.source import SPACES, DockerfileError

Lookup = Callable[[str], str | None]
"""A variable's value, None when it isn't set."""

_SPECIAL = "@*#?-$!0"
_NOTHING = "\ufffd"
"""What BuildKit shows of the end of the text where a modifier should stand."""
_DEEPEST = 64


@dataclass(frozen=True, slots=True)
class Mode:
    """How to read words: which character escapes, and what is left as it stands.

    `raw_quotes`, `raw_escapes`: keep them in the result. `skip_quotes`: quotes mean nothing (the text of a heredoc).
    `keep_unset`: leave variables without a value as they stand.
    """

    escape: str = "\\"
    raw_quotes: bool = False
    raw_escapes: bool = False
    skip_quotes: bool = False
    keep_unset: bool = False


@dataclass(slots=True)
class Expanded:
    """A text with its variables replaced; split into words; and which variables were there, and which were not."""

    text: str = ""
    words: list[str] = field(default_factory=list)
    found: set[str] = field(default_factory=set)
    missing: set[str] = field(default_factory=set)


def expand(text: str, variables: Mapping[str, str] | Lookup, mode: Mode = Mode()) -> str:
    """`text` as one word. Raises DockerfileError in BuildKit's words."""
    return scan(text, variables, mode).text


def split_words(text: str, variables: Mapping[str, str] | Lookup, mode: Mode = Mode()) -> list[str]:
    """`text` split at white space outside quotes, after its variables were replaced. Raises DockerfileError."""
    return scan(text, variables, mode).words


def scan(text: str, variables: Mapping[str, str] | Lookup, mode: Mode = Mode()) -> Expanded:
    """All that there is to know of `text`. Raises DockerfileError in BuildKit's words."""
    lookup = variables if callable(variables) else variables.get
    scanner = _Scanner(text, lookup, mode)
    try:
        scanner.result.text, scanner.result.words = scanner.until("", mode.raw_escapes)
    except DockerfileError as error:
        raise DockerfileError(f'failed to process "{_quoted(text)}": {error}') from None
    return scanner.result


def _quoted(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"')


class _Words:
    """Gathers words while characters come by."""

    def __init__(self) -> None:
        self._current: list[str] = []
        self.done: list[str] = []

    def add(self, text: str) -> None:
        """Characters among which white space ends a word."""
        for char in text:
            if char in SPACES:
                self.end()
            else:
                self._current.append(char)

    def add_raw(self, text: str) -> None:
        """Characters that belong to the word, whatever they are."""
        if text:
            self._current.append(text)

    def end(self) -> None:
        """What came so far is a word."""
        if self._current:
            self.done.append("".join(self._current))
            self._current = []


class _Scanner:
    def __init__(self, text: str, lookup: Lookup, mode: Mode) -> None:
        self._text = text
        self._lookup = lookup
        self._mode = mode
        self._at = 0
        self._depth = 0
        self.result = Expanded()

    def until(self, stop: str, raw_escapes: bool) -> tuple[str, list[str]]:
        """Everything up to the character `stop`, or to the end when it is empty."""
        self._depth += 1
        if self._depth > _DEEPEST:
            raise DockerfileError("substitutions are nested too deeply")
        parts: list[str] = []
        words = _Words()
        text, mode = self._text, self._mode
        while self._at < len(text):
            char = text[self._at]
            if stop and char == stop:
                self._at += 1
                words.end()
                self._depth -= 1
                return "".join(parts), words.done
            self._at += 1
            if char == "$":
                piece = self._variable()
                parts.append(piece)
                words.add(piece)
            elif char == "<":
                piece = self._heredoc_mark()
                parts.append(piece)
                words.add_raw(piece)
            elif char in "'\"" and not mode.skip_quotes:
                piece = self._single() if char == "'" else self._double(raw_escapes)
                parts.append(piece)
                words.add_raw(piece)
            elif char == mode.escape:
                if raw_escapes:
                    parts.append(char)
                    words.add_raw(char)
                if self._at < len(text):
                    parts.append(text[self._at])
                    words.add_raw(text[self._at])
                    self._at += 1
            else:
                parts.append(char)
                words.add(char)
        if stop:
            raise DockerfileError(f"unexpected end of statement while looking for matching {stop}")
        words.end()
        self._depth -= 1
        return "".join(parts), words.done

    def _single(self) -> str:
        end = self._text.find("'", self._at)
        if end < 0:
            self._at = len(self._text)
            raise DockerfileError("unexpected end of statement while looking for matching single-quote")
        inner = self._text[self._at : end]
        self._at = end + 1
        return f"'{inner}'" if self._mode.raw_quotes else inner

    def _double(self, raw_escapes: bool) -> str:
        text, escape = self._text, self._mode.escape
        parts = ['"'] if self._mode.raw_quotes else []
        while self._at < len(text):
            char = text[self._at]
            self._at += 1
            if char == '"':
                if self._mode.raw_quotes:
                    parts.append(char)
                return "".join(parts)
            if char == "$":
                parts.append(self._variable())
                continue
            if char == escape:
                if raw_escapes:
                    parts.append(char)
                if self._at == len(text):
                    break
                if text[self._at] in ('"', "$", escape):
                    char = text[self._at]
                    self._at += 1
            parts.append(char)
        raise DockerfileError("unexpected end of statement while looking for matching double-quote")

    def _heredoc_mark(self) -> str:
        """`<<` and the blanks behind it belong to the word: `<< EOF` is one."""
        if self._text[self._at : self._at + 1] != "<":
            return "<"
        start = self._at
        self._at += 1
        while self._text[self._at : self._at + 1] in ("\t", "\r", " "):
            self._at += 1
        return "<" + self._text[start : self._at]

    def _variable(self) -> str:
        text = self._text
        if text[self._at : self._at + 1] != "{":
            name = self._name()
            if not name:
                return "$"
            value = self._get(name)
            if value is None:
                return f"${name}" if self._mode.keep_unset else ""
            return value
        self._at += 1
        follows = text[self._at : self._at + 1]
        if not follows:
            raise DockerfileError("syntax error: missing '}'")
        if follows in "{}:":
            raise DockerfileError("syntax error: bad substitution")
        return self._braced(self._name())

    def _braced(self, name: str) -> str:
        char = self._next() or _NOTHING
        if char == "}":
            value = self._get(name)
            return value if value is not None else ("${" + name + "}" if self._mode.keep_unset else "")
        if char == "/":
            return self._replacement(name)
        shown, colon = char, char == ":"
        if colon:
            char = self._next()
            if not char:
                raise DockerfileError("syntax error: missing '}'")
            shown += char
        if char not in ("-", "+", "?", "#", "%") or (colon and char in "#%"):
            raise DockerfileError(f"unsupported modifier ({shown}) in substitution")
        word = self._inner("}", char in "#%", "syntax error: missing '}'")
        value = self._get(name)
        if self._mode.keep_unset and value is None:
            return "${" + name + shown + word + "}"
        return _modified(name, value, char, word, colon)

    def _replacement(self, name: str) -> str:
        everywhere = self._text[self._at : self._at + 1] == "/"
        if everywhere:
            self._at += 1
        pattern = self._inner("/", True, "syntax error: missing '/' in ${}")
        text = self._inner("}", True, "syntax error: missing '}'")
        value = self._get(name)
        if self._mode.keep_unset and value is None:
            return "${" + name + "/" + pattern + "/" + text + "}"
        return replace(pattern, value or "", text, everywhere=everywhere)

    def _inner(self, stop: str, raw_escapes: bool, complaint: str) -> str:
        try:
            return self.until(stop, raw_escapes)[0]
        except DockerfileError:
            if self._at >= len(self._text):
                raise DockerfileError(complaint) from None
            raise

    def _next(self) -> str:
        char = self._text[self._at : self._at + 1]
        self._at += 1
        return char

    def _get(self, name: str) -> str | None:
        value = self._lookup(name)
        (self.result.missing if value is None else self.result.found).add(name)
        return value

    def _name(self) -> str:
        text, start = self._text, self._at
        first = text[start : start + 1]
        if first.isdecimal() and first:
            while text[self._at : self._at + 1].isdecimal():
                self._at += 1
        elif first and first in _SPECIAL:
            self._at += 1
        else:
            while self._at < len(text) and (text[self._at].isalnum() or text[self._at] == "_"):
                self._at += 1
        return text[start : self._at]


def _modified(name: str, value: str | None, modifier: str, word: str, colon: bool) -> str:
    absent = value is None or (colon and value == "")
    if modifier == "-":
        return word if absent else value or ""
    if modifier == "+":
        return "" if absent else word
    if modifier == "?":
        if absent:
            refused = f"is not allowed to be {'unset' if value is None else 'empty'}"
            raise DockerfileError(f"{name}: {word or refused}")
        return value or ""
    longest = word.startswith(modifier)
    trim = trim_prefix if modifier == "#" else trim_suffix
    return trim(word[1:] if longest else word, value or "", longest=longest)
