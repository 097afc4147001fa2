"""`dockyard run`: make a container, connect to it, start it, wait for its end.

The order matters: attach and wait stand before the start, so that no output and no exit code can be missed.
"""

from __future__ import annotations

from dockyard.cli.command import Command
from dockyard.cli.container.create import body_or_exit, failed, make
from dockyard.cli.container.exit_code import ExitCode
from dockyard.cli.container.options.body import attached
from dockyard.cli.container.options.table import CREATE_FLAGS
from dockyard.cli.exit import Exit
from dockyard.cli.flags.kinds import BOOL
from dockyard.cli.flags.spec import Flag, Parsed
from dockyard.cli.session import STDIN, Session
from dockyard.cli.streams.attached import Attachment, converse
from dockyard.client import containers
from dockyard.errors import DockyardError

FLAGS = (
    *CREATE_FLAGS,
    Flag("detach", "d", BOOL, "Print the id and leave it running"),
    Flag("sig-proxy", "", BOOL, "Pass signals on to the container", default=True),
)


def run(session: Session, options: Parsed) -> int:
    """Runs a container; returns its exit code, or 0 once it runs detached."""
    body = body_or_exit(session, options)
    if options["detach"]:
        if options["attach"]:
            raise Exit(1, "conflicting options: cannot specify both --attach and --detach")
        body.update({"AttachStdin": False, "AttachStdout": False, "AttachStderr": False, "StdinOnce": False})
        return _detached(session, options, body)
    if options["tty"] and attached(options)[0] and not session.is_terminal(STDIN):
        raise Exit(1, "the input device is not a TTY")
    return _attached(session, options, body)


def _make(session: Session, options: Parsed, body: dict[str, object]) -> str:
    try:
        return make(session, options, body)
    except DockyardError as error:
        raise failed(session, error) from None


def _detached(session: Session, options: Parsed, body: dict[str, object]) -> int:
    identifier = _make(session, options, body)
    try:
        containers.start(session.client, identifier, detach_keys=options["detach-keys"] or "")
    except DockyardError as error:
        session.line(identifier)
        raise failed(session, error, _start_code(str(error))) from None
    session.line(identifier)
    return 0


def _attached(session: Session, options: Parsed, body: dict[str, object]) -> int:
    stdin, stdout, stderr = attached(options)
    identifier = _make(session, options, body)
    client = session.client

    def begin() -> None:
        try:
            containers.start(client, identifier, detach_keys=options["detach-keys"] or "")
        except DockyardError as error:
            raise failed(session, error, _start_code(str(error))) from None

    def forward(name: str) -> None:
        containers.kill(client, identifier, name)

    attachment = Attachment(
        tty=options["tty"],
        stdin=stdin,
        stdout=stdout,
        stderr=stderr,
        keys=options["detach-keys"] or "",
        resize=lambda rows, columns: containers.resize(client, identifier, rows, columns),
        forward=forward if options["sig-proxy"] else None,
    )
    if not (stdin or stdout or stderr):
        begin()
        session.line(identifier)
        return 0
    streams = {"stream": True, "stdin": stdin, "stdout": stdout, "stderr": stderr}
    try:
        response = containers.attach(
            session.another_client(), identifier, {**streams, "detachKeys": options["detach-keys"]}
        )
        waiting = ExitCode(session.another_client(), identifier, removed=options["rm"])
    except DockyardError as error:
        raise failed(session, error) from None
    try:
        if converse(session, response, attachment, begin):
            return 0
    finally:
        response.connection.close()
    return waiting.result(session)


def _start_code(message: str) -> int:
    """The exit code for a container that didn't start: 127 when its command isn't there, 126 when it can't run."""
    lowered = message.lower()
    if any(words in lowered for words in _NOT_FOUND):
        return 127
    return 126 if any(words in lowered for words in _NOT_RUN) else 125


_NOT_FOUND = ("executable file not found", "no such file or directory")
_NOT_RUN = ("permission denied", "is a directory", "not a directory", "exec format error")


COMMAND = Command(
    "[OPTIONS] IMAGE [COMMAND] [ARG...]",
    "Make a container of an image and start it",
    run,
    flags=FLAGS,
    least=1,
    aliases=("container run", "run"),
    interspersed=False,
)
