"""`dockyard rm`: remove containers."""

from __future__ import annotations

from dockyard.cli.command import Command
from dockyard.cli.flags.kinds import BOOL
from dockyard.cli.flags.spec import Flag, Parsed
from dockyard.cli.session import Session
from dockyard.cli.several import for_each
from dockyard.client import containers
from dockyard.errors import InvalidParameter, NotFound


def run(session: Session, options: Parsed) -> int:
    """Removes containers and prints their names; with --force it is no failure that one isn't there."""

    def one(given: str) -> str | None:
        name = given.strip("/")
        if not name:
            raise InvalidParameter("container name cannot be empty")
        try:
            containers.remove(
                session.client, name, force=options["force"], volumes=options["volumes"], link=options["link"]
            )
        except NotFound as error:
            if not options["force"]:
                raise
            session.error(str(error))
            return None
        return given

    return for_each(session, options.arguments, one)


COMMAND = Command(
    "[OPTIONS] CONTAINER [CONTAINER...]",
    "Remove containers",
    run,
    flags=(
        Flag("force", "f", BOOL, "Kill it first when it runs"),
        Flag("link", "l", BOOL, "Remove the link of that name"),
        Flag("volumes", "v", BOOL, "Remove its anonymous volumes too"),
    ),
    least=1,
    aliases=("container rm", "container remove", "rm"),
)
