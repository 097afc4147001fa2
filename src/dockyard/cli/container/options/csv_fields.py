"""Fields between commas, where a field in double quotes may hold commas (RFC 4180): the long forms of flags."""

from __future__ import annotations


def fields(text: str) -> list[str]:
    """The fields of one line. Raises ValueError for a quote that isn't closed."""
    found: list[str] = []
    index = 0
    while True:
        if text[index : index + 1] == '"':
            value, index = _quoted(text, index + 1)
        else:
            end = text.find(",", index)
            end = len(text) if end < 0 else end
            value, index = text[index:end], end
            if '"' in value:
                raise ValueError(f'parse error on line 1, column {index}: bare " in non-quoted field')
        found.append(value)
        if index >= len(text):
            return found
        if text[index] != ",":
            raise ValueError(f'parse error on line 1, column {index}: extraneous or missing " in quoted-field')
        index += 1


def _quoted(text: str, index: int) -> tuple[str, int]:
    value: list[str] = []
    while index < len(text):
        if text[index] == '"':
            if text[index + 1 : index + 2] != '"':
                return "".join(value), index + 1
            index += 1
        value.append(text[index])
        index += 1
    raise ValueError(f'parse error on line 1, column {index}: extraneous or missing " in quoted-field')
