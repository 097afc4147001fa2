"""The texts of `--help`: of the program, of a noun, of a verb."""

from __future__ import annotations

from dockyard.cli.command import Command
from dockyard.cli.commands import COMMON, NOUNS, VERBS
from dockyard.cli.flags.spec import Flag
from dockyard.cli.flags.usage import flag_usages
from dockyard.cli.session import STDIN, Session


def root_help(program: str, flags: tuple[Flag, ...], session: Session) -> str:
    """`dockyard --help`."""
    others = {name: row for name, row in sorted(VERBS.items()) if name not in COMMON}
    return "\n".join(
        [
            f"Usage:  {program} [OPTIONS] COMMAND\n",
            "Containers, images, networks and volumes, as Docker has them\n",
            "Common Commands:",
            _rows({name: VERBS[name][1] for name in COMMON}),
            "Management Commands:",
            _rows({name: row[0] for name, row in NOUNS.items()}),
            "Commands:",
            _rows({name: row[1] for name, row in others.items()}),
            "Global Options:",
            flag_usages(flags, _width(session)),
            f"Run '{program} COMMAND --help' for more information on a command.\n",
        ]
    )


def noun_help(path: str, summary: str, verbs: dict[str, tuple[str, str]]) -> str:
    """`dockyard container --help`."""
    rows = _rows({name: row[1] for name, row in verbs.items()})
    more = f"Run '{path} COMMAND --help' for more information on a command.\n"
    return f"Usage:  {path} COMMAND\n\n{summary}\n\nCommands:\n{rows}\n{more}"


def command_help(command: Command, path: str, session: Session) -> str:
    """`dockyard container ls --help`."""
    text = f"{f'Usage:  {path} {command.arguments}'.rstrip()}\n\n{command.summary}\n"
    if command.aliases:
        program = path.partition(" ")[0]
        text += f"\nAliases:\n  {', '.join(f'{program} {alias}' for alias in command.aliases)}\n"
    options = flag_usages(command.flags, _width(session))
    return f"{text}\nOptions:\n{options}" if options else text


def _rows(rows: dict[str, str]) -> str:
    width = max(len(name) for name in rows)
    return "".join(f"  {name:<{width}}   {text}\n" for name, text in rows.items())


def _width(session: Session) -> int:
    size = session.terminal_size(STDIN)
    return (size[1] if size else 80) - 1
