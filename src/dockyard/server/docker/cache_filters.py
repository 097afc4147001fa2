"""The filters of `POST /build/prune`.

    until, unused-for               not used for so long, or since then; the same by two names
    parent, type, description       in exact values; id: a regular expression that is found in it
    inuse, shared, private          true or false; without a value true
    label, label!                   as of other prunes, for `docker system prune`; nothing in the cache has a label

Each has one value at most, but labels. https://docs.docker.com/reference/api/engine/version/v1.55/ (BuildPrune)
"""

from typing import Final

from dockyard.errors import InvalidParameter
from dockyard.server.docker.filters import Filters
from dockyard.server.docker.until import cutoff_ns

_VALUES: Final = ("id", "parent", "type", "description")
_FLAGS: Final = ("inuse", "shared", "private")
_TIMES: Final = ("until", "unused-for")
_LABELS: Final = ("label", "label!")


def cache_filters(filters: Filters, now_ns: int) -> tuple[int, Filters]:
    """For how long (nanoseconds, 0: no matter) what is meant wasn't used, and the other filters, labels among them.

    Raises:
        InvalidParameter: in Docker's words, for a name that it doesn't know, several values, or both names of a time.
    """
    for name, values in filters.items():
        if name not in (*_VALUES, *_FLAGS, *_TIMES, *_LABELS):
            raise InvalidParameter(f"invalid filter '{name}'")
        if len(values) > 1 and name not in _LABELS:
            raise InvalidParameter("filters expect only one value")
    until, unused_for = (filters.get(name, ()) for name in _TIMES)
    if until and unused_for:
        raise InvalidParameter('conflicting filters: "until" and "unused-for"')
    cutoff = cutoff_ns(until or unused_for, now_ns)
    others = {name: values or (("true",) if name in _FLAGS else ()) for name, values in filters.items()}
    age_ns = max(0, now_ns - cutoff) if cutoff is not None else 0
    return age_ns, {name: values for name, values in others.items() if name not in _TIMES and values}
