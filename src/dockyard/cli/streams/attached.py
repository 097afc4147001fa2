"""A container's streams on this terminal: raw mode, window size, signals, detach keys; then its exit code."""

from __future__ import annotations

from dockyard.cli.session import STDIN, STDOUT, Session
from dockyard.cli.streams.detach import DEFAULT, parse_keys
from dockyard.cli.streams.pump import Pump
from dockyard.cli.streams.signals import NAMES, WINDOW_CHANGED, SignalPipe
from dockyard.client.response import Response
from dockyard.errors import DockyardError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable


class Attachment:
    """How an attached session is wired.

    resize, forward: what to do with the window's new size (rows, columns), and with a signal's name; None ignores it.
    """

    def __init__(
        self,
        *,
        tty: bool,
        stdin: bool,
        stdout: bool = True,
        stderr: bool = True,
        keys: str = "",
        resize: Callable[[int, int], None] | None = None,
        forward: Callable[[str], None] | None = None,
    ) -> None:
        self.tty = tty
        self.stdin = stdin
        self.stdout = stdout
        self.stderr = stderr
        self.keys = parse_keys(keys or DEFAULT)
        self.resize = resize
        self.forward = forward


def converse(
    session: Session, response: Response, attachment: Attachment, begin: Callable[[], None] | None = None
) -> bool:
    """Connects the terminal to the hijacked `response` until it ends; True when the detach keys ended it.

    begin: called once signals are caught and the terminal is raw: the start of the container.
    """
    session.flush()
    raw = attachment.tty and attachment.stdin and session.is_terminal(STDIN)
    with SignalPipe(all_signals=attachment.forward is not None) as signals:

        def on_signal(number: int) -> None:
            try:
                if number == WINDOW_CHANGED:
                    _resize(session, attachment)
                elif attachment.forward is not None and number in NAMES:
                    attachment.forward(NAMES[number])
            except DockyardError:
                return  # the container has ended meanwhile: its exit code is on the way

        pump = Pump(
            response.connection,
            tty=attachment.tty,
            stdin=attachment.stdin,
            stdout=attachment.stdout,
            stderr=attachment.stderr,
            keys=attachment.keys if attachment.tty and attachment.stdin else b"",
            signals=signals,
            on_signal=on_signal,
        )
        if not raw:
            return _pumped(session, pump, attachment, begin)
        from dockyard.cli.streams.terminal import RawTerminal

        with RawTerminal(STDIN):
            return _pumped(session, pump, attachment, begin)


def _pumped(session: Session, pump: Pump, attachment: Attachment, begin: Callable[[], None] | None) -> bool:
    if begin is not None:
        begin()
    _resize(session, attachment)
    return pump.run()


def _resize(session: Session, attachment: Attachment) -> None:
    size = session.terminal_size(STDOUT)
    if size is None or not attachment.tty or attachment.resize is None:
        return
    try:
        attachment.resize(*size)
    except DockyardError:
        return  # it may have ended already: its output and its exit code come all the same
