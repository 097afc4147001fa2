"""Flags: the words behind a keyword that begin with `--`, and what each instruction allows of them.

`--` alone ends them. Quotes and the escape character work as in a shell, without variables.
"""

from collections.abc import Sequence

from dockyard.builder.dockerfile.source import SPACES, DockerfileError
from dockyard.builder.dockerfile.suggest import suggestion


def split_flags(text: str, escape: str) -> tuple[tuple[str, ...], str]:
    """The flags at the beginning of `text`, and the text behind them."""
    flags: list[str] = []
    at = 0
    while at < len(text):
        if text[at] in SPACES:
            at += 1
            continue
        if not text.startswith("--", at):
            return tuple(flags), text[at:]
        word, at = _word(text, at, escape)
        if word == "--":
            return tuple(flags), text[at:]
        flags.append(word)
    return tuple(flags), ""


def _word(text: str, at: int, escape: str) -> tuple[str, int]:
    """The word that begins at `at`, quotes and escapes taken away, and where it ends."""
    parts: list[str] = []
    quote = ""
    while at < len(text):
        char = text[at]
        at += 1
        if not quote and char in SPACES:
            return "".join(parts), at - 1
        if char == quote:
            quote = ""
        elif not quote and char in "'\"":
            quote = char
        elif char == escape:
            parts.append(text[at : at + 1])
            at += 1
        else:
            parts.append(char)
    return "".join(parts), at


class Flags:
    """The flags of one instruction, checked against those that it knows. Raises DockerfileError in BuildKit's words."""

    def __init__(
        self,
        given: Sequence[str],
        *,
        texts: Sequence[str] = (),
        booleans: Sequence[str] = (),
        lists: Sequence[str] = (),
    ) -> None:
        self._values: dict[str, str] = {}
        self._lists: dict[str, list[str]] = {}
        known = (*texts, *booleans, *lists)
        for flag in given:
            name, equals, value = flag.partition("=")
            key = name[2:]
            if key not in known:
                raise DockerfileError(f"unknown flag: {name}{suggestion(key, known)}")
            if key in self._values and key not in lists:
                raise DockerfileError(f"duplicate flag specified: {name}")
            if key in booleans:
                if equals and not value:
                    raise DockerfileError(f"missing a value on flag: {name}")
                if value.lower() not in ("", "true", "false"):
                    raise DockerfileError(f"expecting boolean value for flag {name}, not: {value}")
                value = "false" if value.lower() == "false" else "true"
            elif not equals:
                raise DockerfileError(f"missing a value on flag: {name}")
            if key in lists:
                self._lists.setdefault(key, []).append(value)
            self._values[key] = value

    def text(self, name: str) -> str:
        """The value; empty when it wasn't given."""
        return self._values.get(name, "")

    def boolean(self, name: str) -> bool:
        """True when given and not false."""
        return self._values.get(name) == "true"

    def maybe(self, name: str) -> bool | None:
        """None when not given."""
        return self.boolean(name) if name in self._values else None

    def list(self, name: str) -> tuple[str, ...]:
        """All values of a flag that may come several times."""
        return tuple(self._lists.get(name, ()))
