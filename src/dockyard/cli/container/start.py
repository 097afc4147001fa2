"""`dockyard start`: start stopped containers; one of them may be attached to."""

from __future__ import annotations

from dockyard.cli.command import Command
from dockyard.cli.container.exit_code import ExitCode
from dockyard.cli.exit import Exit
from dockyard.cli.flags.kinds import BOOL, STRING
from dockyard.cli.flags.spec import Flag, Parsed
from dockyard.cli.session import STDIN, Session
from dockyard.cli.streams.attached import Attachment, converse
from dockyard.client import containers
from dockyard.errors import DockyardError, NotImplementedYet


def run(session: Session, options: Parsed) -> int:
    """Starts containers and prints their names; attached to one, returns its exit code."""
    for name in ("checkpoint", "checkpoint-dir"):
        if options[name]:
            raise NotImplementedYet(f"--{name} is not supported by Dockyard yet")
    if options["attach"] or options["interactive"]:
        if len(options.arguments) > 1:
            raise Exit(1, "you cannot start and attach multiple containers at once")
        return _attached(session, options, options.arguments[0])
    failed = []
    for name in options.arguments:
        try:
            containers.start(session.client, name)
        except DockyardError as error:
            session.error(str(error))
            failed.append(name)
            continue
        session.line(name)
    if failed:
        raise Exit(1, f"Error: failed to start containers: {', '.join(failed)}")
    return 0


def _attached(session: Session, options: Parsed, name: str) -> int:
    client = session.client
    container = containers.inspect(client, name)
    identifier, config = container["Id"], container["Config"]
    stdin = bool(options["interactive"] and config.get("OpenStdin"))
    if stdin and config["Tty"] and not session.is_terminal(STDIN):
        raise Exit(1, "the input device is not a TTY")
    keys = options["detach-keys"] or ""
    parameters = {"stream": True, "stdin": stdin, "stdout": True, "stderr": True, "detachKeys": keys or None}
    response = containers.attach(session.another_client(), identifier, parameters)
    removed = bool((container.get("HostConfig") or {}).get("AutoRemove"))
    waiting = ExitCode(session.another_client(), identifier, removed=removed)

    def forward(signal_name: str) -> None:
        containers.kill(client, identifier, signal_name)

    attachment = Attachment(
        tty=config["Tty"],
        stdin=stdin,
        keys=keys,
        resize=lambda rows, columns: containers.resize(client, identifier, rows, columns),
        forward=forward if options["sig-proxy"] else None,
    )
    try:
        if converse(session, response, attachment, lambda: containers.start(client, identifier, detach_keys=keys)):
            return 0
    finally:
        response.connection.close()
    return waiting.result(session)


COMMAND = Command(
    "[OPTIONS] CONTAINER [CONTAINER...]",
    "Start stopped containers",
    run,
    flags=(
        Flag("attach", "a", BOOL, "Show its output and pass signals on"),
        Flag("checkpoint", "", STRING, "Restore from a checkpoint", hidden=True),
        Flag("checkpoint-dir", "", STRING, "Directory of checkpoints", hidden=True),
        Flag("detach-keys", "", STRING, "Keys that end the connection and leave the container running"),
        Flag("interactive", "i", BOOL, "Pass stdin to it"),
        Flag("sig-proxy", "", BOOL, "Pass signals on", default=True, hidden=True),
    ),
    least=1,
    aliases=("container start", "start"),
)
