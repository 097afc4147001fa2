"""The query of a request, read as Docker's daemon reads it.

https://docs.docker.com/reference/api/engine/version/v1.55/ (each operation's "Query Parameters")
"""

from urllib.parse import parse_qsl

from dockyard.errors import InvalidParameter

INTEGER_DIGITS = len(str(1 << 63))
FALSE_WORDS = frozenset({"", "0", "no", "false", "none"})
_TRUE = ("1", "t", "T", "TRUE", "true", "True")
_FALSE = ("0", "f", "F", "FALSE", "false", "False")


class Query:
    """Query parameters by name; a name may come several times."""

    __slots__ = ("_values",)

    def __init__(self, text: str) -> None:
        """`text` is what follows the question mark, still percent-encoded; empty for none."""
        self._values: dict[str, list[str]] = {}
        if text:
            for name, value in parse_qsl(text, keep_blank_values=True, errors="replace"):
                self._values.setdefault(name, []).append(value)

    def has(self, name: str) -> bool:
        """Whether the parameter was given, be it empty."""
        return name in self._values

    def text(self, name: str) -> str:
        """The first value; empty when it wasn't given."""
        values = self._values.get(name)
        return values[0] if values else ""

    def texts(self, name: str) -> tuple[str, ...]:
        """All values, in order."""
        return tuple(self._values.get(name, ()))

    def flag(self, name: str, default: bool = False) -> bool:
        """A boolean: false for `0`, `no`, `false`, `none` and an empty value, true for anything else."""
        values = self._values.get(name)
        return default if values is None else values[0].strip().lower() not in FALSE_WORDS

    def integer(self, name: str) -> int | None:
        """A decimal number, None when not given or empty. InvalidParameter, in Go's words, for anything else."""
        value = self.text(name)
        return parse_integer(value) if value else None

    def replaced(self, name: str, value: str) -> "Query":
        """The same query with `value` as the only one of `name`."""
        query = Query("")
        query._values = {**self._values, name: [value]}
        return query

    def __repr__(self) -> str:
        return f"Query({self._values!r})"


def parse_truth(text: str) -> bool:
    """A truth value as strconv.ParseBool reads it; InvalidParameter with its message otherwise."""
    if text in _TRUE or text in _FALSE:
        return text in _TRUE
    raise InvalidParameter(f'strconv.ParseBool: parsing "{text}": invalid syntax')


def parse_integer(text: str) -> int:
    """A 64-bit decimal as strconv.Atoi reads it; InvalidParameter with its message otherwise."""
    digits = text[1:] if text[:1] in "+-" else text
    if not (digits.isascii() and digits.isdigit()):
        raise InvalidParameter(f'strconv.Atoi: parsing "{text}": invalid syntax')
    number = bounded_decimal(text)
    if number is None:
        raise InvalidParameter(f'strconv.Atoi: parsing "{text}": value out of range')
    return number


def bounded_decimal(text: str) -> int | None:
    """What decimal digits with or without a sign say, None when 64 bits can't hold it.

    Python refuses to convert thousands of digits, with another error than for what is no number.
    """
    digits = text.lstrip("+-").lstrip("0")
    if len(digits) > INTEGER_DIGITS:
        return None
    number = int(digits or "0") * (-1 if text.startswith("-") else 1)
    return number if -(1 << 63) <= number < 1 << 63 else None
