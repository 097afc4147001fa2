"""What a flag is: one row of a command's table."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any


class Kind:
    """What the value of a flag may be.

    label: the word that stands for the value in `--help` (`list`, `bytes`); empty for a switch.
    parse: makes the value from its text, or raises ValueError with the message that Go's type gives.
    many: the flag may be repeated, and its value is the list of all that were given.
    switch: the flag stands alone (`--detach`); a value needs the equals sign (`--detach=false`).
    """

    __slots__ = ("label", "many", "parse", "switch")

    def __init__(self, label: str, parse: Callable[[str], Any], *, many: bool = False, switch: bool = False) -> None:
        self.label = label
        self.parse = parse
        self.many = many
        self.switch = switch


class Flag:
    """One row: `Flag("publish", "p", LIST, "Publish a port of the container on the host")`.

    default is what an absent flag is worth (one with `many` is worth an empty list). Hidden flags are parsed,
    and not listed by `--help`.
    """

    __slots__ = ("default", "hidden", "kind", "name", "short", "usage")

    def __init__(
        self, name: str, short: str, kind: Kind, usage: str, *, default: Any = None, hidden: bool = False
    ) -> None:
        self.name = name
        self.short = short
        self.kind = kind
        self.usage = usage
        self.default = False if default is None and kind.switch else default
        self.hidden = hidden

    @property
    def title(self) -> str:
        """The flag as messages name it: `-p, --publish`, or `--bip` for one without shorthand."""
        return f"-{self.short}, --{self.name}" if self.short else f"--{self.name}"


class Parsed:
    """What a command line said: `values` by flag name (defaults filled in), `changed` names, positional `arguments`."""

    __slots__ = ("arguments", "changed", "help", "notes", "values")

    def __init__(self, values: dict[str, Any]) -> None:
        self.values = values
        self.changed: set[str] = set()
        self.arguments: list[str] = []
        self.help = False
        self.notes: list[str] = []

    def __getitem__(self, name: str) -> Any:
        return self.values[name]
