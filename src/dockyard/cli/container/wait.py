"""`dockyard wait`: wait until containers stop, then print their exit codes."""

from __future__ import annotations

from dockyard.cli.command import Command
from dockyard.cli.flags.spec import Parsed
from dockyard.cli.session import Session
from dockyard.cli.several import for_each
from dockyard.client import containers
from dockyard.errors import SystemFailure


def run(session: Session, options: Parsed) -> int:
    """Waits for each container in turn; a code is printed as soon as it is known."""

    def one(name: str) -> None:
        response = containers.wait(session.client, name)
        answer = response.json()
        session.client.finish(response)
        message = (answer.get("Error") or {}).get("Message", "")
        if message:
            raise SystemFailure(message)
        session.line(str(answer["StatusCode"]))
        session.flush()

    return for_each(session, options.arguments, one)


COMMAND = Command(
    "CONTAINER [CONTAINER...]",
    "Wait until containers stop, then print their exit codes",
    run,
    least=1,
    aliases=("container wait", "wait"),
)
