"""`dockyard exec`: a command in a running container."""

from __future__ import annotations

from dockyard.cli.command import Command
from dockyard.cli.container.options.environment import ENVIRONMENT, environment
from dockyard.cli.exit import Exit
from dockyard.cli.flags.kinds import BOOL, LIST, STRING
from dockyard.cli.flags.spec import Flag, Parsed
from dockyard.cli.session import STDIN, Session
from dockyard.cli.streams.attached import Attachment, converse
from dockyard.client import containers, execs

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


def run(session: Session, options: Parsed) -> int:
    """Runs the command; returns its exit code, or 0 once it runs detached."""
    client = session.client
    name = options.arguments[0]
    body = _body(session, options)
    if not options["detach"] and options["tty"] and options["interactive"] and not session.is_terminal(STDIN):
        containers.inspect(client, name)
        raise Exit(1, "the input device is not a TTY")
    identifier = execs.create(client, name, body)
    if options["detach"]:
        execs.start_detached(client, identifier, tty=options["tty"])
        return 0
    size = session.terminal_size() if options["tty"] else None
    response = execs.start(
        session.another_client(), identifier, tty=options["tty"], console_size=list(size) if size else None
    )
    attachment = Attachment(
        tty=options["tty"],
        stdin=options["interactive"],
        keys=options["detach-keys"] or "",
        resize=lambda rows, columns: execs.resize(client, identifier, rows, columns),
    )
    try:
        if converse(session, response, attachment):
            return 0
    finally:
        response.connection.close()
    return int(execs.inspect(client, identifier).get("ExitCode") or 0)


def _body(session: Session, options: Parsed) -> dict[str, Any]:
    attach = not options["detach"]
    body: dict[str, Any] = {
        "Cmd": options.arguments[1:],
        "Tty": options["tty"],
        "Privileged": options["privileged"],
        "AttachStdin": attach and options["interactive"],
        "AttachStdout": attach,
        "AttachStderr": attach,
    }
    size = session.terminal_size() if attach else None
    given = {
        "User": options["user"],
        "WorkingDir": options["workdir"],
        "DetachKeys": options["detach-keys"],
        "Env": environment(options["env-file"], options["env"], session.environment),
        "ConsoleSize": list(size) if size else None,
    }
    body.update({key: value for key, value in given.items() if value})
    return body


COMMAND = Command(
    "[OPTIONS] CONTAINER COMMAND [ARG...]",
    "Run a command in a running container",
    run,
    flags=(
        Flag("detach", "d", BOOL, "Leave it running"),
        Flag("detach-keys", "", STRING, "Keys that end the connection and leave the command running"),
        Flag("env", "e", ENVIRONMENT, "Environment variable: name=value, or a name to pass on"),
        Flag("env-file", "", LIST, "File with environment variables"),
        Flag("interactive", "i", BOOL, "Keep stdin open"),
        Flag("privileged", "", BOOL, "Give all rights"),
        Flag("tty", "t", BOOL, "Give it a terminal"),
        Flag("user", "u", STRING, "User, and group: name|uid[:group|gid]"),
        Flag("workdir", "w", STRING, "Working directory"),
    ),
    least=2,
    aliases=("container exec", "exec"),
    interspersed=False,
)
