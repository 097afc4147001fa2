"""Values of the `filters` of lists and prunes that mean the same for every noun: truths, labels, patterns of names.

https://docs.docker.com/reference/api/engine/version/v1.55/#tag/Container/operation/ContainerList ("filters")
"""

import re
from collections.abc import Container, Iterable, Mapping

from dockyard.errors import InvalidParameter

Filters = Mapping[str, tuple[str, ...]]


def truth(filters: Filters, key: str) -> bool:
    """The truth that `key` asks for; InvalidParameter when its values are no truth, or both."""
    values = filters[key]
    wanted = {value in ("1", "true") for value in values if value in ("0", "1", "false", "true")}
    if len(wanted) != 1:
        raise InvalidParameter(f"invalid filter '{key}=[{' '.join(values)}]'" if values else f"invalid filter '{key}'")
    return wanted.pop()


def check_keys(filters: Filters, known: Container[str]) -> None:
    """Raises InvalidParameter, in Docker's words, for a filter that isn't one of `known`."""
    for key in filters:
        if key not in known:
            raise InvalidParameter(f"invalid filter '{key}'")


def has_labels(labels: Mapping[str, str], wanted: Iterable[str]) -> bool:
    """Whether there is each of `wanted`, which are `name` or `name=value`."""
    for one in wanted:
        name, equals, value = one.partition("=")
        if name not in labels or (equals and labels[name] != value):
            return False
    return True


def matches(pattern: str, text: str) -> bool:
    """Whether the regular expression is somewhere in `text`; what is no expression must be the whole of it."""
    try:
        return re.search(pattern, text) is not None
    except re.error:
        return pattern == text
