"""Signals by the names that users write: `TERM`, `SIGTERM`, `15` (Engine API: POST /containers/{id}/kill, signal)."""

import signal

from dockyard.errors import InvalidParameter

_REALTIME_FIRST = 34
_REALTIME_LAST = 64


def parse_signal(text: str) -> int:
    """The signal's number; InvalidParameter, in Docker's words, when there is none of that name."""
    name = text.strip().upper().removeprefix("SIG")
    if name.isdecimal():
        number = int(name)
        if 1 <= number <= _REALTIME_LAST:
            return number
        if number:
            raise InvalidParameter(f"the linux daemon does not support signal {number}")
        raise InvalidParameter(f"invalid signal: {text}")
    if name.startswith(("RTMIN", "RTMAX")):
        return _realtime(name, text)
    try:
        return signal.Signals[f"SIG{name}"].value
    except KeyError as error:
        raise InvalidParameter(f"invalid signal: {text}") from error


def _realtime(name: str, text: str) -> int:
    base, offset = (_REALTIME_FIRST, name[5:]) if name.startswith("RTMIN") else (_REALTIME_LAST, name[5:])
    number = base + (int(offset) if offset.lstrip("+-").isdecimal() else 0)
    if (offset and not offset.lstrip("+-").isdecimal()) or not _REALTIME_FIRST <= number <= _REALTIME_LAST:
        raise InvalidParameter(f"invalid signal: {text}")
    return number
