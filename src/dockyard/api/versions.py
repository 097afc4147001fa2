"""Versions of the Engine API: `major.minor`, compared number by number.

A request names its version in its path (`/v1.47/info`); without one the newest is meant. Both ends of the range are
ours to keep: clients back to Docker 1.12 (API 1.24) are served.

https://docs.docker.com/reference/api/engine/#versioned-api-and-sdk
"""

MINIMUM_VERSION = "1.24"
MAXIMUM_VERSION = "1.55"

Version = tuple[int, ...]
"""A parsed version, e.g. `(1, 47)`; tuples of one length compare as versions do."""


def parse_version(text: str) -> Version:
    """`"1.47"` as `(1, 47)`. What is not a number counts as 0, as in Docker (`"1."` is `(1, 0)`)."""
    numbers = [int(part) if part.isdecimal() else 0 for part in text.split(".")]
    while len(numbers) < 2:
        numbers.append(0)
    while len(numbers) > 2 and numbers[-1] == 0:
        numbers.pop()
    return tuple(numbers)


MINIMUM: Version = parse_version(MINIMUM_VERSION)
MAXIMUM: Version = parse_version(MAXIMUM_VERSION)
