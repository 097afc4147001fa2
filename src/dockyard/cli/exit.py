"""How a verb ends early: with an exit code, and perhaps a message for stderr."""

from __future__ import annotations


class Exit(Exception):
    """Ends the program with `code`, after `message` (if there is one) has gone to stderr. Caught in main.py only."""

    def __init__(self, code: int, message: str = "") -> None:
        super().__init__(message)
        self.code = code
        self.message = message
