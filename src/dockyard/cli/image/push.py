"""`dockyard push`: send an image to a registry; the daemon does it, this shows how far it is."""

from __future__ import annotations

from dockyard.cli.command import Command
from dockyard.cli.flags.kinds import BOOL, STRING
from dockyard.cli.flags.spec import Flag, Parsed
from dockyard.cli.image.platform import platform_json
from dockyard.cli.image.reference import checked, split, with_default_tag
from dockyard.cli.output.progress import show_progress
from dockyard.cli.session import STDOUT, Session
from dockyard.client import images
from dockyard.client.credentials.stored import auth_headers
from dockyard.errors import InvalidParameter, NotImplementedYet

FLAGS = (
    Flag("all-tags", "a", BOOL, "Send all tags of the repository"),
    Flag("disable-content-trust", "", BOOL, "Don't sign", default=True),
    Flag("platform", "", STRING, "Platform of the image"),
    Flag("quiet", "q", BOOL, "Print nothing but the name"),
)


def run(session: Session, options: Parsed) -> int:
    """Pushes an image."""
    if not options["disable-content-trust"]:
        raise NotImplementedYet("--disable-content-trust=false is not supported by Dockyard yet")
    name = options.arguments[0]
    repository, tag, _ = checked(name)
    if options["all-tags"]:
        if tag:
            raise InvalidParameter("tag can't be used with --all-tags/-a")
    elif name != with_default_tag(name):
        name = with_default_tag(name)
        if not options["quiet"]:
            session.line("Using default tag: latest")
    parameters = {"tag": split(name)[1] or None, "platform": platform_json(options["platform"] or "")}
    response = images.push(session.client, repository, parameters, auth_headers(name, session.environment))
    show_progress(session, response, target=STDOUT, quiet=options["quiet"])
    session.client.finish(response)
    if options["quiet"]:
        session.line(name)
    return 0


COMMAND = Command(
    "[OPTIONS] NAME[:TAG]",
    "Send an image to a registry",
    run,
    flags=FLAGS,
    least=1,
    most=1,
    aliases=("image push", "push"),
)
