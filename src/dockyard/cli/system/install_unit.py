"""`dockyard system install-unit`: makes the daemon a service of systemd. Docker's packages do that when installed.

Writes dockyard.service and dockyard.socket, with the path of the dockyardd beside this program, and the links that
`systemctl enable` would make (systemd.unit(5), [Install]). Starts nothing.
"""

from __future__ import annotations

import grp
import os
import sys

from dockyard.cli.command import Command
from dockyard.cli.exit import Exit
from dockyard.cli.flags.kinds import BOOL, STRING
from dockyard.cli.flags.spec import Flag, Parsed
from dockyard.cli.session import Session

_SOURCE = os.path.join(os.path.dirname(os.path.abspath(__file__)), "units")
_PACKAGED_PROGRAM = "/usr/bin/dockyardd"
_DIRECTORY = "/etc/systemd/system"
_UNITS = {"dockyard.socket": "sockets.target.wants", "dockyard.service": "multi-user.target.wants"}
"""Each unit, and the folder of those that start when its target does."""


def run(session: Session, options: Parsed) -> int:
    """Writes units and links, prints each path and what to do next."""
    directory = options["directory"] or _DIRECTORY
    program = os.path.join(os.path.dirname(os.path.abspath(sys.argv[0])), "dockyardd")
    if not os.access(program, os.X_OK):
        program = _PACKAGED_PROGRAM
    try:
        for unit, wants in _UNITS.items():
            with open(os.path.join(_SOURCE, unit), encoding="utf-8") as file:
                text = with_group(with_program(file.read(), program), {group.gr_name for group in grp.getgrall()})
            session.write(_write(os.path.join(directory, unit), text, options["force"]) + "\n")
            if not options["no-enable"]:
                session.write(_link(os.path.join(directory, wants, unit), f"../{unit}") + "\n")
    except OSError as error:
        raise Exit(1, f"{session.program}: can't write {error.filename}: {(error.strerror or '').lower()}") from error
    session.write("Now: systemctl daemon-reload && systemctl start dockyard\n")
    return 0


def with_program(text: str, program: str) -> str:
    """The unit `text` with `program` as its daemon, quoted as systemd.syntax(7) wants it."""
    quoted = program.replace("%", "%%").replace("$", "$$")
    if any(character in quoted for character in " \t\"'\\"):
        quoted = '"' + quoted.replace("\\", "\\\\").replace('"', '\\"') + '"'
    return text.replace(f"ExecStart={_PACKAGED_PROGRAM} ", f"ExecStart={quoted} ")


def with_group(text: str, groups: set[str]) -> str:
    """The unit `text` with a group that exists: systemd makes no socket for one that doesn't."""
    return text if "docker" in groups else text.replace("SocketGroup=docker\n", "SocketGroup=root\n")


def _write(path: str, text: str, force: bool) -> str:
    try:
        with open(path, encoding="utf-8") as file:
            found = file.read()
    except FileNotFoundError:
        found = text
    if found != text and not force:
        raise Exit(1, f"{path} exists and is different: use --force to replace it")
    os.makedirs(os.path.dirname(path), exist_ok=True)
    temporary = f"{path}.new"
    with open(temporary, "w", encoding="utf-8") as file:
        file.write(text)
    os.replace(temporary, path)
    return path


def _link(path: str, target: str) -> str:
    os.makedirs(os.path.dirname(path), exist_ok=True)
    if not os.path.lexists(path):
        os.symlink(target, path)
    return path


COMMAND = Command(
    "[OPTIONS]",
    "Make the daemon a service of systemd",
    run,
    flags=(
        Flag("directory", "", STRING, f"Where systemd looks for units (default {_DIRECTORY})"),
        Flag("force", "f", BOOL, "Replace units that are different"),
        Flag("no-enable", "", BOOL, "Don't have it started with the machine"),
    ),
    most=0,
)
