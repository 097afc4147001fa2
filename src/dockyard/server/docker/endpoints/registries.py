"""`POST /auth`, `GET /distribution/{name}/json`, `GET /images/search`: registries without pulling from them."""

from typing import Any

import msgspec

from dockyard.errors import InvalidParameter
from dockyard.server.docker.call import Call
from dockyard.server.docker.endpoints.images.pull import REGISTRY_AUTH
from dockyard.server.docker.filters import parse_filters
from dockyard.server.docker.http.answers import Answer, JsonAnswer
from dockyard.server.docker.http.query import bounded_decimal
from dockyard.server.docker.request_json import shape_of
from dockyard.spec.image.descriptor import Platform
from dockyard.store.distribution.reference import parse_reference
from dockyard.store.distribution.registry.credentials import credentials_from_header, credentials_from_json
from dockyard.store.distribution.registry.search_result import DEFAULT_LIMIT, LARGEST_LIMIT, SearchResult


class AuthConfig(msgspec.Struct):
    """The body of `POST /auth`."""

    username: str = ""
    password: str = ""
    auth: str = ""
    email: str = ""
    serveraddress: str = ""
    identitytoken: str = ""
    registrytoken: str = ""


AUTH_CONFIG = shape_of(AuthConfig)


async def system_auth(call: Call) -> Answer:
    """Whether a registry takes these credentials."""
    body = await call.json(AUTH_CONFIG)
    token = await call.engine.registries.login(body.get("serveraddress", ""), credentials_from_json(body))
    return JsonAnswer({"IdentityToken": token, "Status": "Login Succeeded"})


async def distribution_inspect(call: Call) -> Answer:
    """What a name means at its registry."""
    reference = parse_reference(call.name)
    found = await call.engine.registries.look(reference, credentials_from_header(call.header(REGISTRY_AUTH)))
    return JsonAnswer(
        {
            "Descriptor": found.descriptor.to_json(),
            "Platforms": [_platform(platform) for platform in found.platforms],
        }
    )


async def image_search(call: Call) -> Answer:
    """What an index finds for `term`."""
    limit = call.query.integer("limit") or DEFAULT_LIMIT
    if not 1 <= limit <= LARGEST_LIMIT:
        raise InvalidParameter(f"limit {limit} is outside the range of [1, {LARGEST_LIMIT}]")
    filters = parse_filters(call.query.text("filters"))
    matches(SearchResult(""), filters)  # a wrong filter is told before anybody is asked
    credentials = credentials_from_header(call.header(REGISTRY_AUTH))
    found = await call.engine.registries.search(call.query.text("term"), limit, credentials)
    return JsonAnswer([_found(one) for one in found if matches(one, filters)])


def matches(result: SearchResult, filters: dict[str, tuple[str, ...]]) -> bool:
    """Whether a result passes the filters is-official, is-automated, stars. Raises InvalidParameter for others."""
    for name, values in filters.items():
        if name in ("is-official", "is-automated"):
            value = result.is_official if name == "is-official" else result.is_automated
            if values and values[0].lower() not in (("true", "1") if value else ("false", "0")):
                return False
        elif name == "stars":
            for text in values:
                least = bounded_decimal(text) if text.isascii() and text.isdecimal() else None
                if least is None:
                    raise InvalidParameter(f"invalid filter 'stars={text}'")
                if result.stars < least:
                    return False
        else:
            raise InvalidParameter(f"invalid filter '{name}'")
    return True


def _platform(platform: Platform) -> dict[str, Any]:
    optional = {"os.version": platform.os_version, "variant": platform.variant}
    return {
        "architecture": platform.architecture,
        "os": platform.os,
        **{key: value for key, value in optional.items() if value},
    }


def _found(result: SearchResult) -> dict[str, Any]:
    return {
        "star_count": result.stars,
        "is_official": result.is_official,
        "name": result.name,
        "is_automated": result.is_automated,
        "description": result.description,
    }
