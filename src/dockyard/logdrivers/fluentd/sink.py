"""Sends to fluentd, fluent-bit, or whatever has a forward input."""

import asyncio
import time
from collections.abc import Sequence

import msgspec

from dockyard.logdrivers.attributes import attributes, tag
from dockyard.logdrivers.contract import Options, Patience, Subject
from dockyard.logdrivers.fluentd.messages import acknowledged, event_time, forward, new_chunk, record
from dockyard.logdrivers.local_entries import Entry
from dockyard.logdrivers.options.fluentd import MAX_RETRIES, settings
from dockyard.logdrivers.transport.stream import Stream, tls_context

ACKNOWLEDGEMENT_SECONDS = 60.0
ANSWER_BYTES = 4096
"""A receiver that says more about one message is none: an acknowledgement has 32 bytes. Each piece is decoded anew."""

_LONGEST_WAIT_SECONDS = 60.0


class FluentdSink:
    """See `Sink`."""

    def __init__(self, options: Options, subject: Subject) -> None:
        self._settings = settings(options)
        self._tag = tag(options, subject)
        self._extra = attributes(options, subject)
        self._container_id = subject.container_id
        self._container_name = f"/{subject.name}"
        self._stream: Stream | None = None
        self._opened_at = 0.0
        self._answer = b""
        self._answered = asyncio.Event()
        self._awaited = ""
        """The message whose acknowledgement is waited for; what is said otherwise is only counted."""
        self._said_bytes = 0
        self.confirmed = self._settings.request_ack
        retries = self._settings.max_retries
        wait = self._settings.retry_wait_seconds
        self.patience = Patience(
            None if retries >= MAX_RETRIES else retries + 1, wait, max(wait, _LONGEST_WAIT_SECONDS), 1.5
        )

    @property
    def broken(self) -> asyncio.Event | None:
        """See `Sink`."""
        return self._stream.broken if self._stream is not None else None

    async def open(self) -> None:
        """See `Sink`."""
        self._stream = Stream(self._on_data)
        self._opened_at = time.monotonic()
        if self._settings.network == "unix":
            await self._stream.connect_unix(self._settings.path)
        else:
            tls = tls_context() if self._settings.network == "tls" else None
            await self._stream.connect_tcp(self._settings.host, self._settings.port, tls)

    async def send(self, entries: Sequence[Entry]) -> None:
        """See `Sink`."""
        age_seconds = time.monotonic() - self._opened_at
        if self._settings.reconnect_seconds and age_seconds > self._settings.reconnect_seconds:
            await self.close()
            await self.open()
        if self._stream is None:
            raise ConnectionError("not connected")
        sub_second = self._settings.sub_second_precision
        events = [
            (
                event_time(entry.time_ns, sub_second=sub_second),
                record(entry, self._container_id, self._container_name, self._extra),
            )
            for entry in entries
        ]
        chunk = new_chunk() if self._settings.request_ack else ""
        self._said_bytes = 0
        self._answered.clear()
        self._awaited = chunk
        try:
            await self._stream.send(forward(self._tag, events, chunk), self._settings.write_timeout_seconds)
            if chunk:
                async with asyncio.timeout(self._settings.read_timeout_seconds or ACKNOWLEDGEMENT_SECONDS):
                    await self._acknowledged(chunk)
        finally:
            self._awaited, self._answer = "", b""

    async def close(self) -> None:
        """See `Sink`."""
        if self._stream is not None:
            await self._stream.close()
            self._stream = None

    def _on_data(self, data: bytes) -> None:
        self._said_bytes += len(data)
        if self._said_bytes > ANSWER_BYTES:
            if self._stream is not None:
                self._stream.break_off()
        elif self._awaited:
            self._answer += data
            self._answered.set()

    async def _acknowledged(self, chunk: str) -> None:
        assert self._stream is not None
        broken = asyncio.ensure_future(self._stream.broken.wait())
        try:
            while True:
                answered = asyncio.ensure_future(self._answered.wait())
                await asyncio.wait((broken, answered), return_when=asyncio.FIRST_COMPLETED)
                answered.cancel()
                self._answered.clear()
                try:
                    found = acknowledged(self._answer) if self._answer else None
                except msgspec.DecodeError as error:
                    raise ConnectionError(f"an answer that isn't msgpack: {error}") from error
                if found == chunk:
                    return
                if found is not None:
                    raise ConnectionError(f"an answer for another message: {found!r}")
                if broken.done():
                    raise ConnectionError("the connection was closed before the message was acknowledged")
        finally:
            broken.cancel()
