"""How many columns of a terminal text fills: East Asian wide characters fill two (Unicode Standard Annex 11)."""

from __future__ import annotations


def columns_of(text: str) -> int:
    """The columns that `text`, one line, fills."""
    if text.isascii():
        return len(text)
    from unicodedata import combining, east_asian_width

    return sum(0 if combining(char) else 2 if east_asian_width(char) in "WF" else 1 for char in text)
