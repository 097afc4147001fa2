"""Sizes as Docker and runc read them: `64m`, `1.5GiB`, `1000`. Units are powers of 1024.

https://pkg.go.dev/github.com/docker/go-units#RAMInBytes
"""

from typing import Final

_UNITS: Final = "kmgtp"


def parse_size(text: str) -> int:
    """Bytes; ValueError when `text` isn't a size. The unit is one letter, or that and `b` or `ib`, in any case."""
    lowered = text.strip().lower()
    number_end = len(lowered)
    while number_end and not (lowered[number_end - 1].isdigit() or lowered[number_end - 1] == "."):
        number_end -= 1
    number, unit = lowered[:number_end].rstrip(), lowered[number_end:].strip()
    if not number or not all(character.isdigit() or character == "." for character in number) or not number.isascii():
        raise ValueError(text)
    if unit in ("", "b"):
        exponent = 0
    elif unit[0] in _UNITS and unit[1:] in ("", "b", "ib"):
        exponent = _UNITS.index(unit[0]) + 1
    else:
        raise ValueError(text)
    return int(float(number) * 1024**exponent) if "." in number else int(number) * 1024**exponent
