"""`dockyard build`: build an image with BuildKit, of our daemon or Docker's."""

from __future__ import annotations

import contextlib
import os

from dockyard.cli.build.display import Displaying, mode_of
from dockyard.cli.build.flags import FLAGS
from dockyard.cli.build.report import failure_text, print_answer, print_warnings, write_image_id, write_metadata
from dockyard.cli.build.request import request_of
from dockyard.cli.command import Command
from dockyard.cli.exit import Exit
from dockyard.cli.flags.spec import Parsed
from dockyard.cli.image.reference import split
from dockyard.cli.output.progress import show_progress
from dockyard.cli.session import STDERR, STDOUT, Session, write_all
from dockyard.client import images
from dockyard.client.build.build import Built, build
from dockyard.client.build.failure import BuildFailed
from dockyard.client.build.request import BuildRequest
from dockyard.client.credentials.stored import auth_headers
from dockyard.errors import DockyardError

_CANCELED = 130


def run(session: Session, options: Parsed) -> int:
    """Builds, shows how it goes, and pushes what is to be pushed."""
    try:
        request = request_of(options, session.environment)
        mode = mode_of(session, options["progress"], quiet=options["quiet"])
        if options["iidfile"]:
            with contextlib.suppress(FileNotFoundError):  # an old one must not outlive a build that fails
                os.unlink(options["iidfile"])
        session.flush()
        displaying = Displaying(session, mode)
        built = _built(session, displaying, request)
        if options["iidfile"]:
            write_image_id(options["iidfile"], built)
        if options["metadata-file"]:
            write_metadata(options["metadata-file"], built, displaying.warnings)
        _push(session, built, quiet=mode == "quiet")
    except BuildFailed as error:
        raise Exit(1, failure_text(error)) from None
    except DockyardError as error:
        raise Exit(1, f"ERROR: failed to build: {error}") from None
    except KeyboardInterrupt:
        raise Exit(_CANCELED, "ERROR: failed to build: failed to solve: Canceled: context canceled") from None
    if request.call:
        return print_answer(session, built, request.call)
    if options["quiet"]:
        session.line(built.image_id)
    return 0


def _built(session: Session, displaying: Displaying, request: BuildRequest) -> Built:
    try:
        with displaying:
            return build(
                session.client,
                request,
                progress=displaying.take,
                write_stdout=None if session.is_terminal(STDOUT) else lambda data: write_all(STDOUT, data),
                environment=session.environment,
            )
    finally:
        if displaying.mode in ("plain", "tty") and not request.call:
            print_warnings(displaying.warnings)


def _push(session: Session, built: Built, *, quiet: bool) -> None:
    """What Docker's classic image store leaves to its client: the daemon pushes each name."""
    for name in built.push:
        if not quiet:
            write_all(STDERR, f"pushing {name} with docker\n".encode())
        repository, tag, _ = split(name)
        headers = auth_headers(name, session.environment) or {"X-Registry-Auth": "e30="}
        response = images.push(session.client, repository, {"tag": tag or "latest"}, headers)
        show_progress(session, response, target=STDERR, quiet=quiet)
        session.client.finish(response)


COMMAND = Command(
    "[OPTIONS] PATH | URL | -",
    "Build an image",
    run,
    flags=FLAGS,
    least=1,
    most=1,
    aliases=("builder build", "buildx build", "image build", "build"),
)
