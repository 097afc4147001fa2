"""`dockyard info`: what the daemon is and has."""

from __future__ import annotations

from dockyard import __version__
from dockyard.cli.command import Command
from dockyard.cli.flags.kinds import STRING
from dockyard.cli.flags.spec import Flag, Parsed
from dockyard.cli.output.whole import rendered
from dockyard.cli.session import Session
from dockyard.cli.system.info_text import server_text
from dockyard.client import system
from dockyard.errors import DockyardError


def run(session: Session, options: Parsed) -> int:
    """Prints it as text, JSON or by template. What the daemon warns of goes to stderr."""
    client = {"Debug": False, "Version": __version__, "Context": "default", "Plugins": [], "Warnings": None}
    layout = options["format"] or ""
    if layout:
        data = {**system.info(session.client), "ClientInfo": client}
        session.line(rendered(session, layout, "", data, "system.dockerInfo"))
        return 0
    session.write(f"Client:\n Version:    {__version__}\n Context:    default\n Debug Mode: false\n\nServer:\n")
    try:
        info = system.info(session.client)
    except DockyardError as error:
        session.error(f"ERROR: {error}\nerrors pretty printing info")
        return 1
    session.write(server_text(info) + "\n")
    for warning in info.get("Warnings") or ():
        session.error(warning)
    return 0


COMMAND = Command(
    "[OPTIONS]",
    "Show what the daemon is and has",
    run,
    flags=(Flag("format", "f", STRING, "Print with a Go template, or json"),),
    most=0,
    aliases=("system info", "info"),
)
