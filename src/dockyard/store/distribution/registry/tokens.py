"""Who may: answers to a registry's challenges, and the Bearer tokens got for them, kept while they are good.

    401 Bearer realm=R, service=S, scope=C    ask R for a token: GET with name and password, or as nobody;
                                              POST with a refresh token (what `docker login` calls identity token)
    401 Basic                                 name and password, at each request

A token is for a set of scopes (`repository:<path>:pull,push`) and a user. Once a host has asked, its next requests
bring the right header along at once.

https://distribution.github.io/distribution/spec/auth/ (token, oauth, scope, jwt)
"""

import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, urlencode, urlsplit

from dockyard.store.distribution.registry.challenges import Challenge, bearer_or_basic, parse_challenges
from dockyard.store.distribution.registry.credentials import Credentials
from dockyard.store.distribution.registry.failures import RegistryFailure, Untrustworthy, refusal
from dockyard.store.distribution.registry.hosts import Host
from dockyard.store.distribution.registry.transport import Transport, read_bounded

CLIENT = "docker"
NO_CREDENTIALS = "no basic auth credentials"
DEFAULT_SECONDS = 60.0
EARLY_SECONDS = 10.0
"""How long before its end a token is taken for too old."""
_TOKENS_KEPT = 256
_HOSTS_KEPT = 256
"""A host that is forgotten says once more, with a 401, how it wants to be asked."""
_ANSWER_BYTES = 1 << 20


class NoCredentials(RegistryFailure):
    """The host wants a name and a password, and there are none."""


@dataclass(frozen=True, slots=True)
class _Key:
    realm: str
    service: str
    scopes: tuple[str, ...]
    who: Credentials


