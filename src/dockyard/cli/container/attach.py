"""`dockyard attach`: the terminal at a running container."""

from __future__ import annotations

from dockyard.cli.command import Command
from dockyard.cli.container.exit_code import ExitCode
from dockyard.cli.exit import Exit
from dockyard.cli.flags.kinds import BOOL, STRING
from dockyard.cli.flags.spec import Flag, Parsed
from dockyard.cli.session import STDIN, Session
from dockyard.cli.streams.attached import Attachment, converse
from dockyard.client import containers


def run(session: Session, options: Parsed) -> int:
    """Connects until the container ends (returns its exit code) or the detach keys are typed."""
    client = session.client
    container = containers.inspect(client, options.arguments[0])
    state, config, identifier = container["State"], container["Config"], container["Id"]
    if not state["Running"]:
        raise Exit(1, "You cannot attach to a stopped container, start it first")
    if state["Paused"]:
        raise Exit(1, "You cannot attach to a paused container, unpause it first")
    if state["Restarting"]:
        raise Exit(1, "You cannot attach to a restarting container, wait until it is running")
    stdin = not options["no-stdin"] and bool(config.get("OpenStdin"))
    if not options["no-stdin"] and config["Tty"] and not session.is_terminal(STDIN):
        raise Exit(1, "the input device is not a TTY")
    keys = options["detach-keys"] or ""
    waiting = ExitCode(session.another_client(), identifier)
    parameters = {"stream": True, "stdin": stdin, "stdout": True, "stderr": True, "detachKeys": keys or None}
    response = containers.attach(session.another_client(), identifier, parameters)

    def forward(name: str) -> None:
        containers.kill(client, identifier, name)

    attachment = Attachment(
        tty=config["Tty"],
        stdin=stdin,
        keys=keys,
        resize=lambda rows, columns: containers.resize(client, identifier, rows, columns),
        forward=forward if options["sig-proxy"] and not config["Tty"] else None,
    )
    try:
        if converse(session, response, attachment):
            return 0
    finally:
        response.connection.close()
    return waiting.result(session)


COMMAND = Command(
    "[OPTIONS] CONTAINER",
    "Connect the terminal to a running container",
    run,
    flags=(
        Flag("detach-keys", "", STRING, "Keys that end the connection and leave the container running"),
        Flag("no-stdin", "", BOOL, "Don't pass stdin on"),
        Flag("sig-proxy", "", BOOL, "Pass signals on", default=True),
    ),
    least=1,
    most=1,
    aliases=("container attach", "attach"),
)
