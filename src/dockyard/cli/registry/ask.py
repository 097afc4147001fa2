"""A name and a password asked for: on the terminal, the latter unseen, or on stdin."""

from __future__ import annotations

import os

from dockyard.cli.session import STDIN, Session
from dockyard.errors import InvalidParameter

PASSWORD_BYTES = 1 << 20
"""More than any token has; a file that was given by mistake isn't read to its end."""


def ask_username(session: Session, known: str) -> str:
    """The name; `known` is what an empty line means. Raises InvalidParameter when there is none."""
    session.write(f"Username ({known}): " if known else "Username: ")
    session.flush()
    name = _line().strip() or known
    if not name:
        raise InvalidParameter("Error: Non-null Username Required")
    return name


def ask_password(session: Session) -> str:
    """The password, which the terminal doesn't show. Raises InvalidParameter when there is none."""
    import termios

    session.write("Password: ")
    session.flush()
    before = termios.tcgetattr(STDIN)
    hidden = termios.tcgetattr(STDIN)
    hidden[3] &= ~termios.ECHO
    try:
        termios.tcsetattr(STDIN, termios.TCSAFLUSH, hidden)
        password = _line()
    finally:
        termios.tcsetattr(STDIN, termios.TCSAFLUSH, before)
        session.line("")
    if not password:
        raise InvalidParameter("Error: Password Required")
    return password


def password_from_stdin() -> str:
    """All of stdin, without the line's end."""
    pieces = []
    size = 0
    while size <= PASSWORD_BYTES and (piece := os.read(STDIN, 1 << 16)):
        pieces.append(piece)
        size += len(piece)
    if size > PASSWORD_BYTES:
        raise InvalidParameter("password is too long")
    return b"".join(pieces).decode(errors="surrogateescape").removesuffix("\n").removesuffix("\r")


def _line() -> str:
    data = b""
    while not data.endswith(b"\n") and (piece := os.read(STDIN, 4096)):
        data += piece
    return data.decode(errors="surrogateescape").rstrip("\r\n")
