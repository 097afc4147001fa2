"""`dockyard`: reads the global flags, finds the verb, runs it, and turns errors into messages and exit codes.

Exit codes are Docker's (https://docs.docker.com/engine/containers/run/#exit-status): 125 when a flag is wrong or `run`
fails before the container, 126 and 127 when the container's command can't be run or isn't found, 1 for other errors.
"""

from __future__ import annotations

import os
import sys

from dockyard.cli.commands import ALIASES, NOT_YET, NOUNS, VERBS
from dockyard.cli.exit import Exit
from dockyard.cli.flags.kinds import BOOL, LIST, STRING
from dockyard.cli.flags.parse import parse
from dockyard.cli.flags.spec import Flag, Parsed
from dockyard.cli.session import STDERR, Session, write_all
from dockyard.errors import DockyardError, InvalidParameter

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from dockyard.cli.command import Command

PROGRAM = "dockyard"

GLOBAL_FLAGS = (
    Flag("config", "", STRING, "Directory of the client's configuration"),
    Flag("context", "c", STRING, "Context that names the daemon"),
    Flag("debug", "D", BOOL, "Print what helps to find faults"),
    Flag("host", "H", LIST, "Where the daemon listens"),
    Flag("log-level", "l", STRING, "Least level that is logged", default="info"),
    Flag("tls", "", BOOL, "Use TLS"),
    Flag("tlscacert", "", STRING, "Certificate authority that is trusted"),
    Flag("tlscert", "", STRING, "Certificate"),
    Flag("tlskey", "", STRING, "Key of the certificate"),
    Flag("tlsverify", "", BOOL, "Use TLS and verify the daemon"),
    Flag("version", "v", BOOL, "Print the version and end"),
)
_NOT_YET_FLAGS = ("context", "tls", "tlscacert", "tlscert", "tlskey", "tlsverify")


def main(arguments: Sequence[str]) -> int:
    """Runs the command line `arguments` (without the program's name) and returns the exit code."""
    session: Session | None = None
    try:
        session, rest = _start(arguments)
        code = _dispatch(session, rest)
        session.flush()
        return code
    except Exit as end:
        return _report(session, end.code, end.message)
    except DockyardError as error:
        return _report(session, 1, str(error))
    except KeyboardInterrupt:
        return _report(session, 130, "")
    except BrokenPipeError:
        return 1
    except OSError as error:
        where = f" {error.filename}" if error.filename else ""
        return _report(session, 1, f"{PROGRAM}:{where} {(error.strerror or str(error)).lower()}")


def _report(session: Session | None, code: int, message: str) -> int:
    try:
        if session is not None:
            session.flush()
        if message:
            write_all(STDERR, f"{message}\n".encode("utf-8", "surrogateescape"))
    except OSError:
        return code or 1
    return code


def _start(arguments: Sequence[str]) -> tuple[Session, list[str]]:
    if arguments[:1] in (["-d"], ["--daemon"]):
        # as Docker before 1.8: what follows are the daemon's flags
        return Session("", os.environ), ["daemon", *arguments[1:]]
    try:
        given = parse(GLOBAL_FLAGS, arguments, interspersed=False)
    except InvalidParameter as error:
        usage = f"Usage:  {PROGRAM} [OPTIONS] COMMAND [ARG...]\n\nRun '{PROGRAM} --help' for more information"
        raise Exit(125, f"{error}\n\n{usage}") from None
    if given["version"]:
        from dockyard import __version__

        raise _printed(f"Docker version {__version__}, build {PROGRAM}\n")
    _refuse(given, os.environ)
    hosts = given["host"]
    if len(hosts) > 1:
        raise Exit(1, "Specify only one -H")
    session = Session(hosts[0] if hosts else "", os.environ)
    if given.help or not given.arguments:
        from dockyard.cli.help import root_help

        raise _printed(root_help(PROGRAM, GLOBAL_FLAGS, session))
    return session, given.arguments


def _refuse(given: Parsed, environment: Mapping[str, str]) -> None:
    """Refuses what flags and variables ask for and isn't there yet, rather than speak to another daemon than meant."""
    for name in _NOT_YET_FLAGS:
        if name in given.changed and given[name] not in (False, "", "default"):
            raise Exit(1, f"--{name} is not supported by Dockyard yet")
    chosen = given["host"] or environment.get("DOCKER_HOST")
    if not chosen and environment.get("DOCKER_CONTEXT", "") not in ("", "default"):
        raise Exit(1, "contexts are not supported by Dockyard yet: DOCKER_CONTEXT is set")
    if environment.get("DOCKER_TLS_VERIFY") and "tcp://" in str(chosen):
        raise Exit(1, "TLS is not supported by Dockyard yet: DOCKER_TLS_VERIFY is set")


def _printed(text: str) -> Exit:
    write_all(1, text.encode("utf-8", "surrogateescape"))
    return Exit(0)


def _dispatch(session: Session, arguments: list[str]) -> int:
    name, *rest = arguments
    if name == "help":
        return _dispatch(session, [*rest, "--help"]) if rest else main(["--help"])
    noun = NOUNS.get(name)
    if noun is not None:
        return _noun(session, name, noun[1], rest)
    if name not in VERBS:
        known = f"{PROGRAM}: '{name}' is a command of Docker that Dockyard doesn't have yet"
        message = known if name in NOT_YET else f"{PROGRAM}: unknown command: {PROGRAM} {name}"
        raise Exit(1, f"{message}\n\nRun '{PROGRAM} --help' for more information")
    return _run(session, VERBS[name][0], f"{PROGRAM} {name}", rest)


def _noun(session: Session, noun: str, verbs: dict[str, tuple[str, str]], arguments: list[str]) -> int:
    path = f"{PROGRAM} {noun}"
    if not arguments or arguments[0] in ("--help", "-h"):
        from dockyard.cli.help import noun_help

        raise _printed(noun_help(path, NOUNS[noun][0], verbs))
    name, *rest = arguments
    if name.startswith("-"):
        kind = (
            f"unknown flag: {name.partition('=')[0]}"
            if name.startswith("--")
            else f"unknown shorthand flag: '{name[1:2]}' in {name}"
        )
        raise Exit(125, f"{kind}\n\nUsage:  {path} COMMAND\n\nRun '{path} --help' for more information")
    verb = ALIASES.get((noun, name), name)
    if verb not in verbs:
        known = f"{PROGRAM}: '{noun} {name}' is a command of Docker that Dockyard doesn't have yet"
        message = known if f"{noun} {name}" in NOT_YET else f"{PROGRAM}: unknown command: {path} {name}"
        raise Exit(1, f"{message}\n\nUsage:  {path}\n\nRun '{path} --help' for more information")
    return _run(session, verbs[verb][0], f"{path} {name}", rest)


def _run(session: Session, module: str, path: str, arguments: list[str]) -> int:
    full = f"dockyard.cli.{module}"
    __import__(full)
    command: Command = sys.modules[full].COMMAND
    session.path = path
    parsed = command.parse(path, arguments)
    if parsed.help:
        from dockyard.cli.help import command_help

        notes = "".join(f"{note}\n" for note in parsed.notes)
        raise _printed(notes + command_help(command, path, session))
    return command.run(session, parsed)
