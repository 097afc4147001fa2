"""Tokens of a Go template.

`{{` begins an action and `}}` ends it; `{{- ` and ` -}}` trim the blanks of the text beside them; `{{/* … */}}` is a
comment.
"""

from __future__ import annotations

from dockyard.errors import InvalidParameter

TEXT, OPEN, CLOSE, FIELD, VARIABLE, NAME, NUMBER, STRING, CHAR, PUNCTUATION, SPACE = (
    "text", "open", "close", "field", "variable", "name", "number", "string", "char", "punctuation", "space",
)  # fmt: skip
_BLANKS = " \t\r\n"
_ESCAPES = {"n": "\n", "t": "\t", "r": "\r", "a": "\a", "b": "\b", "f": "\f", "v": "\v", "\\": "\\", "'": "'", '"': '"'}


class Token:
    """A token: its kind, its text (of a string: the value), and where it stands in the template."""

    __slots__ = ("kind", "offset", "text")

    def __init__(self, kind: str, text: str, offset: int) -> None:
        self.kind = kind
        self.text = text
        self.offset = offset


class Lexer:
    """Cuts `source` into tokens; errors name the template and the line."""

    def __init__(self, source: str, name: str) -> None:
        self.source = source
        self.name = name

    def fail(self, offset: int, message: str) -> InvalidParameter:
        """The error for a place in the template."""
        return InvalidParameter(f"template: {self.name}:{self.source.count(chr(10), 0, offset) + 1}: {message}")

    def tokens(self) -> list[Token]:
        """All tokens in order. Raises InvalidParameter."""
        found: list[Token] = []
        index, trim = 0, False
        while index < len(self.source):
            start = self.source.find("{{", index)
            text = self.source[index:] if start < 0 else self.source[index:start]
            trims_before = start >= 0 and self.source[start + 2 : start + 3] == "-" and self._blank(start + 3)
            piece = text.lstrip(_BLANKS) if trim else text
            piece = piece.rstrip(_BLANKS) if trims_before else piece
            if piece:
                found.append(Token(TEXT, piece, index))
            if start < 0:
                break
            index, trim = self._action(start, start + (3 if trims_before else 2), found)
        return found

    def _blank(self, index: int) -> bool:
        return self.source[index : index + 1] in (" ", "\t", "\r", "\n")

    def _action(self, start: int, index: int, found: list[Token]) -> tuple[int, bool]:
        comment = self.source[index:].lstrip(_BLANKS)
        if comment.startswith("/*"):
            return self._comment(start, len(self.source) - len(comment))
        found.append(Token(OPEN, "{{", start))
        while True:
            if self.source.startswith("}}", index):
                found.append(Token(CLOSE, "}}", index))
                return index + 2, False
            if self._blank(index) and self.source.startswith("-}}", index + 1):
                found.append(Token(CLOSE, "}}", index + 2))
                return index + 4, True
            if index >= len(self.source):
                raise self.fail(start, "unclosed action")
            token, index = self._token(index, start)
            found.append(token)

    def _comment(self, start: int, index: int) -> tuple[int, bool]:
        end = self.source.find("*/", index)
        if end < 0:
            raise self.fail(start, "unclosed comment")
        if self.source.startswith("}}", end + 2):
            return end + 4, False
        if self._blank(end + 2) and self.source.startswith("-}}", end + 3):
            return end + 6, True
        raise self.fail(start, "comment ends before closing delimiter")

    def _token(self, index: int, start: int) -> tuple[Token, int]:
        char = self.source[index]
        if char in _BLANKS:
            end = index
            while self._blank(end) and not self.source.startswith("-}}", end + 1):
                end += 1
            end = max(end, index + 1)
            return Token(SPACE, self.source[index:end], index), end
        if char in ("'", '"', "`"):
            return self._quoted(index, char)
        if char in (".", "$") or char.isalpha() or char == "_":
            return self._word(index)
        if char.isdigit() or (char in "+-" and self.source[index + 1 : index + 2].isdigit()):
            end = index + 1
            while end < len(self.source) and (self.source[end].isalnum() or self.source[end] in "._"):
                end += 1
            return Token(NUMBER, self.source[index:end], index), end
        if self.source.startswith(":=", index):
            return Token(PUNCTUATION, ":=", index), index + 2
        if char in "()|,=":
            return Token(PUNCTUATION, char, index), index + 1
        if char == "}":
            raise self.fail(start, 'unexpected "}" in operand')
        raise self.fail(start, f'unexpected "{char}" in command')

    def _word(self, index: int) -> tuple[Token, int]:
        char = self.source[index]
        end = index + 1
        while end < len(self.source) and (self.source[end].isalnum() or self.source[end] == "_"):
            end += 1
        text = self.source[index:end]
        if char == "." and text[1:2].isdigit():
            return Token(NUMBER, text, index), end
        self._check_end(end)
        kind = FIELD if char == "." else VARIABLE if char == "$" else NAME
        return Token(kind, text, index), end

    def _check_end(self, index: int) -> None:
        """A word ends at a blank, at one of . , | : ) ( = and at the end of the action."""
        char = self.source[index : index + 1]
        if char and char not in " \t\r\n.,|:)(=" and not self.source.startswith("}}", index):
            raise self.fail(index, f"bad character {_unicode(char)}")

    def _quoted(self, index: int, quote: str) -> tuple[Token, int]:
        what = {"'": "character constant", '"': "quoted string", "`": "raw quoted string"}[quote]
        value: list[str] = []
        end = index + 1
        while True:
            char = self.source[end : end + 1]
            if not char or (char == "\n" and quote != "`"):
                raise self.fail(index, f"unterminated {what}")
            if char == quote:
                return Token(CHAR if quote == "'" else STRING, "".join(value), index), end + 1
            if char == "\\" and quote != "`":
                escaped, end = self._escape(end + 1)
                value.append(escaped)
            else:
                value.append(char)
                end += 1

    def _escape(self, index: int) -> tuple[str, int]:
        char = self.source[index : index + 1]
        if char in _ESCAPES:
            return _ESCAPES[char], index + 1
        digits = {"x": 2, "u": 4, "U": 8}.get(char)
        if digits is not None:
            try:
                return chr(int(self.source[index + 1 : index + 1 + digits], 16)), index + 1 + digits
            except (ValueError, OverflowError):
                pass
        raise self.fail(index, "invalid syntax")


def _unicode(char: str) -> str:
    return f"U+{ord(char):04X} '{char}'"