class Tokens:
    """Answers challenges. `clock` counts seconds, from anywhere."""

    def __init__(self, transport: Transport, clock: Callable[[], float]) -> None:
        self._transport = transport
        self._clock = clock
        self._asked: dict[str, Challenge] = {}
        self._tokens: dict[_Key, tuple[str, float]] = {}

    async def before(self, host: Host, scopes: Iterable[str], who: Credentials) -> str:
        """The Authorization header for a request, as far as the host's earlier challenges tell; else empty."""
        if who.registry_token:
            return f"Bearer {who.registry_token}"
        known = self._asked.get(host.url)
        if known is None:
            return ""
        if known.scheme == "basic":
            return who.basic
        return f"Bearer {await self._token(host, known, tuple(sorted(set(scopes))), who)}"

    async def after(
        self, host: Host, headers: Iterable[str], scopes: Iterable[str], who: Credentials, used: str
    ) -> str | None:
        """The Authorization header that answers the challenges in `headers`; None when there is no other than `used`.

        Raises NoCredentials, and what the token server says.
        """
        challenge = self.learn(host, headers)
        if challenge is None or who.registry_token:
            return None
        if challenge.scheme == "basic":
            if not who.basic:
                raise NoCredentials(NO_CREDENTIALS)
            return None if used == who.basic else who.basic
        wanted = {*scopes, *challenge.parameters.get("scope", "").split()}
        self._forget(used)
        return f"Bearer {await self._token(host, challenge, tuple(sorted(wanted)), who)}"

    def learn(self, host: Host, headers: Iterable[str]) -> Challenge | None:
        """Remembers how the host wants to be asked; the challenge to answer, if there is one."""
        challenge = bearer_or_basic(parse_challenges(headers))
        if challenge is not None:
            kept = {key: value for key, value in challenge.parameters.items() if key in ("realm", "service")}
            self._asked.pop(host.url, None)
            self._asked[host.url] = Challenge(challenge.scheme, kept)
            while len(self._asked) > _HOSTS_KEPT:
                del self._asked[next(iter(self._asked))]
        return challenge

    async def for_login(self, host: Host, headers: Iterable[str], who: Credentials) -> tuple[str, str]:
        """The Authorization header that answers the challenges, and the refresh token that came with it, or empty."""
        challenge = bearer_or_basic(parse_challenges(headers))
        if challenge is None or challenge.scheme == "basic":
            if not who.basic:
                raise NoCredentials(NO_CREDENTIALS)
            return who.basic, ""
        realm = _checked_realm(challenge.parameters["realm"])
        key = _Key(realm, challenge.parameters.get("service", ""), (), who)
        document = await self._fetch(host, key, offline=True)
        refresh = document.get("refresh_token") if isinstance(document, dict) else None
        return f"Bearer {parse_token(document)[0]}", refresh if isinstance(refresh, str) else ""

    async def _token(self, host: Host, challenge: Challenge, scopes: tuple[str, ...], who: Credentials) -> str:
        realm, service = _checked_realm(challenge.parameters["realm"]), challenge.parameters.get("service", "")
        key = _Key(realm, service, scopes, who)
        token, until = self._tokens.get(key, ("", 0.0))
        if token and self._clock() < until:
            return token
        document = await self._fetch(host, key)
        token, seconds = parse_token(document)
        self._tokens.pop(key, None)
        self._tokens[key] = (token, self._clock() + seconds - EARLY_SECONDS)
        while len(self._tokens) > _TOKENS_KEPT:
            del self._tokens[next(iter(self._tokens))]
        return token

    async def _fetch(self, host: Host, key: _Key, *, offline: bool = False) -> Any:
        if key.who.identity_token:
            form = {"grant_type": "refresh_token", "refresh_token": key.who.identity_token, "service": key.service}
            form |= {"client_id": CLIENT, "scope": " ".join(key.scopes)}
            data = urlencode({name: value for name, value in form.items() if value}).encode()
            headers = {"Content-Type": "application/x-www-form-urlencoded"}
            answer = await self._transport.open(
                "POST", key.realm, self._trusted(host, key.realm), headers, lambda: data
            )
        else:
            query = [("account", key.who.username)] if key.who.username else []
            query += [("offline_token", "true")] if offline else []
            query += [("client_id", CLIENT), *(("scope", scope) for scope in key.scopes)]
            query += [("service", key.service)] if key.service else []
            text = "&".join(f"{name}={quote(value, safe='')}" for name, value in query)
            url = f"{key.realm}{'&' if urlsplit(key.realm).query else '?'}{text}"
            headers = {"Authorization": key.who.basic} if key.who.basic else {}
            answer = await self._transport.open("GET", url, self._trusted(host, key.realm), headers)
        try:
            body = await read_bounded(answer, _ANSWER_BYTES)
            if answer.status >= 400:
                error = refusal(answer.status, body, parse_challenges(answer.headers.getall("WWW-Authenticate", ())))
                error.from_token_server = True
                raise error
        finally:
            answer.release()
        try:
            return json.loads(body)
        except (ValueError, RecursionError) as error:
            raise Untrustworthy(f"unable to decode token response: {error}") from None

    @staticmethod
    def _trusted(host: Host, realm: str) -> Host:
        """How to reach the token server: like the registry where it is the same host, and without its headers."""
        parts = urlsplit(realm)
        place = f"{parts.scheme}://{parts.netloc}"
        return Host(place, verify=host.verify, authorities=host.authorities, identities=host.identities)

    def _forget(self, header: str) -> None:
        """A token that was refused isn't used again, however long it should have lasted."""
        for key in [key for key, (token, _) in self._tokens.items() if header == f"Bearer {token}"]:
            del self._tokens[key]


def _checked_realm(realm: str) -> str:
    """The URL of a token server, once it is known to be one. Raises Untrustworthy."""
    try:
        parts = urlsplit(realm)
        usable = parts.scheme in ("http", "https") and parts.hostname is not None and parts.username is None
    except ValueError:
        usable = False
    if not usable:
        raise Untrustworthy(f"unusable URL of a token server: {realm[:200]!r}")
    return realm


def parse_token(document: Any) -> tuple[str, float]:
    """The token in a token server's answer, and for how many seconds it is good. Raises Untrustworthy."""
    fields = document if isinstance(document, dict) else {}
    token = fields.get("token") or fields.get("access_token")
    if not isinstance(token, str) or not token or any(ord(char) <= 32 for char in token):
        raise Untrustworthy("authorization server did not include a token in the response")
    seconds = fields.get("expires_in")
    if not isinstance(seconds, (int, float)) or isinstance(seconds, bool) or seconds < DEFAULT_SECONDS:
        seconds = DEFAULT_SECONDS
    return token, float(seconds)
