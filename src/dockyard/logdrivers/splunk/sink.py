"""Sends to Splunk's HTTP Event Collector."""

import asyncio
import gzip
import uuid
from collections.abc import Sequence

import aiohttp

from dockyard.errors import SystemFailure
from dockyard.logdrivers.attributes import attributes, tag
from dockyard.logdrivers.contract import EntriesRefused, Options, Patience, Subject
from dockyard.logdrivers.local_entries import Entry
from dockyard.logdrivers.options.splunk import SplunkSettings, settings
from dockyard.logdrivers.splunk.messages import event
from dockyard.logdrivers.transport.stream import tls_context

SEND_SECONDS = 30.0
_SHOWN_BYTES = 1024
_OK = 200
_BAD_REQUEST = 400
_INVALID_DATA = frozenset((5, 6, 12, 13, 15))
"""Codes with which the collector says that it will never take these events; others may pass."""


class SplunkSink:
    """See `Sink`. Each post is answered, so nothing is in doubt."""

    confirmed = True
    broken: asyncio.Event | None = None

    def __init__(self, options: Options, subject: Subject) -> None:
        self._settings = settings(options)
        self._hostname = subject.hostname
        self._tag = tag(options, subject) if options.get("tag", "-") else ""
        self._extra = attributes(options, subject)
        self._session: aiohttp.ClientSession | None = None
        self.patience = Patience()

    async def open(self) -> None:
        """See `Sink`: the collector must answer, unless `splunk-verify-connection=false`."""
        self._session = _session(self._settings)
        if self._settings.verify_connection:
            status, text = await self._request("OPTIONS", b"")
            if status != _OK:
                raise SystemFailure(f"splunk: failed to verify connection - {status} - {text}")

    async def send(self, entries: Sequence[Entry]) -> None:
        """See `Sink`."""
        chosen = self._settings
        body = b"".join(event(entry, chosen, self._hostname, self._tag, self._extra) for entry in entries)
        if not body:
            return
        if chosen.gzip_level is not None:
            body = gzip.compress(body, 6 if chosen.gzip_level < 0 else chosen.gzip_level)
        status, text = await self._request("POST", body)
        if status == _OK:
            return
        message = f"splunk: failed to send event - {status} - {text}"
        if status == _BAD_REQUEST and any(f'"code":{code}' in text.replace(" ", "") for code in _INVALID_DATA):
            raise EntriesRefused(message)
        raise ConnectionError(message)

    async def close(self) -> None:
        """See `Sink`."""
        if self._session is not None:
            await self._session.close()
            self._session = None

    async def _request(self, method: str, body: bytes) -> tuple[int, str]:
        if self._session is None:
            raise ConnectionError("not connected")
        headers = {"Authorization": f"Splunk {self._settings.token}"} if method == "POST" else {}
        if body and self._settings.gzip_level is not None:
            headers["Content-Encoding"] = "gzip"
        if body and self._settings.index_acknowledgment:
            headers["X-Splunk-Request-Channel"] = str(uuid.uuid4())
        try:
            async with self._session.request(
                method,
                self._settings.url,
                data=body or None,
                headers=headers,
                server_hostname=self._settings.caname or None,
            ) as answer:
                text = (await answer.content.read(_SHOWN_BYTES)).decode("utf-8", "replace")
                return answer.status, text
        except aiohttp.ClientError as error:
            raise ConnectionError(str(error)) from error


def _session(chosen: SplunkSettings) -> aiohttp.ClientSession:
    tls = tls_context(chosen.capath, skip_verify=chosen.insecure_skip_verify)
    return aiohttp.ClientSession(
        connector=aiohttp.TCPConnector(ssl=tls),
        timeout=aiohttp.ClientTimeout(total=SEND_SECONDS),
        trust_env=True,
    )
