"""`type=local,dest=out`: values of flags that are one line of CSV, each field of which is a pair."""

import csv

from dockyard.errors import InvalidParameter


def pairs(text: str, message: str = "invalid field '{}' must be a key=value pair") -> list[tuple[str, str]]:
    """The pairs, keys in lower case. Raises InvalidParameter with `message` for a field that is none."""
    try:
        rows = list(csv.reader([text], strict=True))
    except csv.Error as error:
        raise InvalidParameter(f"failed to parse csv: {error}") from None
    found = []
    for one in rows[0] if rows else []:
        key, equals, value = one.partition("=")
        if not equals:
            raise InvalidParameter(message.format(one))
        found.append((key.strip().lower(), value))
    return found
