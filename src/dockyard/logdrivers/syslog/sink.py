"""Sends to a syslog daemon."""

import asyncio
import os
from collections.abc import Sequence

from dockyard.logdrivers.attributes import tag
from dockyard.logdrivers.contract import Options, Patience, Subject
from dockyard.logdrivers.local_entries import Entry
from dockyard.logdrivers.options.syslog import LOCAL_SOCKETS, settings
from dockyard.logdrivers.syslog.messages import SyslogMessages
from dockyard.logdrivers.transport.datagram import Datagrams
from dockyard.logdrivers.transport.stream import Stream, tls_context


class SyslogSink:
    """See `Sink`."""

    confirmed = False

    def __init__(self, options: Options, subject: Subject) -> None:
        self._settings = settings(options)
        self._messages = SyslogMessages(
            self._settings.form,
            self._settings.facility,
            tag(options, subject),
            subject.hostname,
            os.getpid(),
            counted=self._settings.network == "tcp+tls",
        )
        self._stream: Stream | None = None
        self._datagrams: Datagrams | None = None
        self.patience = Patience.of_datagrams() if self._settings.network == "udp" else Patience()

    @property
    def broken(self) -> asyncio.Event | None:
        """See `Sink`."""
        return self._stream.broken if self._stream is not None else None

    async def open(self) -> None:
        """See `Sink`."""
        chosen = self._settings
        if chosen.network == "udp":
            self._datagrams = await Datagrams.connect_udp(chosen.address, chosen.port)
        elif chosen.network in ("tcp", "tcp+tls"):
            tls = None
            if chosen.network == "tcp+tls":
                tls = tls_context(chosen.ca_cert, chosen.cert, chosen.key, skip_verify=chosen.skip_verify)
            self._stream = Stream()
            await self._stream.connect_tcp(chosen.address, chosen.port, tls)
        elif chosen.network:
            await self._open_unix(chosen.network, chosen.address)
        else:
            await self._open_local()

    async def send(self, entries: Sequence[Entry]) -> None:
        """See `Sink`."""
        messages = [message for entry in entries if (message := self._messages.message(entry))]
        if self._stream is not None:
            await self._stream.send(b"".join(messages))
        elif self._datagrams is not None:
            for message in messages:
                await self._datagrams.send(message)
            await self._datagrams.flush()

    async def close(self) -> None:
        """See `Sink`."""
        for transport in (self._stream, self._datagrams):
            if transport is not None:
                await transport.close()
        self._stream = self._datagrams = None

    async def _open_unix(self, network: str, path: str) -> None:
        if network == "unixgram":
            self._datagrams = Datagrams.connect_unix(path)
        else:
            self._stream = Stream()
            await self._stream.connect_unix(path)

    async def _open_local(self) -> None:
        """The machine's own daemon, wherever it listens."""
        for network in ("unixgram", "unix"):
            for path in LOCAL_SOCKETS:
                try:
                    await self._open_unix(network, path)
                except OSError:
                    await self.close()
                else:
                    return
        raise ConnectionError("Unix syslog delivery error")
