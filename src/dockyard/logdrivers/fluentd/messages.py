"""Messages of fluentd's forward protocol, as bytes of msgpack.

    [tag, [[time, record], …], {"size": n, "chunk": id}]      the forward mode; the chunk asks for an answer
    {"ack": id}                                               which is this

https://github.com/fluent/fluentd/wiki/Forward-Protocol-Specification-v1
"""

import base64
import os
from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from dockyard.logdrivers.local_entries import Entry

_EVENT_TIME = 0
"""The extension type of times with nanoseconds."""

_CHUNK_BYTES = 16


def record(entry: Entry, container_id: str, container_name: str, extra: Mapping[str, str]) -> dict[str, str]:
    """What is said of one entry."""
    fields = {
        "container_id": container_id,
        "container_name": container_name,
        "source": entry.stream,
        "log": entry.line.decode("utf-8", "replace"),
        **extra,
    }
    if entry.partial is not None:
        fields.update(
            partial_message="true",
            partial_id=entry.partial.id,
            partial_ordinal=str(entry.partial.ordinal),
            partial_last="true" if entry.partial.last else "false",
        )
    return fields


def event_time(time_ns: int, *, sub_second: bool) -> Any:
    """A time as the protocol has it: whole seconds, or with nanoseconds as an extension."""
    seconds, nanoseconds = divmod(time_ns, 1_000_000_000)
    if not sub_second:
        return seconds
    return msgspec.msgpack.Ext(_EVENT_TIME, (seconds & 0xFFFFFFFF).to_bytes(4, "big") + nanoseconds.to_bytes(4, "big"))


def forward(tag: str, events: Sequence[tuple[Any, Mapping[str, str]]], chunk: str) -> bytes:
    """A message with `events`, pairs of time and record; `chunk` is empty where no answer is wanted."""
    option: dict[str, Any] = {"size": len(events)}
    if chunk:
        option["chunk"] = chunk
    return msgspec.msgpack.encode([tag, events, option])


def new_chunk() -> str:
    """An id that no other message has."""
    return base64.b64encode(os.urandom(_CHUNK_BYTES)).decode()


def acknowledged(answer: bytes) -> str | None:
    """The id in a receiver's answer; None while the answer isn't whole. msgspec.DecodeError when it isn't one."""
    try:
        value = msgspec.msgpack.decode(answer)
    except msgspec.DecodeError as error:
        if "truncated" in str(error):
            return None
        raise
    found = value.get("ack") if isinstance(value, dict) else None
    return found if isinstance(found, str) else ""
