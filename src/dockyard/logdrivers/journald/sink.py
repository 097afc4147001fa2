"""Sends to the machine's journal."""

import asyncio
import os
from collections.abc import Sequence

from dockyard.logdrivers.attributes import attributes, short_id, tag
from dockyard.logdrivers.contract import Options, Patience, Subject
from dockyard.logdrivers.journald.messages import datagram, field_name
from dockyard.logdrivers.local_entries import Entry
from dockyard.logdrivers.transport.datagram import Datagrams

SOCKET = "/run/systemd/journal/socket"


class JournaldSink:
    """See `Sink`. Entries are delivered when the journal has read them."""

    confirmed = True
    broken: asyncio.Event | None = None

    def __init__(self, options: Options, subject: Subject, path: str = SOCKET) -> None:
        self._path = path
        name = tag(options, subject)
        self._fields = {
            "CONTAINER_ID": short_id(subject.container_id),
            "CONTAINER_ID_FULL": subject.container_id,
            "CONTAINER_NAME": subject.name,
            "CONTAINER_TAG": name,
            "IMAGE_NAME": subject.image_name,
            "SYSLOG_IDENTIFIER": name,
            "CONTAINER_LOG_EPOCH": os.urandom(32).hex(),
            **attributes(options, subject, field_name),
        }
        self._ordinal = 0
        self._datagrams: Datagrams | None = None
        self.patience = Patience()

    async def open(self) -> None:
        """See `Sink`."""
        if not os.path.exists(self._path):
            raise ConnectionError("journald is not enabled on this host")
        self._datagrams = Datagrams.connect_unix(self._path)

    async def send(self, entries: Sequence[Entry]) -> None:
        """See `Sink`."""
        if self._datagrams is None:
            raise ConnectionError("not connected")
        for entry in entries:
            self._ordinal += 1
            await self._datagrams.send_of_any_size(datagram(entry, self._fields, self._ordinal))
        await self._datagrams.flush()

    async def close(self) -> None:
        """See `Sink`."""
        if self._datagrams is not None:
            await self._datagrams.close()
            self._datagrams = None
