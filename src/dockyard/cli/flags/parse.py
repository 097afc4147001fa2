"""Arguments and a table of flags in, values and positional arguments out: the rules of Go's pflag.

- `--name=value`, `--name value`, and for a switch `--name` or `--name=false`;
- `-n value`, `-nvalue`, `-n=value`; switches in one cluster: `-itd`, whose last may take a value: `-itp 80:80`;
- `--` ends the flags; a lone `-` is a positional argument;
- with `interspersed=False` the first positional argument ends the flags too (`docker run IMAGE -x` leaves -x to the
  container).
"""

from __future__ import annotations

from dockyard.cli.flags.spec import Flag, Parsed
from dockyard.errors import InvalidParameter

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence


def parse(flags: Sequence[Flag], arguments: Sequence[str], *, interspersed: bool = True) -> Parsed:
    """What `arguments` say under the table `flags`; `--help` is understood besides, and `-h` where no flag claims it.

    Raises InvalidParameter with pflag's message: unknown flag, missing or bad value.
    """
    long = {flag.name: flag for flag in flags}
    short = {flag.short: flag for flag in flags if flag.short}
    parsed = Parsed({flag.name: [] if flag.kind.many else flag.default for flag in flags})
    index = 0
    while index < len(arguments):
        argument = arguments[index]
        index += 1
        if len(argument) < 2 or argument[0] != "-":
            parsed.arguments.append(argument)
            if not interspersed:
                break
        elif argument == "--":
            break
        elif argument[1] == "-":
            index = _long_flag(long, argument, arguments, index, parsed)
        else:
            index = _cluster(short, argument, arguments, index, parsed)
    parsed.arguments.extend(arguments[index:])
    return parsed


def _long_flag(flags: dict[str, Flag], argument: str, arguments: Sequence[str], index: int, parsed: Parsed) -> int:
    name, equals, value = argument[2:].partition("=")
    if not name or name[0] == "-":
        raise InvalidParameter(f"bad flag syntax: {argument}")
    flag = flags.get(name)
    if flag is None:
        if name == "help":
            parsed.help = True
            return index
        raise InvalidParameter(f"unknown flag: --{name}")
    if equals:
        _set(parsed, flag, value)
    elif flag.kind.switch:
        _set(parsed, flag, "true")
    elif index < len(arguments):
        _set(parsed, flag, arguments[index])
        return index + 1
    else:
        raise InvalidParameter(f"flag needs an argument: --{name}")
    return index


def _cluster(flags: dict[str, Flag], argument: str, arguments: Sequence[str], index: int, parsed: Parsed) -> int:
    letters = argument[1:]
    while letters:
        letter, rest = letters[0], letters[1:]
        flag = flags.get(letter)
        if flag is None:
            if letter == "h":
                parsed.help = True
                parsed.notes.append("Flag shorthand -h has been deprecated, use --help")
                return index
            raise InvalidParameter(f"unknown shorthand flag: '{letter}' in -{letters}")
        if len(rest) > 1 and rest[0] == "=":
            _set(parsed, flag, rest[1:])
            return index
        if flag.kind.switch:
            _set(parsed, flag, "true")
            letters = rest
        elif rest:
            _set(parsed, flag, rest)
            return index
        elif index < len(arguments):
            _set(parsed, flag, arguments[index])
            return index + 1
        else:
            raise InvalidParameter(f"flag needs an argument: '{letter}' in -{letters}")
    return index


def _set(parsed: Parsed, flag: Flag, text: str) -> None:
    try:
        value = flag.kind.parse(text)
    except ValueError as error:
        raise InvalidParameter(f'invalid argument "{text}" for "{flag.title}" flag: {error}') from None
    if flag.kind.many:
        parsed.values[flag.name].append(value)
    else:
        parsed.values[flag.name] = value
    parsed.changed.add(flag.name)
