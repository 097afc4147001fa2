"""One engine's client of registries: finds their hosts, proves who is asking, asks again when that may help.

client = RegistryClient(config, proxies, …)
hosts = await client.hosts("docker.io")                         # mirrors, then the registry
answer = await client.exchange(Request("GET", url, host, scopes, credentials))
"""

import asyncio
import ipaddress
import os
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import TypeVar

import aiohttp

from dockyard.errors import SystemFailure
from dockyard.store.distribution.registry.certificates import directory_of, read_directory
from dockyard.store.distribution.registry.challenges import parse_challenges
from dockyard.store.distribution.registry.credentials import ANONYMOUS, Credentials
from dockyard.store.distribution.registry.failures import Refusal, RegistryFailure, Unreachable, refusal
from dockyard.store.distribution.registry.hosts import (
    Address,
    Host,
    HostsConfig,
    asked,
    host_name,
    is_insecure,
    plan_hosts,
)
from dockyard.store.distribution.registry.proxies import Proxies
from dockyard.store.distribution.registry.retry import delay_seconds
from dockyard.store.distribution.registry.tokens import NoCredentials, Tokens
from dockyard.store.distribution.registry.transport import Body, Transport, read_bounded

Result = TypeVar("Result")
ERROR_BYTES = 1 << 16
TRIES = 3
"""How often a small request is tried. Blobs have a number of their own, `max-download-attempts`."""


@dataclass(frozen=True, slots=True)
class Request:
    """What to ask of which host, as whom. `body` makes the body, again for each try."""

    method: str
    url: str
    host: Host
    scopes: tuple[str, ...] = ()
    credentials: Credentials = ANONYMOUS
    headers: Mapping[str, str] = field(default_factory=dict)
    body: Callable[[], Body] | None = None
    tries: int = TRIES


