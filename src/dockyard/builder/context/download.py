"""Downloads: `ADD https://…`, and contexts given as a URL. Into a file, hashed on the way, of a bounded size.

Whoever writes a Dockerfile names the host: it gets nothing that is the daemon's, neither cookies nor what ~/.netrc has
for it. Only the daemon's proxies are used.
"""

import asyncio
import email.utils
import hashlib
import os
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import urljoin, urlsplit

from dockyard.errors import InvalidParameter, NotFound, SystemFailure
from dockyard.fs.archive.source import write_all
from dockyard.store.distribution.registry.proxies import Proxies

if TYPE_CHECKING:
    import aiohttp

_PIECE = 1 << 18
_CONNECT_SECONDS = 30
_SILENCE_SECONDS = 120
_LEAST_FREE_BYTES = 256 << 20
_REDIRECTS = 10
_REASON_BYTES = 1024
_MOVED = frozenset((301, 302, 303, 307, 308))

Told = Callable[[int, int], None]
"""Called with the bytes that have come, and those announced (0: unknown)."""


@dataclass(frozen=True, slots=True)
class Downloaded:
    """What came: `content_type` as the server has it, digest `sha256:…`, `mtime` in seconds (0: not said)."""

    path: str
    content_type: str
    digest: str
    mtime: int


async def download(
    url: str, path: str, *, proxies: Proxies, checksum: str = "", told: Told | None = None
) -> Downloaded:
    """The file at `url` into the new file `path`.

    Raises InvalidParameter for a URL or checksum that is wrong or an answer other than 200, NotFound for 404,
    SystemFailure when the network or the disk refuses.
    """
    import aiohttp

    timeout = aiohttp.ClientTimeout(total=None, sock_connect=_CONNECT_SECONDS, sock_read=_SILENCE_SECONDS)
    try:
        async with aiohttp.ClientSession(timeout=timeout, auto_decompress=False) as session:
            async with await _get(session, url, proxies) as answer:
                if answer.status != 200:
                    text = (await answer.content.read(_REASON_BYTES)).decode("utf-8", "replace").strip()
                    kind = NotFound if answer.status == 404 else InvalidParameter
                    raise kind(f"failed to GET {url} with status {answer.status} {answer.reason}: {text}")
                digest = await _save(answer.content, path, answer.content_length or 0, told)
                modified = email.utils.parsedate_tz(answer.headers.get("Last-Modified", ""))
                mtime = int(email.utils.mktime_tz(modified)) if modified else 0
                content_type = answer.headers.get("Content-Type", "").partition(";")[0].strip().lower()
    except (aiohttp.ClientError, TimeoutError, ValueError) as error:
        raise SystemFailure(f"Get {url!r}: {error or 'no answer in time'}".replace("'", '"')) from error
    except OSError as error:
        raise SystemFailure(f"writing the download of {url}: {error.strerror}") from error
    if checksum and digest != checksum:
        raise InvalidParameter(f"digest mismatch {digest}: {checksum}")
    os.utime(path, (max(0, mtime), max(0, mtime)))
    return Downloaded(path, content_type, digest, max(0, mtime))


async def _get(session: "aiohttp.ClientSession", url: str, proxies: Proxies) -> "aiohttp.ClientResponse":
    """The answer after all redirects, each by the proxy of its own host."""
    for _ in range(_REDIRECTS + 1):
        if urlsplit(url).scheme not in ("http", "https"):
            raise InvalidParameter(f"unsupported URL: {url}")
        answer = await session.get(
            url, headers={"Accept-Encoding": "identity"}, proxy=proxies.proxy_for(url), allow_redirects=False
        )
        if answer.status not in _MOVED or "Location" not in answer.headers:
            return answer
        answer.release()
        url = urljoin(url, answer.headers["Location"])
    raise InvalidParameter(f"stopped after {_REDIRECTS} redirects")


async def _save(content: "object", path: str, total: int, told: Told | None) -> str:
    """Digest. Hashing and writing are a thread's work: a disk may take its time."""
    hashed = hashlib.sha256()
    done = 0
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)

    def keep(piece: bytes) -> None:
        disk = os.fstatvfs(descriptor)
        if disk.f_bavail * disk.f_frsize < _LEAST_FREE_BYTES:
            raise SystemFailure("no space left on the disk for a download")
        hashed.update(piece)
        write_all(descriptor, piece)

    writing: asyncio.Future[None] | None = None
    try:
        async for piece in _large(content):
            writing = asyncio.ensure_future(asyncio.to_thread(keep, piece))
            await asyncio.shield(writing)  # the descriptor is closed behind it
            done += len(piece)
            if told is not None:
                told(done, total)
    except asyncio.CancelledError:
        if writing is not None:
            await asyncio.wait([writing])
        raise
    finally:
        os.close(descriptor)
    return "sha256:" + hashed.hexdigest()


async def _large(content: "object") -> AsyncIterator[bytes]:
    """What comes, in pieces that are worth a thread's attention."""
    gathered = bytearray()
    async for piece in content.iter_chunked(_PIECE):  # type: ignore[attr-defined]
        gathered += piece
        if len(gathered) >= _PIECE:
            yield bytes(gathered)
            gathered.clear()
    if gathered:
        yield bytes(gathered)
