"""`docker search`: the index of a registry, as Docker Hub has it and Docker's registry v1 had it.

GET <registry>/v1/search?q=<words>&n=<limit>    {"results": [{"name": …, "star_count": …, …}]}
"""

import json
from collections.abc import Sequence
from typing import Any
from urllib.parse import urlencode

from dockyard.errors import InvalidParameter, SystemFailure, Unavailable
from dockyard.store.distribution.reference import DEFAULT_DOMAIN, OFFICIAL
from dockyard.store.distribution.registry.client import RegistryClient, Request
from dockyard.store.distribution.registry.credentials import Credentials
from dockyard.store.distribution.registry.failures import Refusal
from dockyard.store.distribution.registry.fallback import from_hosts
from dockyard.store.distribution.registry.hosts import Host
from dockyard.store.distribution.registry.search_result import SearchResult
from dockyard.store.distribution.registry.transport import read_bounded

HUB_INDEX = "https://index.docker.io"
ANSWER_BYTES = 4 << 20


def split_term(term: str) -> tuple[str, str]:
    """Which registry to search, and for what: `host.example/words`, or words alone for Docker Hub."""
    if "://" in term:
        raise InvalidParameter(f"invalid repository name: repository name ({term}) should not have a scheme")
    first, slash, rest = term.partition("/")
    if not slash or not ("." in first or ":" in first or first == "localhost"):
        return DEFAULT_DOMAIN, term.removeprefix(OFFICIAL)
    return first, rest


async def search(
    client: RegistryClient, hosts: Sequence[Host], domain: str, words: str, limit: int, credentials: Credentials
) -> list[SearchResult]:
    """What the index of the registry `domain` finds. `hosts`: its own, the mirrors left out."""

    async def ask(host: Host) -> list[SearchResult]:
        place = Host(HUB_INDEX, "/v1") if domain == DEFAULT_DOMAIN else host
        url = f"{place.url}/v1/search?{urlencode({'q': words, 'n': limit})}"
        try:
            answer = await client.exchange(Request("GET", url, place, credentials=credentials))
        except Refusal as error:
            raise Unavailable(f"Unexpected status code {error.status}") from error
        body = await read_bounded(answer, ANSWER_BYTES)
        answer.release()
        return parse_results(body)

    return await from_hosts(client, hosts, ask)


def parse_results(body: bytes) -> list[SearchResult]:
    """The index's answer. Raises SystemFailure."""
    try:
        document = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise SystemFailure(f"error decoding registry search results: {error}") from None
    results = document.get("results") if isinstance(document, dict) else None
    return [_result(item) for item in results or () if isinstance(item, dict) and isinstance(item.get("name"), str)]


def _result(item: dict[str, Any]) -> SearchResult:
    stars, description = item.get("star_count"), item.get("description")
    return SearchResult(
        item["name"],
        description if isinstance(description, str) else "",
        stars if isinstance(stars, int) else 0,
        item.get("is_official") is True,
        item.get("is_automated") is True,
    )
