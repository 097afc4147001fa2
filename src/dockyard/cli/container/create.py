"""`dockyard create`, and the making of the container that `run` begins with."""

from __future__ import annotations

import os

from dockyard.cli.command import Command
from dockyard.cli.container.options.body import create_body
from dockyard.cli.container.options.table import CREATE_FLAGS
from dockyard.cli.exit import Exit
from dockyard.cli.flags.spec import Parsed
from dockyard.cli.image.reference import with_default_tag
from dockyard.cli.session import Session
from dockyard.client import containers
from dockyard.errors import DockyardError, InvalidParameter, NotFound

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


def run(session: Session, options: Parsed) -> int:
    """Makes a container and prints its id."""
    identifier = make(session, options, body_or_exit(session, options))
    session.line(identifier)
    return 0


def body_or_exit(session: Session, options: Parsed) -> dict[str, Any]:
    """The body for the API. What is wrong with the options ends the program with 125, as with Docker."""
    try:
        body = create_body(options, session.environment)
    except DockyardError as error:
        raise failed(session, error) from None
    size = session.terminal_size()
    if size is not None:
        body["HostConfig"]["ConsoleSize"] = list(size)
    return body


def failed(session: Session, error: DockyardError, code: int = 125) -> Exit:
    """The end of a `run` or `create` that failed before the command: the message, and where to read more."""
    return Exit(code, f"{session.program}: {error}\n\nRun '{session.path} --help' for more information")


def make(session: Session, options: Parsed, body: dict[str, Any]) -> str:
    """Makes the container, pulls its image first where --pull says so; warnings go to stderr. Returns the id.

    Raises what the daemon reports.
    """
    id_file = options["cidfile"]
    if id_file and os.path.lexists(id_file):
        raise InvalidParameter(
            f"container ID file found, make sure the other container isn't running or delete {id_file}"
        )
    if options["pull"] == "always":
        _pull(session, options, body["Image"])
    try:
        answer = _create(session, options, body)
    except NotFound as error:
        if options["pull"] != "missing" or "No such image" not in str(error):
            raise
        session.error(f"Unable to find image '{with_default_tag(body['Image'])}' locally")
        _pull(session, options, body["Image"])
        answer = _create(session, options, body)
    for server in body["HostConfig"].get("Dns", ()):
        if server.startswith("127.") or server == "::1":
            session.error(f"WARNING: Localhost DNS ({server}) may fail in containers.")
    for warning in answer.get("Warnings") or ():
        session.error(f"WARNING: {warning}")
    identifier = str(answer["Id"])
    if id_file:
        _write_id(id_file, identifier)
    return identifier


def _create(session: Session, options: Parsed, body: dict[str, Any]) -> Any:
    return containers.create(session.client, body, name=options["name"] or "", platform=options["platform"] or "")


def _pull(session: Session, options: Parsed, image: str) -> None:
    from dockyard.cli.image.pull import pull

    pull(session, image, platform=options["platform"] or "", quiet=options["quiet"], to_stderr=True)


def _write_id(path: str, identifier: str) -> None:
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o644)
    except OSError as error:
        raise InvalidParameter(
            f"failed to create the container ID file: open {path}: {(error.strerror or '').lower()}"
        ) from None
    with open(descriptor, "w") as file:
        file.write(identifier)


COMMAND = Command(
    "[OPTIONS] IMAGE [COMMAND] [ARG...]",
    "Make a container",
    run,
    flags=CREATE_FLAGS,
    least=1,
    aliases=("container create", "create"),
    interspersed=False,
)
