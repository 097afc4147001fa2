"""Flags as runc takes them: Go's `flag` grammar, with the reordering of urfave/cli on top.

    -name value   --name value   -name=value   --name=value     one or two dashes are the same
    --switch      --switch=false                                a switch never takes the next word
    --            ends the flags

The first word that isn't a flag ends them too; but for most verbs runc first moves flags that it finds later to the
front, so `delete web --force` is understood. `exec` and `ps` don't, since what follows the container is for others.
https://pkg.go.dev/flag#hdr-Command_line_flag_syntax
https://github.com/urfave/cli/blob/v1.22.1/command.go (reorderArgs)
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final, NamedTuple

from dockyard.cmd.runc.durations import parse_duration

TRUE: Final = frozenset(("1", "t", "T", "true", "TRUE", "True"))
FALSE: Final = frozenset(("0", "f", "F", "false", "FALSE", "False"))


class UsageError(Exception):
    """The words can't be understood; the message is Go's."""


class HelpRequested(Exception):
    """The user asks what the verb takes."""


class Flag(NamedTuple):
    """One flag: its names, the first being the key of its value; what it takes; what it is for.

    kind: "switch", "text", "number", "texts" (may be repeated) or "duration" (seconds as float).
    """

    names: tuple[str, ...]
    usage: str
    kind: str = "text"
    default: Any = None


Values = Mapping[str, Any]
"""Value of each flag by the first of its names; a flag that wasn't given has its default."""

_EMPTY: Final[dict[str, Any]] = {"switch": False, "text": "", "number": 0, "texts": (), "duration": 0.0}


def parse(flags: Sequence[Flag], words: Sequence[str], *, reorder: bool = False) -> tuple[Values, list[str]]:
    """The flags' values, and the words that are left.

    Args:
        flags: those that exist; `help` and `h` always do.
        words: without the program's or the verb's name.
        reorder: also find flags behind the first word that isn't one.

    Raises:
        UsageError: a flag that doesn't exist, or a value that it can't have.
        HelpRequested: `--help` or `-h`.
    """
    by_name = {name: flag for flag in flags for name in flag.names}
    values = {flag.names[0]: _EMPTY[flag.kind] if flag.default is None else flag.default for flag in flags}
    given: dict[str, str] = {}
    remaining = _reorder(words) if reorder else list(words)
    while remaining and len(remaining[0]) > 1 and remaining[0].startswith("-"):
        word = remaining.pop(0)
        if word == "--":
            break
        name, equals, value = word.removeprefix("-").removeprefix("-").partition("=")
        if not name or name.startswith("-"):
            raise UsageError(f"bad flag syntax: {word}")
        flag = by_name.get(name)
        if flag is None:
            if name in ("help", "h"):
                raise HelpRequested
            raise UsageError(f"flag provided but not defined: -{name}")
        if given.setdefault(flag.names[0], name) != name:
            raise UsageError(f"Cannot use two forms of the same flag: {name} {given[flag.names[0]]}")
        if flag.kind == "switch":
            values[flag.names[0]] = _switch(name, value) if equals else True
            continue
        if not equals:
            if not remaining:
                raise UsageError(f"flag needs an argument: -{name}")
            value = remaining.pop(0)
        if flag.kind == "texts":
            values[flag.names[0]] = (*values[flag.names[0]], value)
        else:
            values[flag.names[0]] = _VALUES[flag.kind](name, value)
    return values, remaining


def _reorder(words: Sequence[str]) -> list[str]:
    """All words that begin with a dash, each with one that follows and doesn't, before the others."""
    front: list[str] = []
    back: list[str] = []
    value_may_follow = False
    for position, word in enumerate(words):
        if word == "--":
            back += words[position:]
            break
        if word.startswith("-") and word != "-":
            front.append(word)
            value_may_follow = "=" not in word
        elif value_may_follow and word != "-":
            front.append(word)
            value_may_follow = False
        else:
            back.append(word)
            value_may_follow = False
    return front + back


def _switch(name: str, value: str) -> bool:
    if value in TRUE:
        return True
    if value in FALSE:
        return False
    raise UsageError(f'invalid boolean value "{value}" for -{name}: parse error')


def _number(name: str, value: str) -> int:
    try:
        return int(value, 0)
    except ValueError:
        raise UsageError(f'invalid value "{value}" for flag -{name}: parse error') from None


def _duration(name: str, value: str) -> float:
    try:
        return parse_duration(value)
    except ValueError:
        raise UsageError(f'invalid value "{value}" for flag -{name}: parse error') from None


def _text(name: str, value: str) -> str:
    del name
    return value


_VALUES: Final[dict[str, Callable[[str, str], Any]]] = {"text": _text, "number": _number, "duration": _duration}