class RegistryClient:
    """Belongs to one event loop. `seconds` counts from anywhere, `now` is the time of day."""

    def __init__(
        self,
        config: Callable[[], HostsConfig],
        proxies: Callable[[], Proxies],
        *,
        user_agent: str,
        seconds: Callable[[], float],
        now: Callable[[], datetime],
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._config = config
        self._transport = Transport(proxies, user_agent)
        self._tokens = Tokens(self._transport, seconds)
        self._now = now
        self._sleep = sleep
        self._plain: set[str] = set()

    async def hosts(self, domain: str) -> list[Host]:
        """The hosts of the registry `domain`, in the order in which to ask them. Raises InvalidParameter for bad
        files of the administrator's."""
        config = self._config()
        directory = directory_of(domain, config.directories)
        file = None if directory is None else await asyncio.to_thread(_read_hosts_toml, directory, domain)
        if file is not None:
            return file
        places = asked(domain, config)
        insecure, certificates = set(), {}
        for place in places:
            addresses = await _addresses(place) if config.insecure_networks else ()
            if is_insecure(place, config, addresses):
                insecure.add(place)
            # docker.io's files stand under the name that users know it by
            found = directory_of(place, config.directories) or (directory if place == places[-1] else None)
            certificates[place] = await asyncio.to_thread(read_directory, found) if found else ((), ())
        hosts = plan_hosts(
            domain,
            config,
            insecure=frozenset(insecure),
            authorities={place: pair[0] for place, pair in certificates.items()},
            identities={place: pair[1] for place, pair in certificates.items()},
        )
        return sorted(hosts, key=lambda host: host.own and host.url.startswith("https:") and self._is_plain(host))

    def remember_plain(self, host: Host) -> None:
        """This insecure host turned out to speak plain HTTP: next time it is asked so first."""
        self._plain.add(host.url)

    def _is_plain(self, host: Host) -> bool:
        return not host.verify and host.url.replace("https:", "http:", 1) in self._plain

    async def exchange(self, request: Request) -> aiohttp.ClientResponse:
        """The answer, of a status below 400; the caller releases or closes it. Raises Refusal, Unreachable,
        Untrustworthy."""
        return await self._tried(request, lambda: self._authorized(request))

    async def read(self, request: Request, limit_bytes: int) -> tuple[aiohttp.ClientResponse, bytes]:
        """The answer with the whole of its small body, asked for again when that is cut off. Raises as `exchange`."""

        async def whole() -> tuple[aiohttp.ClientResponse, bytes]:
            answer = await self._authorized(request)
            try:
                return answer, await read_bounded(answer, limit_bytes)
            finally:
                answer.release()

        return await self._tried(request, whole)

    async def _tried(self, request: Request, ask: Callable[[], Awaitable[Result]]) -> Result:
        attempt = 0
        while True:
            attempt += 1
            try:
                return await ask()
            except (Refusal, Unreachable) as error:
                retry_after = error.retry_after if isinstance(error, Refusal) else ""
                delay = delay_seconds(attempt, retry_after, self._now)
                if attempt >= request.tries or not error.passing or delay is None:
                    raise
            await self._sleep(delay)

    async def ping(self, host: Host) -> None:
        """Whether anything that speaks HTTP is there, whatever it says. Raises Unreachable."""
        answer = await self._transport.open("GET", f"{host.base}/", host)
        await read_bounded(answer, ERROR_BYTES)
        answer.release()
        if answer.status == 401:
            self._tokens.learn(host, answer.headers.getall("WWW-Authenticate", []))

    async def log_in(self, request: Request) -> str:
        """Asks with the request's credentials; the refresh token that a token server gives for them, or empty.

        Raises Refusal, of status 401 when the credentials are wrong.
        """
        answer = await self._transport.open(request.method, request.url, request.host)
        if answer.status == 401:
            await read_bounded(answer, ERROR_BYTES)
            answer.release()
            challenges = answer.headers.getall("WWW-Authenticate", [])
            try:
                header, refresh_token = await self._tokens.for_login(request.host, challenges, request.credentials)
            except NoCredentials as error:
                raise NoCredentials(f'{request.method.capitalize()} "{request.url}": {error}') from None
            answer = await self._transport.open(request.method, request.url, request.host, {"Authorization": header})
        else:
            refresh_token = ""
        if answer.status >= 400:
            raise await _refused(answer)
        answer.release()
        return refresh_token

    async def close(self) -> None:
        """Ends all connections."""
        await self._transport.close()

    async def _authorized(self, request: Request) -> aiohttp.ClientResponse:
        who = request.credentials if request.host.own else ANONYMOUS
        asking = f'{request.method.capitalize()} "{request.url}"'
        try:
            used = await self._tokens.before(request.host, request.scopes, who)
        except Refusal as error:
            raise (error.during(asking) if error.code == "UNAUTHORIZED" else error) from None
        for last in (False, True):
            headers = {**request.headers, **({"Authorization": used} if used else {})}
            answer = await self._transport.open(request.method, request.url, request.host, headers, request.body)
            if answer.status < 400:
                return answer
            challenges = answer.headers.getall("WWW-Authenticate", [])
            if answer.status == 401 and not last:
                body = await read_bounded(answer, ERROR_BYTES)
                answer.release()
                try:
                    header = await self._tokens.after(request.host, challenges, request.scopes, who, used)
                except NoCredentials as error:
                    raise NoCredentials(f"{asking}: {error}") from None
                except Refusal as error:
                    raise (error.during(asking) if error.code == "UNAUTHORIZED" else error) from None
                if header is not None:
                    used = header
                    continue
                raise refusal(answer.status, body, parse_challenges(challenges))
            raise await _refused(answer)
        raise AssertionError("unreachable")


async def _refused(answer: aiohttp.ClientResponse) -> Refusal:
    try:
        body = await read_bounded(answer, ERROR_BYTES)
    except RegistryFailure:
        body = b""
    finally:
        answer.release()
    error = refusal(answer.status, body, parse_challenges(answer.headers.getall("WWW-Authenticate", [])))
    error.retry_after = answer.headers.get("Retry-After", "")
    return error


async def _addresses(authority: str) -> tuple[Address, ...]:
    """What the name in `host[:port]` means now; nothing when nobody knows."""
    try:
        found = await asyncio.get_running_loop().getaddrinfo(host_name(authority), None)
    except (OSError, UnicodeError):
        return ()
    return tuple({ipaddress.ip_address(str(item[4][0]).partition("%")[0]) for item in found})


def _read_hosts_toml(directory: str, domain: str) -> list[Host] | None:
    path = os.path.join(directory, "hosts.toml")
    try:
        with open(path, encoding="utf-8") as file:
            text = file.read()
    except FileNotFoundError:
        return None
    except (OSError, UnicodeDecodeError) as error:
        raise SystemFailure(f"open {path}: {error}") from error
    from dockyard.store.distribution.registry.hosts_toml import (
        parse_hosts,
    )  # few machines have one: the parser is slow to load

    return parse_hosts(text, directory, domain)
