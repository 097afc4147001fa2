"""Words of a Dockerfile instruction: quotes, backslashes, `$name` and `${name}` of the image's environment.

Dockerfile reference, "Environment replacement". `'…'` is literal; in `"…"` and outside variables are replaced.
"""

import re
from collections.abc import Mapping

from dockyard.errors import InvalidParameter

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_BRACED = re.compile(r"\{([A-Za-z_][A-Za-z0-9_]*)(?:(:[-+])([^}]*))?\}")


def expand(text: str, variables: Mapping[str, str]) -> str:
    """`text` with quotes removed and variables replaced, as one word."""
    return "".join(_scan(text, variables, split=False)[0:1])


def words(text: str, variables: Mapping[str, str]) -> list[str]:
    """`text` split at unquoted white space, each word expanded."""
    return _scan(text, variables, split=True)


def key_values(instruction: str, text: str, variables: Mapping[str, str]) -> list[tuple[str, str]]:
    """`a=1 b="x y"`, or the old form `a rest of the line`. Raises InvalidParameter with Docker's words."""
    first = text.split(None, 1)
    if "=" not in first[0]:
        if len(first) < 2:
            raise InvalidParameter(f"{instruction} must have two arguments")
        return [(expand(first[0], variables), expand(first[1], variables))]
    pairs = []
    for word in words(text, variables):
        key, equals, value = word.partition("=")
        if not equals:
            raise InvalidParameter(f'Syntax error - can\'t find = in "{word}". Must be of the form: name=value')
        if not key:
            raise InvalidParameter(f"{instruction} names can not be blank")
        pairs.append((key, value))
    return pairs


def _scan(text: str, variables: Mapping[str, str], *, split: bool) -> list[str]:
    found: list[str] = []
    current: list[str] | None = None
    position, quote = 0, ""
    while position < len(text):
        char = text[position]
        position += 1
        if split and not quote and char.isspace():
            if current is not None:
                found.append("".join(current))
            current = None
            continue
        current = [] if current is None else current
        if char == quote:
            quote = ""
        elif not quote and char in "'\"":
            quote = char
        elif char == "\\" and quote != "'" and position < len(text):
            follows = text[position]
            current.append(follows if not quote or follows in '"$\\' else "\\" + follows)
            position += 1
        elif char == "$" and quote != "'":
            value, position = _variable(text, position, variables)
            current.append(value)
        else:
            current.append(char)
    if quote:
        raise InvalidParameter("unexpected end of statement while looking for matching " + _QUOTES[quote])
    if current is not None:
        found.append("".join(current))
    return found


_QUOTES = {"'": "single-quote", '"': "double-quote"}


def _variable(text: str, position: int, variables: Mapping[str, str]) -> tuple[str, int]:
    braced = _BRACED.match(text, position)
    if braced:
        name, modifier, word = braced.groups()
        value = variables.get(name, "")
        if modifier == ":-":
            value = value or expand(word, variables)
        elif modifier == ":+":
            value = expand(word, variables) if value else ""
        return value, braced.end()
    if text.startswith("{", position):
        raise InvalidParameter("unsupported modifier in substitution")
    plain = _NAME.match(text, position)
    if plain is None:
        return "$", position
    return variables.get(plain[0], ""), plain.end()
