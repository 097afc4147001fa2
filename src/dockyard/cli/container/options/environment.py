"""Environment variables and labels, from flags and from files."""

from __future__ import annotations

from dockyard.cli.flags.spec import Kind
from dockyard.errors import InvalidParameter

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

_BLANKS = " \t\n\v\f\r"


def _environment(text: str) -> str:
    if not text.partition("=")[0]:
        raise ValueError(f"invalid environment variable: {text}")
    return text


def _label(text: str) -> str:
    if not text.partition("=")[0]:
        raise ValueError(f"invalid label '{text}': empty name")
    return text


ENVIRONMENT = Kind("list", _environment, many=True)
LABEL = Kind("list", _label, many=True)


def environment(files: Iterable[str], given: Iterable[str], own: Mapping[str, str]) -> list[str]:
    """Variables from files, then those from flags; a name alone takes its value from `own`, the client's environment.

    A name alone that `own` doesn't have is dropped when it comes from a file, and passed on when it comes from a flag.
    """
    variables = []
    for path in files:
        for line in _lines(path):
            name, equals, _ = line.partition("=")
            if equals:
                variables.append(line)
            elif name in own:
                variables.append(f"{name}={own[name]}")
    variables.extend(text if "=" in text or text not in own else f"{text}={own[text]}" for text in given)
    return variables


def labels(files: Iterable[str], given: Iterable[str]) -> dict[str, str]:
    """Labels from files, then those from flags, which win; in a file a name without value is skipped."""
    lines = [line for path in files for line in _lines(path) if "=" in line]
    return pairs([*lines, *given])


def pairs(items: Iterable[str]) -> dict[str, str]:
    """`key=value` items as a mapping; a key alone has the empty value, the last of equal keys counts."""
    return {key: value for key, _, value in (item.partition("=") for item in items)}


def _lines(path: str) -> list[str]:
    """The lines of a file of variables that aren't empty or comments. Raises InvalidParameter with Docker's message."""
    try:
        with open(path, "rb") as file:
            data = file.read()
    except OSError as error:
        raise InvalidParameter(f"open {path}: {(error.strerror or '').lower()}") from error
    if data.startswith(b"\xef\xbb\xbf"):
        data = data[3:]
    found = []
    for number, raw in enumerate(data.split(b"\n"), 1):
        try:
            line = raw.decode().removesuffix("\r").lstrip(_BLANKS)
        except UnicodeDecodeError:
            raise InvalidParameter(f"invalid env file ({path}): invalid utf8 bytes at line {number}") from None
        if not line or line.startswith("#"):
            continue
        name = line.partition("=")[0]
        if not name:
            raise InvalidParameter(f"invalid env file ({path}): no variable name on line '{line}'")
        if any(char in _BLANKS for char in (name if "=" in line else name.strip(_BLANKS))):
            raise InvalidParameter(f"invalid env file ({path}): variable '{name}' contains whitespaces")
        found.append(line if "=" in line else name.strip(_BLANKS))
    return found
