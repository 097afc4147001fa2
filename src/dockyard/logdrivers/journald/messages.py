"""Entries in the journal's native protocol, as bytes: a datagram of fields.

    KEY=value\\n                        a value without newlines
    KEY\\n length (8 bytes, LE) value\\n any value

https://systemd.io/JOURNAL_NATIVE_PROTOCOL/
https://github.com/moby/moby/blob/v28.5.2/daemon/logger/journald/journald.go (the fields)
"""

from collections.abc import Mapping

from dockyard.logdrivers.local_entries import Entry
from dockyard.logdrivers.times import rfc3339_nano

ERROR, INFORMATIONAL = 3, 6


def field_name(text: str) -> str:
    """`text` as a name that the journal takes: capitals, digits and underscores, not beginning with one of those."""
    return "".join(letter.upper() if letter.isascii() and letter.isalnum() else "_" for letter in text).lstrip("_")


def datagram(entry: Entry, fields: Mapping[str, str], ordinal: int) -> bytes:
    """The datagram of one entry; `fields` are the same for all of a container, `ordinal` counts them from 1."""
    own = {
        "PRIORITY": str(ERROR if entry.stream == "stderr" else INFORMATIONAL),
        "SYSLOG_TIMESTAMP": rfc3339_nano(entry.time_ns),
        "CONTAINER_LOG_ORDINAL": str(ordinal),
    }
    if entry.partial is not None:
        own["CONTAINER_PARTIAL_ID"] = entry.partial.id
        own["CONTAINER_PARTIAL_ORDINAL"] = str(entry.partial.ordinal)
        own["CONTAINER_PARTIAL_LAST"] = "true" if entry.partial.last else "false"
        if not entry.partial.last:
            own["CONTAINER_PARTIAL_MESSAGE"] = "true"
    parts = [_field("MESSAGE", entry.line)]
    parts += [_field(name, value.encode("utf-8", "replace")) for name, value in {**fields, **own}.items() if name]
    return b"".join(parts)


def _field(name: str, value: bytes) -> bytes:
    if b"\n" in value:
        return name.encode() + b"\n" + len(value).to_bytes(8, "little") + value + b"\n"
    return name.encode() + b"=" + value + b"\n"
