"""Times in queries (`since`, `until`): Unix seconds, with up to nine decimals.

    good   1700000000   1700000000.5   1700000000.123456789
    bad    now   1.5e9   1700000000.-5

https://docs.docker.com/reference/api/engine/version/v1.55/#tag/System/operation/SystemEvents
"""

from dockyard.errors import InvalidParameter
from dockyard.server.docker.http.query import bounded_decimal

SECOND_NS = 1_000_000_000
MAXIMUM_DECIMALS = 20


def parse_unix_timestamp(text: str, name: str) -> int | None:
    """Nanoseconds since the epoch, None for an empty text. InvalidParameter, naming the parameter, otherwise.

    More than nine decimals are cut off, as Docker does.
    """
    if not text:
        return None
    seconds, point, decimals = text.partition(".")
    digits = seconds[1:] if seconds[:1] in "+-" else seconds
    if not (digits.isascii() and digits.isdigit()):
        raise _invalid(name, text, f'invalid seconds "{seconds}": invalid syntax')
    whole = bounded_decimal(seconds)
    if whole is None:
        raise _invalid(name, text, f'invalid seconds "{seconds}": value out of range')
    if not point or not decimals:
        return whole * SECOND_NS
    if len(decimals) > MAXIMUM_DECIMALS:
        raise _invalid(name, text, f"invalid nanoseconds: length {len(decimals)} exceeds maximum {MAXIMUM_DECIMALS}")
    for position, character in enumerate(decimals):
        if character not in "0123456789":
            raise _invalid(name, text, f"invalid nanoseconds: invalid character '{character}' at position {position}")
    return whole * SECOND_NS + int(decimals[:9].ljust(9, "0"))


def _invalid(name: str, text: str, reason: str) -> InvalidParameter:
    return InvalidParameter(f"invalid value for '{name}': invalid timestamp \"{text}\": {reason}")
