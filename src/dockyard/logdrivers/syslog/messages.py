"""Syslog messages, as bytes.

    ""            <30>Nov 24 08:00:00 tag[pid]: text              what the machine's own daemon takes
    rfc3164       <30>Nov 24 08:00:00 host tag[pid]: text
    rfc5424       <30>1 2026-11-24T08:00:00Z host tag pid tag - text
    rfc5424micro  … 2026-11-24T08:00:00.123456Z …

Each ends with a newline, which separates them on a stream; over TLS those of RFC 5424 have their length in front (RFC
5425, section 4.3). Docker puts the time of sending in; here it is the time at which the container said it, since it may
be sent much later.

https://www.rfc-editor.org/rfc/rfc3164 · https://www.rfc-editor.org/rfc/rfc5424
"""

from datetime import datetime
from time import localtime

from dockyard.logdrivers.local_entries import Entry

ERROR, INFORMATIONAL = 3, 6
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


class SyslogMessages:
    """Makes the messages of one container.

    Args:
        form: one of `options.syslog.FORMATS`.
        facility: 0 to 23.
        counted: with their length in front.
        tag, hostname, pid: what they say of the sender.
    """

    def __init__(self, form: str, facility: int, tag: str, hostname: str, pid: int, *, counted: bool) -> None:
        self._form = form
        self._facility = facility
        self._tag = tag
        self._hostname = hostname
        self._pid = pid
        self._counted = counted and form.startswith("rfc5424")
        self._heads: dict[str, tuple[int, bytes]] = {}

    def message(self, entry: Entry) -> bytes:
        """The message of one entry; empty for an empty line, which Docker doesn't send."""
        if not entry.line:
            return b""
        time_ns, head = self._heads.get(entry.stream, (-1, b""))
        if time_ns != entry.time_ns:  # many entries have the time of one read
            priority = self._facility << 3 | (ERROR if entry.stream == "stderr" else INFORMATIONAL)
            head = f"<{priority}>{self._head(entry.time_ns)}".encode()
            self._heads[entry.stream] = entry.time_ns, head
        message = head + entry.line + b"\n"
        return b"%d %s" % (len(message), message) if self._counted else message

    def _head(self, time_ns: int) -> str:
        if not self._form:
            return f"{_stamp(time_ns)} {self._tag}[{self._pid}]: "
        if self._form == "rfc3164":
            return f"{_stamp(time_ns)} {self._hostname} {self._tag}[{self._pid}]: "
        moment = _rfc3339(time_ns, micro=self._form == "rfc5424micro")
        return f"1 {moment} {self._hostname} {self._tag} {self._pid} {self._tag} - "


def _stamp(time_ns: int) -> str:
    """`Mmm dd hh:mm:ss` in local time (RFC 3164, section 4.1.2)."""
    moment = localtime(time_ns // 1_000_000_000)
    return (
        f"{_MONTHS[moment.tm_mon - 1]} {moment.tm_mday:2d} {moment.tm_hour:02d}:{moment.tm_min:02d}:{moment.tm_sec:02d}"
    )


def _rfc3339(time_ns: int, *, micro: bool) -> str:
    """Local time with its offset, `Z` for none (RFC 5424, section 6.2.3)."""
    seconds, nanoseconds = divmod(time_ns, 1_000_000_000)
    moment = datetime.fromtimestamp(seconds).astimezone().replace(microsecond=nanoseconds // 1000 if micro else 0)
    text = moment.isoformat(timespec="microseconds" if micro else "seconds")
    return f"{text[:-6]}Z" if text.endswith("+00:00") else text
