"""`docker builder prune --filter id=…`: a regular expression that is found in an id, as in containerd's filters."""

import re

_LONGEST = 128
_MOST_REPEATS = 3
_REPEATS = re.compile(r"[*+?]")
_GROUPS = frozenset("(){}")


def id_matches(identifier: str, pattern: str) -> bool:
    """Whether `pattern` is found in `identifier`; a pattern that is none matches nothing.

    Go's expressions take linear time, Python's may not: those with groups, counts or many repetitions are texts.
    """
    if len(pattern) > _LONGEST or _GROUPS.intersection(pattern) or len(_REPEATS.findall(pattern)) > _MOST_REPEATS:
        return pattern in identifier
    try:
        return re.search(pattern, identifier, re.ASCII) is not None
    except re.error:
        return False
