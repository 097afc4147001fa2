"""Writing to a repository: is a blob there, mount it from another repository, send it, put a manifest.

    HEAD blobs/<digest>                            there already
    POST blobs/uploads/?mount=<digest>&from=<path> 201: mounted;  202: not, but here is a session
    POST blobs/uploads/                            202 with the session's Location
    PUT <session>?digest=                          a small blob, whole
    PATCH <session>                                a large one, in one piece or several; each has a new Location
    GET <session>                                  after a cut: how much has come
    PUT <session>?digest=                          the end

oci distribution-spec v1.1, "Push"
"""

import asyncio
import contextlib
import os
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import replace
from functools import partial
from urllib.parse import quote, urljoin, urlsplit

from dockyard.store.distribution.registry.client import Request
from dockyard.store.distribution.registry.credentials import ANONYMOUS
from dockyard.store.distribution.registry.failures import Refusal, Unreachable, Untrustworthy
from dockyard.store.distribution.registry.hosts import Host
from dockyard.store.distribution.registry.repository import Repository

WHOLE_BYTES = 4 << 20
"""Blobs up to this size are sent with the request that ends their session."""
PIECE_BYTES = 8 << 20
"""The size of pieces for a registry (or its proxy) that finds the whole too large."""
_READ_BYTES = 1 << 20

Sent = Callable[[int], None]
"""Told how many bytes of the blob have been sent."""
Read = Callable[[int, int, int], Awaitable[bytes]]
"""os.pread in a thread."""


class UploadFile:
    """A blob in a file. `read` reads without blocking the loop."""

    def __init__(self, descriptor: int, digest: str, size: int, read: Read) -> None:
        self.descriptor = descriptor
        self.digest = digest
        self.size = size
        self._read = read

    async def pieces(self, start: int, end: int, sent: Sent) -> AsyncIterator[bytes]:
        """The bytes from `start` to `end`; each time that one has been taken, `sent` is told."""
        position = start
        while position < end:
            piece = await self._read(self.descriptor, min(_READ_BYTES, end - position), position)
            if not piece:
                raise Untrustworthy(f"blob {self.digest}: its file ends after {position} of {self.size} bytes")
            yield piece
            position += len(piece)
            sent(position)


class Uploads:
    """Writes to `repository`, whose token must be good for `pull,push`."""

    def __init__(self, repository: Repository) -> None:
        self._repository = repository

    async def has(self, digest: str) -> bool:
        """Whether the blob is there."""
        try:
            await self._done(self._repository.request("HEAD", f"blobs/{digest}"))
        except Refusal as error:
            if error.status == 404:
                return False
            raise
        return True

    async def mount(self, digest: str, repository: str) -> bool:
        """Whether the registry mounts the blob from another of its repositories."""
        wish = f"?mount={quote(digest, safe=':')}&from={quote(repository, safe='/')}"
        try:
            answer = await self._repository.client.exchange(self._post(wish))
        except Refusal:
            return False  # a registry that mounts nothing, or not from there: then the blob is sent
        answer.release()
        if answer.status == 201:
            return True
        with contextlib.suppress(Refusal, Unreachable, Untrustworthy):  # the session that it opened instead
            session = self._session(str(answer.url), answer.headers.get("Location", ""))
            await self._done(self._to_session("DELETE", session, {}))
        return False

    async def begin(self) -> str:
        """A new session's URL. Raises Refusal."""
        request = self._post("")
        answer = await self._repository.client.exchange(request)
        answer.release()
        return self._session(request.url, answer.headers.get("Location", ""))

    async def send(self, session: str, file: UploadFile, sent: Sent, *, start: int = 0, pieces: bool = False) -> None:
        """Sends the blob from `start` on and ends the session. Raises Refusal, Unreachable.

        `pieces`: in several requests. The session as it is after a failure is `self.session`.
        """
        self.session = session
        if start == 0 and file.size <= WHOLE_BYTES:
            await self._put(session, file, sent, 0)
            return
        step = PIECE_BYTES if pieces else file.size
        while start < file.size:
            end = min(start + step, file.size)
            headers = {
                "Content-Type": "application/octet-stream",
                "Content-Length": str(end - start),
                "Content-Range": f"{start}-{end - 1}",
            }
            request = self._to_session("PATCH", self.session, headers)
            request = replace(request, body=partial(file.pieces, start, end, sent))
            answer = await self._repository.client.exchange(request)
            answer.release()
            self.session = self._session(request.url, answer.headers.get("Location", self.session))
            start = end
        await self._put(self.session, file, sent, file.size)

    async def progress(self, session: str) -> int | None:
        """How many bytes of an interrupted session have come; None when it is gone."""
        try:
            answer = await self._repository.client.exchange(self._to_session("GET", session, {}))
        except Refusal:
            return None
        answer.release()
        self.session = self._session(session, answer.headers.get("Location", session))
        last = answer.headers.get("Range", "").removeprefix("bytes=").partition("-")[2]
        return int(last) + 1 if last.isdigit() and int(last) > 0 else 0

    async def put_manifest(self, name: str, media_type: str, data: bytes) -> bool:
        """Puts a manifest under a tag or its digest. Raises Refusal.

        True when the registry has noted what it refers to.
        """
        request = self._repository.request("PUT", f"manifests/{name}", headers={"Content-Type": media_type})
        answer = await self._repository.client.exchange(replace(request, body=lambda: data))
        answer.release()
        return "OCI-Subject" in answer.headers

    def _post(self, query: str) -> Request:
        return self._repository.request("POST", f"blobs/uploads/{query}", headers={"Content-Length": "0"})

    async def _put(self, session: str, file: UploadFile, sent: Sent, start: int) -> None:
        url = f"{session}{'&' if urlsplit(session).query else '?'}digest={quote(file.digest, safe=':')}"
        headers = {"Content-Type": "application/octet-stream", "Content-Length": str(file.size - start)}
        request = self._to_session("PUT", url, headers)
        if file.size > start:
            request = replace(request, body=partial(file.pieces, start, file.size, sent))
        await self._done(request)

    async def _done(self, request: Request) -> None:
        answer = await self._repository.client.exchange(request)
        answer.release()

    def _to_session(self, method: str, url: str, headers: dict[str, str]) -> Request:
        """A request to a session, which may lie on another host: that one learns nothing of who we are."""
        repository = self._repository
        parts = urlsplit(url)
        place = f"{parts.scheme}://{parts.netloc}"
        if place == repository.host.url:
            return Request(method, url, repository.host, repository.scopes, repository.credentials, headers, tries=1)
        other = Host(place, verify=repository.host.verify, own=False)
        return Request(method, url, other, (), ANONYMOUS, headers, tries=1)

    def _session(self, url: str, location: str) -> str:
        try:
            target = urljoin(url, location)
            parts = urlsplit(target)
            usable = parts.scheme in ("http", "https") and parts.hostname and parts.username is None
        except ValueError:
            usable = False
        if not location or not usable:
            raise Untrustworthy(f"unusable Location of an upload: {location[:200]!r}")
        return target


async def pread(descriptor: int, size: int, position: int) -> bytes:
    """os.pread in a thread: a blob that was kept long ago comes from a disk, which may be busy."""
    return await asyncio.to_thread(os.pread, descriptor, size, position)


__all__ = ["Unreachable", "UploadFile", "Uploads", "pread"]
