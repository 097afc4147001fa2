"""`(did you mean …?)` behind the name of something that doesn't exist."""

from collections.abc import Iterable

_FARTHEST = 2


def suggestion(word: str, known: Iterable[str], *, lower: bool = True) -> str:
    """` (did you mean x?)` for the nearest known word that is at most two letters away; else empty."""
    wanted = word.lower()
    if len(wanted) > 40:
        return ""
    best, least = "", min(_FARTHEST, max(len(wanted) - 1, 0)) + 1
    for candidate in known:
        distance = _distance(wanted, candidate.lower())
        if distance == 0:
            return ""
        if distance < least:
            best, least = candidate, distance
    return f" (did you mean {best.lower() if lower else best}?)" if best else ""


def _distance(one: str, other: str) -> int:
    """Levenshtein's."""
    row = list(range(len(other) + 1))
    for index, char in enumerate(one, 1):
        diagonal, row[0] = row[0], index
        for column, against in enumerate(other, 1):
            diagonal, row[column] = row[column], min(row[column] + 1, row[column - 1] + 1, diagonal + (char != against))
    return row[-1]
