"""The log of runc, line by line as logrus writes it: engines read their runtime's errors out of it.

    text   time="2026-11-24T08:06:11Z" level=error msg="container does not exist"
    json   {"level":"error","msg":"container does not exist","time":"2026-11-24T08:06:11Z"}

https://github.com/opencontainers/runc/blob/v1.1.5/man/runc.8.md#global-options
"""

import json
import os
import time
from collections.abc import Callable
from typing import Final

from dockyard.cmd.runc.system_error import failure
from dockyard.errors import InvalidParameter

STANDARD_ERROR: Final = 2

_BARE: Final = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._/@^+")

_SEVERITY: Final = {"debug": 0, "info": 1, "warning": 2, "error": 3}


class Log:
    """Where messages go: a descriptor, one of the two formats, and from which level on."""

    def __init__(self, descriptor: int, *, is_json: bool, debug: bool, clock: Callable[[], float]) -> None:
        """Made by `open_log`, or directly for standard error. `clock` gives seconds since the epoch."""
        self._descriptor = descriptor
        self._is_json = is_json
        self._least = _SEVERITY["debug" if debug else "info"]
        self._clock = clock

    @property
    def is_standard_error(self) -> bool:
        """Whether the user sees the messages anyway."""
        return self._descriptor == STANDARD_ERROR

    def debug(self, message: str) -> None:
        """For somebody who looks for the reason; written with --debug only."""
        self._write("debug", message)

    def warning(self, message: str) -> None:
        """Something was ignored or only half worked."""
        self._write("warning", message)

    def error(self, message: str) -> None:
        """The command failed."""
        self._write("error", message)

    def _write(self, level: str, message: str) -> None:
        if _SEVERITY[level] < self._least:
            return
        moment = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(self._clock())) + "Z"
        if self._is_json:
            line = json.dumps({"level": level, "msg": message, "time": moment}, separators=(",", ":"))
        else:
            line = f"time={_quoted(moment)} level={level} msg={_quoted(message)}"
        os.write(self._descriptor, line.encode("utf-8", "surrogateescape") + b"\n")


def open_log(path: str, log_format: str, *, debug: bool, clock: Callable[[], float]) -> Log:
    """The log that the global flags ask for.

    Args:
        path: file to append to; "" or "/dev/stderr" is standard error.
        log_format: "text" or "json".
        debug: also write what is only for finding faults.
        clock: seconds since the epoch.

    Raises:
        InvalidParameter: another format.
        SystemFailure: the file can't be opened.
    """
    if log_format not in ("text", "json"):
        raise InvalidParameter(f"invalid log-format: {log_format}")
    descriptor = STANDARD_ERROR
    if path not in ("", "/dev/stderr"):
        try:
            descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o644)
        except OSError as error:
            raise failure("open", path, error) from error
    return Log(descriptor, is_json=log_format == "json", debug=debug, clock=clock)


def _quoted(text: str) -> str:
    """As logrus: bare when only harmless characters are in it, else as Go's %q."""
    if text and all(character in _BARE for character in text):
        return text
    # Python's JSON writer escapes as Go's %q does, for all that occurs in messages: quotes, backslashes, controls.
    return json.dumps(text, ensure_ascii=False)
