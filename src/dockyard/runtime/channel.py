"""What the caller and the container's first process say to each other: two pipes, a line of JSON each way.

First process to caller:
    {"is": "hooks"}                  namespaces and mounts are there: run the hooks that belong to the caller
    {"is": "pid", "pid": n}          from an intermediate process: the number of the first process
    {"is": "ready"}                  everything is done up to execve; it waits
    {"is": "error", "kind", "message"}
    end of file                      execve has happened (the pipe is close-on-exec), or it died
Caller to first process:
    {"is": "go"}                     mappings are written, hooks were run, or: start
    end of file                      the caller is gone: die
"""

import json
import os
from typing import Any, NamedTuple

from dockyard.errors import SystemFailure, from_wire, to_wire

HOOKS, PID, READY, ERROR, GO = "hooks", "pid", "ready", "error", "go"
_CHUNK = 1 << 16

_PLAIN = {what: json.dumps({"is": what}).encode() + b"\n" for what in (HOOKS, READY, GO)}
"""Messages without fields, made here: a process that has just been forked is spared json's machinery."""
_UNDERSTOOD = {line: what for what, line in _PLAIN.items()}


class Channel(NamedTuple):
    """One end: a descriptor to read from and one to write to, both close-on-exec."""

    reader: int
    writer: int

    def send(self, what: str, **fields: Any) -> None:
        """Say `what`. BrokenPipeError when nobody listens any more."""
        line = None if fields else _PLAIN.get(what)
        os.write(self.writer, line or json.dumps({"is": what, **fields}).encode() + b"\n")

    def send_error(self, error: BaseException) -> None:
        """Say that it failed, and how; nothing when nobody listens."""
        try:
            self.send(ERROR, **to_wire(error))
        except OSError:
            return

    def receive(self) -> dict[str, Any] | None:
        """What the other side says next; None at the end. The error that it reports is raised.

        The two sides take turns, so there is never more than one line to read.
        """
        line = b""
        while not line.endswith(b"\n"):
            part = os.read(self.reader, _CHUNK)
            if not part:
                break
            line += part
        if not line:
            return None
        if line in _UNDERSTOOD:
            return {"is": _UNDERSTOOD[line]}
        try:
            message: dict[str, Any] = json.loads(line)
        except ValueError:
            raise SystemFailure(f"the container's first process said: {line.decode(errors='replace')}") from None
        if message["is"] == ERROR:
            raise from_wire(message["kind"], message["message"])
        return message

    def expect(self, kind: str) -> dict[str, Any]:
        """What the other side says next, which must be `kind`. SystemFailure when it is something else or nothing."""
        message = self.receive()
        if message is None or message["is"] != kind:
            raise SystemFailure(
                f"container process: {kind} expected, but it {'died' if message is None else message['is']}"
            )
        return message

    def close(self) -> None:
        """Close both descriptors."""
        os.close(self.reader)
        os.close(self.writer)


def open_channel() -> tuple[Channel, Channel]:
    """The caller's and the first process's end."""
    up_reader, up_writer = os.pipe2(os.O_CLOEXEC)
    down_reader, down_writer = os.pipe2(os.O_CLOEXEC)
    return Channel(up_reader, down_writer), Channel(down_reader, up_writer)
