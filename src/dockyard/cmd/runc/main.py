"""The command line: global flags, the verb, and how an error reaches the user.

The verbs are files beside this one; only the one that is asked for is imported.
"""

import os
import sys
import time
from collections.abc import Sequence
from importlib import import_module
from typing import TYPE_CHECKING, Final

from dockyard.cmd.runc.flags import Flag, HelpRequested, UsageError, Values, parse
from dockyard.cmd.runc.log import STANDARD_ERROR, Log, open_log
from dockyard.errors import DockyardError

if TYPE_CHECKING:
    from dockyard.cmd.runc.command import Command

PROGRAM: Final = "runc"
"""The name in messages: engines and people look for runc's texts."""

GLOBAL_FLAGS: Final = (
    Flag(("debug",), "write messages for finding faults to the log", "switch"),
    Flag(("log",), "file that the log is appended to (default: standard error)"),
    Flag(("log-format",), "'text' or 'json'", default="text"),
    Flag(("root",), "directory that holds the state of the containers; should be on a tmpfs"),
    Flag(("criu",), "not used: there is no checkpoint", default="criu"),
    Flag(("systemd-cgroup",), "have systemd make the cgroups", "switch"),
    Flag(("rootless",), "'true', 'false' or 'auto': ignore that cgroups may not be changed", default="auto"),
    Flag(("version", "v"), "print the version", "switch"),
)

VERBS: Final = {
    "checkpoint": "refused: there is no checkpoint",
    "create": "create a container",
    "delete": "delete what is left of a container",
    "events": "print resource usage and out-of-memory events of a container",
    "exec": "run a further process in a container",
    "features": "print what this runtime can do",
    "kill": "send a signal to a container's first process (default: SIGTERM)",
    "list": "list the containers below the root directory",
    "pause": "suspend all processes of a container",
    "ps": "list the processes of a container",
    "restore": "refused: there is no checkpoint",
    "resume": "resume the processes of a paused container",
    "run": "create a container and start it",
    "spec": "write a specification to begin with",
    "start": "start the process of a created container",
    "state": "print the state of a container",
    "update": "change the resource limits of a container",
}


def main(arguments: list[str]) -> int:
    """Run the command line `arguments` (without the program's name); the exit code."""
    standard = Log(STANDARD_ERROR, is_json=False, debug=False, clock=time.time)
    try:
        values, words = parse(GLOBAL_FLAGS, arguments)
    except HelpRequested:
        return _print_help()
    except UsageError as error:
        print(f"Incorrect Usage. {error}\n")
        _print_help()
        standard.error(str(error))
        return 1
    if values["version"]:
        print(_version())
        return 0
    if not words or words[0] in ("help", "h"):
        return _print_help(words[1] if len(words) > 1 else None, standard)
    if words[0] not in VERBS:
        standard.error(f"No help topic for '{words[0]}'\n")
        return 3
    try:
        log = open_log(values["log"], values["log-format"], debug=values["debug"], clock=time.time)
    except DockyardError as error:
        standard.error(str(error))
        return 1
    return _run(_command(words[0]), values, words[1:], log)


def _run(command: "Command", global_values: Values, words: Sequence[str], log: Log) -> int:
    from dockyard.cmd.runc.command import Invocation

    try:
        values, arguments = parse(command.flags, words, reorder=command.reorder)
        _check_arity(command, arguments)
    except HelpRequested:
        return _print_help(command.name)
    except UsageError as error:
        print(f"Incorrect Usage{'.' if 'requires' in str(error) else f': {error}'}\n")
        _print_help(command.name)
        return _fail(log, str(error), 1)
    root = global_values["root"] or _default_root()
    invocation = Invocation(os.path.abspath(root), log, global_values["systemd-cgroup"], sys.stdout)
    try:
        return command.run(invocation, values, arguments)
    except DockyardError as error:
        return _fail(log, f"{command.failure_prefix}{_worded(error)}", command.failure_code)


def _worded(error: DockyardError) -> str:
    """What the process itself ran into, runc reports with a prefix that others look for."""
    message = str(error)
    if message.startswith(("exec: ", "chdir to cwd ", "error during container init: ")):
        return f"unable to start container process: {message}"
    return message


def _fail(log: Log, message: str, code: int) -> int:
    log.error(message)
    if not log.is_standard_error:
        print(message, file=sys.stderr)
    return code


def _check_arity(command: "Command", arguments: Sequence[str]) -> None:
    if command.arity is None:
        return
    relation, number = command.arity
    wrong = {
        "exactly": len(arguments) != number,
        "at least": len(arguments) < number,
        "at most": len(arguments) > number,
    }[relation]
    if wrong:
        kind = {"exactly": "exactly", "at least": "a minimum of", "at most": "a maximum of"}[relation]
        raise UsageError(f'{sys.argv[0]}: "{command.name}" requires {kind} {number} argument(s)')


def _command(verb: str) -> "Command":
    module = import_module(f"dockyard.cmd.runc.{'exec_' if verb == 'exec' else verb}")
    command: Command = module.COMMAND
    return command


def _print_help(verb: str | None = None, log: Log | None = None) -> int:
    from dockyard.cmd.runc.help import command_help, program_help

    if verb is None:
        print(program_help(PROGRAM, _version(), list(VERBS.items()), GLOBAL_FLAGS))
    elif verb in VERBS:
        print(command_help(PROGRAM, _command(verb)))
    else:
        if log is not None:
            log.error(f"No help topic for '{verb}'\n")
        return 3
    return 0


def _version() -> str:
    from dockyard.cmd.runc.version import version_text

    return version_text()


def _default_root() -> str:
    runtime_directory = os.environ.get("XDG_RUNTIME_DIR", "")
    if os.geteuid() != 0 and runtime_directory:
        return f"{runtime_directory}/dockyard-runc"
    return "/run/dockyard-runc"
