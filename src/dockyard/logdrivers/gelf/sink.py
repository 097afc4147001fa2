"""Sends to a GELF input, such as Graylog's or Logstash's."""

import asyncio
from collections.abc import Sequence

from dockyard.logdrivers.attributes import attributes, tag
from dockyard.logdrivers.contract import EntriesRefused, Options, Patience, Subject
from dockyard.logdrivers.gelf.messages import compressed, datagrams, gelf_json
from dockyard.logdrivers.local_entries import Entry
from dockyard.logdrivers.options.gelf import settings
from dockyard.logdrivers.times import rfc3339_nano
from dockyard.logdrivers.transport.datagram import Datagrams
from dockyard.logdrivers.transport.stream import Stream


class GelfSink:
    """See `Sink`."""

    confirmed = False

    def __init__(self, options: Options, subject: Subject) -> None:
        self._settings = settings(options)
        self._hostname = subject.hostname
        self._extra = {
            "_container_id": subject.container_id,
            "_container_name": subject.name,
            "_image_id": subject.image_id,
            "_image_name": subject.image_name,
            "_command": subject.command,
            "_tag": tag(options, subject),
            "_created": rfc3339_nano(subject.created_ns),
            **attributes(options, subject, lambda name: name if name.startswith("_") else f"_{name}"),
        }
        self._stream: Stream | None = None
        self._datagrams: Datagrams | None = None
        if self._settings.network == "udp":
            self.patience = Patience.of_datagrams()
        elif self._settings.max_reconnect is None:
            self.patience = Patience()
        else:
            wait = self._settings.reconnect_seconds
            self.patience = Patience(self._settings.max_reconnect + 1, wait, wait)

    @property
    def broken(self) -> asyncio.Event | None:
        """See `Sink`."""
        return self._stream.broken if self._stream is not None else None

    async def open(self) -> None:
        """See `Sink`."""
        if self._settings.network == "udp":
            self._datagrams = await Datagrams.connect_udp(self._settings.host, self._settings.port)
        else:
            self._stream = Stream()
            try:
                await self._stream.connect_tcp(self._settings.host, self._settings.port)
            except OSError as error:
                place = f"{self._settings.host}:{self._settings.port}"
                raise ConnectionError(f"gelf: cannot connect to GELF endpoint: {place} {error}") from error

    async def send(self, entries: Sequence[Entry]) -> None:
        """See `Sink`."""
        messages = [gelf_json(entry, self._hostname, self._extra) for entry in entries if entry.line]
        if self._stream is not None:
            await self._stream.send(b"".join(message + b"\0" for message in messages))
        elif self._datagrams is not None:
            for message in messages:
                await self._send_datagrams(message)
            await self._datagrams.flush()

    async def close(self) -> None:
        """See `Sink`."""
        for transport in (self._stream, self._datagrams):
            if transport is not None:
                await transport.close()
        self._stream = self._datagrams = None

    async def _send_datagrams(self, message: bytes) -> None:
        assert self._datagrams is not None
        parts = datagrams(compressed(message, self._settings.compression, self._settings.level))
        if not parts:
            raise EntriesRefused(f"gelf: cannot send GELF message: msg too large, {len(message)} bytes")
        for part in parts:
            await self._datagrams.send(part)
