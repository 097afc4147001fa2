"""Says what is wrong with a text that isn't JSON, in the words of Go's encoding/json.

A scanner of its own, because a message needs the first offending character and what was expected there, which decoders
made for speed don't tell. It runs only after decoding has failed.

https://www.rfc-editor.org/rfc/rfc8259 (grammar), https://pkg.go.dev/encoding/json#SyntaxError (messages)
"""

import re

WHITESPACE = re.compile(r"[ \t\r\n]*")
STRING = re.compile(r'"(?:[^"\\\x00-\x1f]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*')
NUMBER_PARTS = (
    (re.compile(r"-?(?=\d)"), "in numeric literal"),
    (re.compile(r"0|[1-9]\d*"), "in numeric literal"),
    (re.compile(r"(?:\.\d+)?(?!\.)"), "after decimal point in numeric literal"),
    (re.compile(r"(?:[eE][+-]?\d+)?(?![eE])"), "in exponent of numeric literal"),
)
LITERALS = {"t": "true", "f": "false", "n": "null"}
END = "unexpected EOF"


class _Offence(Exception):
    """The character at `position` doesn't belong there; `context` is where it stands."""

    def __init__(self, position: int, context: str) -> None:
        super().__init__(context)
        self.position = position
        self.context = context


def explain(text: str) -> str:
    """Go's message for the first thing that is wrong in `text`; a text that only breaks off ends unexpectedly."""
    try:
        _scan(text)
    except _Offence as offence:
        if offence.position >= len(text):
            return END
        return f"invalid character {quoted(text[offence.position])} {offence.context}"
    return END


def quoted(character: str) -> str:
    """A character as Go's messages show it."""
    special = {"'": r"'\''", '"': "'\"'", "\n": r"'\n'", "\t": r"'\t'", "\r": r"'\r'", "\x00": r"'\x00'"}
    return special.get(character, f"'{character}'")


def _scan(text: str) -> None:
    open_brackets: list[str] = []
    position, expected = 0, "value"
    while True:
        position = WHITESPACE.match(text, position).end()  # type: ignore[union-attr]  # it matches the empty text
        character = text[position : position + 1]
        if expected == "end" or not character:
            raise _Offence(len(text), "")
        if character in "]}" and expected in ("value or end", "key or end", "more"):
            if not open_brackets or (character == "]") != (open_brackets[-1] == "["):
                raise _Offence(position, _context(expected, open_brackets))
            open_brackets.pop()
            position, expected = position + 1, "more" if open_brackets else "end"
        elif expected.startswith("value") and character in "{[":
            open_brackets.append(character)
            position, expected = position + 1, "key or end" if character == "{" else "value or end"
        elif expected.startswith("value"):
            position = _scalar(text, position)
            expected = "more" if open_brackets else "end"
        elif expected.startswith("key") and character == '"':
            position, expected = _string(text, position), "colon"
        elif expected == "colon" and character == ":":
            position, expected = position + 1, "value"
        elif expected == "more" and character == ",":
            position, expected = position + 1, "key" if open_brackets[-1] == "{" else "value"
        else:
            raise _Offence(position, _context(expected, open_brackets))


def _context(expected: str, open_brackets: list[str]) -> str:
    if expected == "colon":
        return "after object key"
    if expected == "more":
        return "after object key:value pair" if open_brackets[-1] == "{" else "after array element"
    return f"looking for beginning of {'object key string' if expected.startswith('key') else 'value'}"


def _scalar(text: str, position: int) -> int:
    character = text[position]
    if character == '"':
        return _string(text, position)
    if character in "-0123456789":
        for pattern, context in NUMBER_PARTS:
            part = pattern.match(text, position)
            if part is None:
                raise _Offence(position + 1, context)
            position = part.end()
        return position
    literal = LITERALS.get(character)
    if literal is None:
        raise _Offence(position, "looking for beginning of value")
    for offset, wanted in enumerate(literal):
        if text[position + offset : position + offset + 1] != wanted:
            raise _Offence(position + offset, f"in literal {literal} (expecting {quoted(wanted)})")
    return position + len(literal)


def _string(text: str, position: int) -> int:
    end = STRING.match(text, position).end()  # type: ignore[union-attr]  # it starts with a quote
    character = text[end : end + 1]
    if character == '"':
        return end + 1
    if character != "\\":
        raise _Offence(end, "in string literal")
    if text[end + 1 : end + 2] != "u":
        raise _Offence(end + 1, "in string escape code")
    digits = 0
    while digits < 4 and text[end + 2 + digits : end + 3 + digits] in tuple("0123456789abcdefABCDEF"):
        digits += 1
    raise _Offence(end + 2 + digits, r"in \u hexadecimal character escape")
