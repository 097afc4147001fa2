"""Layers that may not be passed on: their descriptor names where their makers offer them.

oci image-spec v1.1, descriptor.md, `urls`
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from urllib.parse import urlsplit

from dockyard.store.distribution.registry.client import RegistryClient, Request
from dockyard.store.distribution.registry.failures import Untrustworthy
from dockyard.store.distribution.registry.hosts import Host
from dockyard.store.distribution.registry.repository import BlobBody, closing_body


class ForeignLayer:
    """One such place; a Source. It gets no credentials."""

    def __init__(self, client: RegistryClient, url: str) -> None:
        self._client = client
        self._url = url

    @asynccontextmanager
    async def blob(self, digest: str, start: int = 0) -> AsyncIterator[BlobBody]:
        """See Source."""
        parts = urlsplit(self._url)
        if parts.scheme not in ("http", "https") or not parts.hostname or parts.username is not None:
            raise Untrustworthy(f"layer {digest}: unusable URL {self._url[:200]!r}")
        host = Host(f"{parts.scheme}://{parts.netloc}", own=False)
        headers = {"Range": f"bytes={start}-"} if start else {}
        answer = await self._client.exchange(Request("GET", self._url, host, headers=headers, tries=1))
        async with closing_body(answer, start) as body:
            yield body
