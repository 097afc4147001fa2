"""`(did you mean …?)` behind the name of something that doesn't exist."""

from collections.abc import Iterable

_FARTHEST = 2
_LONGEST = 40


def suggestion(word: str, known: Iterable[str], *, lower: bool = True, sign: str = "") -> str:
    """` (did you mean x?)` for the first of the nearest known words that is at most two letters away; else empty.

    `lower`: case doesn't matter, and the answer is in lower case. `sign` stands before the word that is shown.
    """
    wanted = word.lower() if lower else word
    if len(wanted) > _LONGEST:
        return ""
    best, least = "", _FARTHEST + 1
    for candidate in known:
        distance = _distance(wanted, candidate.lower() if lower else candidate)
        if distance == 0:
            return ""
        if distance < least:
            best, least = candidate, distance
    return f" (did you mean {sign}{best.lower() if lower else best}?)" if best else ""


def _distance(one: str, other: str) -> int:
    """Levenshtein's; one more than the farthest for what is farther by its length alone."""
    if abs(len(one) - len(other)) > _FARTHEST:
        return _FARTHEST + 1
    row = list(range(len(other) + 1))
    for index, char in enumerate(one, 1):
        diagonal, row[0] = row[0], index
        for column, against in enumerate(other, 1):
            diagonal, row[column] = row[column], min(row[column] + 1, row[column - 1] + 1, diagonal + (char != against))
    return row[-1]
