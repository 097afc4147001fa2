"""HTTP to registries: one exchange, its redirects followed, its answer not yet read.

Whatever comes from the other side is bounded here or by who reads it: redirects by number and scheme, small bodies by
`read_bounded`, blobs by their descriptor's size. What proves who we are never goes to another host than the one that
asked for it, and headers of hosts.toml, which may be such a proof, to no other than theirs.
"""

import asyncio
import ssl
from collections.abc import AsyncIterable, Callable, Mapping
from urllib.parse import urljoin, urlsplit

import aiohttp
from yarl import URL

from dockyard.store.distribution.registry.certificates import context_for
from dockyard.store.distribution.registry.failures import Untrustworthy
from dockyard.store.distribution.registry.hosts import Host
from dockyard.store.distribution.registry.proxies import Proxies
from dockyard.store.distribution.registry.unreachable import cut_off, unreachable

REDIRECTS = 10
READ_BUFFER_BYTES = 1 << 18
CONNECT_SECONDS = 30.0
SILENCE_SECONDS = 60.0
"""How long an answer, or the next piece of one, may take before the connection is given up as dead."""
_MOVED = frozenset((301, 302, 303, 307, 308))
_SECRET = frozenset(("authorization", "cookie"))
Body = bytes | AsyncIterable[bytes]


class Transport:
    """Connections to registries, kept for the next request. Belongs to one event loop."""

    def __init__(self, proxies: Callable[[], Proxies], user_agent: str) -> None:
        self._proxies = proxies
        self._user_agent = user_agent
        self._session: aiohttp.ClientSession | None = None

    async def open(
        self,
        method: str,
        url: str,
        host: Host,
        headers: Mapping[str, str] | None = None,
        body: Callable[[], Body] | None = None,
    ) -> aiohttp.ClientResponse:
        """The answer to a request whose body `body` makes (again for each redirect that wants it again).

        The caller releases or closes it. Raises Unreachable, and Untrustworthy for redirects that lead nowhere.
        """
        plain = {"User-Agent": self._user_agent, "Accept-Encoding": "identity"}
        asked = dict(headers or {})
        first = urlsplit(url)
        # Another's door, as where tokens are had, is not who the administrator meant his headers for.
        configured = dict(host.headers) if f"{first.scheme}://{first.netloc}" == host.url else {}
        merged = {**plain, **configured, **asked}
        for _ in range(REDIRECTS + 1):
            answer = await self._once(method, url, host, merged, None if body is None else body())
            location = answer.headers.get("Location")
            if answer.status not in _MOVED or location is None:
                return answer
            answer.release()
            if answer.status == 303 or (answer.status in (301, 302) and method not in ("GET", "HEAD")):
                method, body = "GET" if method != "HEAD" else method, None
            url = _target(method, url, location)
            there = urlsplit(url)
            if there.netloc != first.netloc or (first.scheme == "https" and there.scheme != "https"):
                asked = {name: value for name, value in asked.items() if name.lower() not in _SECRET}
                merged = {**plain, **asked}
        raise Untrustworthy(f'{method.capitalize()} "{url}": stopped after {REDIRECTS} redirects')

    async def close(self) -> None:
        """Ends all connections."""
        if self._session is not None:
            await self._session.close()
            self._session = None

    async def _once(
        self, method: str, url: str, host: Host, headers: Mapping[str, str], body: Body | None
    ) -> aiohttp.ClientResponse:
        try:
            return await self._open_session().request(
                method,
                URL(url, encoded=True),
                headers=headers,
                data=body,
                allow_redirects=False,
                ssl=self._tls(url, host),
                proxy=self._proxies().proxy_for(url),
            )
        except (aiohttp.ClientError, OSError, ValueError) as error:
            if isinstance(error, aiohttp.ClientConnectorError) and url.startswith(f"{host.base}/"):
                method, url = "get", f"{host.base}/"  # the registry as a whole isn't there, as Docker says it
            raise unreachable(error, method, url) from error

    def _tls(self, url: str, host: Host) -> "ssl.SSLContext | bool":
        parts = urlsplit(url)
        if parts.scheme == "http":
            return True
        if f"{parts.scheme}://{parts.netloc}" == host.url:
            return context_for(host)
        # A store of blobs that a registry points at: trusted like any host, or unchecked like the registry itself.
        return context_for(Host(host.url, verify=host.verify))

    def _open_session(self) -> aiohttp.ClientSession:
        if self._session is None:
            self._session = aiohttp.ClientSession(
                connector=aiohttp.TCPConnector(limit=0, ttl_dns_cache=10, keepalive_timeout=30),
                cookie_jar=aiohttp.DummyCookieJar(),
                auto_decompress=False,
                read_bufsize=READ_BUFFER_BYTES,
                timeout=aiohttp.ClientTimeout(total=None, sock_connect=CONNECT_SECONDS, sock_read=SILENCE_SECONDS),
                max_line_size=1 << 16,
                max_field_size=1 << 16,
            )
        return self._session


async def read_bounded(answer: aiohttp.ClientResponse, limit_bytes: int) -> bytes:
    """The whole of a small body. Raises Untrustworthy when it is longer than `limit_bytes`, Unreachable when it is
    cut off."""
    pieces: list[bytes] = []
    size = 0
    try:
        while piece := await answer.content.readany():
            size += len(piece)
            if size > limit_bytes:
                answer.close()
                raise Untrustworthy(f"{answer.url.human_repr()}: answer is longer than {limit_bytes} bytes")
            pieces.append(piece)
    except (aiohttp.ClientError, OSError, asyncio.IncompleteReadError) as error:
        answer.close()
        raise cut_off(error) from error
    return b"".join(pieces)


def _target(method: str, url: str, location: str) -> str:
    target = urljoin(url, location)
    try:
        parts = urlsplit(target)
        usable = parts.scheme in ("http", "https") and parts.hostname is not None and parts.port != 0
    except ValueError:
        raise Untrustworthy(
            f'{method.capitalize()} "{url}": failed to parse Location header "{location[:200]}"'
        ) from None
    if not usable:
        raise Untrustworthy(f'{method.capitalize()} "{target[:200]}": unsupported protocol scheme "{parts.scheme}"')
    if parts.username is not None:
        raise Untrustworthy(f'{method.capitalize()} "{parts.hostname}": redirect with a user\'s name is refused')
    return target
