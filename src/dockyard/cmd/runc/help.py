"""The help texts, from the same tables that parse the flags."""

from collections.abc import Sequence

from dockyard.cmd.runc.command import Command
from dockyard.cmd.runc.flags import Flag


def command_help(program: str, command: Command) -> str:
    """What `<verb> --help` prints, and what an error of usage shows on the way."""
    options = " [command options]" if command.flags else ""
    parts = [
        f"NAME:\n   {program} {command.name} - {command.summary}\n",
        f"USAGE:\n   {program} {command.name}{options} {command.arguments}".rstrip() + "\n",
    ]
    if command.description:
        parts.append(f"DESCRIPTION:\n{_indented(command.description)}\n")
    if command.flags:
        parts.append(f"OPTIONS:\n{flag_table(command.flags)}\n")
    return "\n".join(parts)


def program_help(program: str, version: str, commands: Sequence[tuple[str, str]], flags: Sequence[Flag]) -> str:
    """What `--help` prints. `commands` are names and summaries."""
    width = max(len(name) for name, _ in commands) + 2
    table = "\n".join(f"   {name:<{width}}{summary}" for name, summary in commands)
    return (
        f"NAME:\n   {program} - run containers from OCI bundles, with the command line of runc\n\n"
        f"USAGE:\n   {program} [global options] command [command options] [arguments...]\n\n"
        f"VERSION:\n{_indented(version)}\n\n"
        f"COMMANDS:\n{table}\n\n"
        f"GLOBAL OPTIONS:\n{flag_table(flags)}\n"
    )


def flag_table(flags: Sequence[Flag]) -> str:
    """One line for each flag: its names, what it takes, what it is for."""
    left = [
        ", ".join(
            ("-" if len(name) == 1 else "--") + name + ("" if flag.kind == "switch" else " value")
            for name in flag.names
        )
        for flag in flags
    ]
    width = max(map(len, left))
    lines = []
    for names, flag in zip(left, flags, strict=True):
        default = f" (default: {flag.default!r})".replace("'", '"') if flag.default not in (None, "", ()) else ""
        lines.append(f"   {names:<{width}}  {flag.usage}{default}")
    return "\n".join(lines)


def _indented(text: str) -> str:
    return "\n".join(f"   {line}" for line in text.splitlines())
