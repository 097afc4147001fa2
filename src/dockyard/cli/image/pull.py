"""`dockyard pull`: fetch an image from a registry; the daemon does it, this shows how far it is."""

from __future__ import annotations

from dockyard.cli.command import Command
from dockyard.cli.flags.kinds import BOOL, STRING
from dockyard.cli.flags.spec import Flag, Parsed
from dockyard.cli.image.reference import split, with_default_tag
from dockyard.cli.output.progress import show_progress
from dockyard.cli.session import STDERR, STDOUT, Session
from dockyard.client import images
from dockyard.client.credentials.stored import auth_headers
from dockyard.errors import InvalidParameter, NotImplementedYet

FLAGS = (
    Flag("all-tags", "a", BOOL, "Fetch all tags of the repository"),
    Flag("disable-content-trust", "", BOOL, "Don't check signatures", default=True),
    Flag("platform", "", STRING, "Platform of the image"),
    Flag("quiet", "q", BOOL, "Print nothing but the name"),
    Flag("referrers", "", BOOL, "Signatures and SBOMs, too (Dockyard only)"),
)


def run(session: Session, options: Parsed) -> int:
    """Pulls an image and prints its full name."""
    if not options["disable-content-trust"]:
        raise NotImplementedYet("--disable-content-trust=false is not supported by Dockyard yet")
    name = options.arguments[0]
    repository, tag, digest = split(name)
    if options["all-tags"]:
        if tag or digest:
            raise InvalidParameter("tag can't be used with --all-tags/-a")
    elif not tag and not digest:
        name = with_default_tag(name)
        if not options["quiet"]:
            session.line("Using default tag: latest")
    pull(
        session,
        name,
        platform=options["platform"] or "",
        quiet=options["quiet"],
        all_tags=options["all-tags"],
        referrers=options["referrers"] if "referrers" in options.changed else None,
    )
    session.line(_full(repository if options["all-tags"] else name))
    return 0


def pull(
    session: Session,
    name: str,
    *,
    platform: str,
    quiet: bool,
    to_stderr: bool = False,
    all_tags: bool = False,
    referrers: bool | None = None,
) -> None:
    """Has the daemon pull `name`; progress goes to stdout or stderr unless `quiet`. Raises what the daemon reports.

    referrers: whether signatures and the like come along; None leaves it to the daemon.
    """
    repository, tag, digest = split(name if all_tags else with_default_tag(name))
    parameters = {"fromImage": repository, "tag": digest or tag or None, "platform": platform or None}
    if referrers is not None:
        parameters["referrers"] = "1" if referrers else "0"
    headers = auth_headers(name, session.environment)
    response = images.create(session.client, parameters, headers=headers)
    show_progress(session, response, target=STDERR if to_stderr else STDOUT, quiet=quiet)
    session.client.finish(response)


def _full(name: str) -> str:
    """The name with the registry that a short one means."""
    first, slash, _ = name.partition("/")
    if slash and ("." in first or ":" in first or first == "localhost"):
        return name
    return f"docker.io/{name}" if slash else f"docker.io/library/{name}"


COMMAND = Command(
    "[OPTIONS] NAME[:TAG|@DIGEST]",
    "Fetch an image from a registry",
    run,
    flags=FLAGS,
    least=1,
    most=1,
    aliases=("image pull", "pull"),
)
