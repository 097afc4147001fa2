"""Values of the `filters` of lists and prunes that mean the same for every noun: truths, and patterns of names.

https://docs.docker.com/reference/api/engine/version/v1.55/#tag/Container/operation/ContainerList ("filters")
"""

import re
from collections.abc import Mapping

from dockyard.errors import InvalidParameter

Filters = Mapping[str, tuple[str, ...]]


def truth(filters: Filters, key: str) -> bool:
    """The truth that `key` asks for; InvalidParameter when its values are no truth, or both."""
    values = filters[key]
    wanted = {value in ("1", "true") for value in values if value in ("0", "1", "false", "true")}
    if len(wanted) != 1:
        raise InvalidParameter(f"invalid filter '{key}=[{' '.join(values)}]'" if values else f"invalid filter '{key}'")
    return wanted.pop()


def matches(pattern: str, text: str) -> bool:
    """Whether the regular expression is somewhere in `text`; what is no expression must be the whole of it."""
    try:
        return re.search(pattern, text) is not None
    except re.error:
        return pattern == text
