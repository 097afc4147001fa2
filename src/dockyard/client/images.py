"""Images: one function for each endpoint under /images. `ref` is a name with tag or digest, or an id or its start."""

from __future__ import annotations

from dockyard.client.containers import filters_parameter
from dockyard.client.engine import EngineClient
from dockyard.client.response import Response
from dockyard.wire.query import quote

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from typing import Any


def listing(client: EngineClient, *, show_all: bool, digests: bool, filters: Mapping[str, list[str]]) -> list[Any]:
    """GET /images/json."""
    parameters = {"all": show_all, "digests": digests, "filters": filters_parameter(filters)}
    found: list[Any] = client.call("GET", "/images/json", parameters)
    return found


def inspect_raw(client: EngineClient, ref: str, platform: str | None = None) -> bytes:
    """GET /images/{ref}/json, as the bytes that came; `platform` as JSON."""
    response = client.request("GET", f"/images/{quote(ref)}/json", {"platform": platform})
    data = response.read()
    client.finish(response)
    return data


def history(client: EngineClient, ref: str, platform: str | None = None) -> list[Any]:
    """GET /images/{ref}/history, newest first; `platform` as JSON."""
    found: list[Any] = client.call("GET", f"/images/{quote(ref)}/history", {"platform": platform})
    return found


def tag(client: EngineClient, ref: str, repository: str, tag_name: str) -> None:
    """POST /images/{ref}/tag."""
    client.call("POST", f"/images/{quote(ref)}/tag", {"repo": repository, "tag": tag_name or None})


def remove(client: EngineClient, ref: str, *, force: bool, no_prune: bool, platforms: Iterable[str] = ()) -> list[Any]:
    """DELETE /images/{ref}: `[{"Untagged": …}, {"Deleted": …}]`; `platforms` as JSON."""
    parameters: dict[str, bool | list[str]] = {"force": force, "noprune": no_prune, "platforms": list(platforms)}
    found: list[Any] = client.call("DELETE", f"/images/{quote(ref)}", parameters)
    return found


def prune(client: EngineClient, filters: Mapping[str, list[str]]) -> Any:
    """POST /images/prune: `{"ImagesDeleted": […], "SpaceReclaimed": …}`."""
    return client.call("POST", "/images/prune", {"filters": filters_parameter(filters)})


def load(client: EngineClient, archive: Iterable[bytes], *, quiet: bool, platform: str | None = None) -> Response:
    """POST /images/load: progress, one JSON value a line; `platform` as JSON."""
    parameters = {"quiet": "1" if quiet else "0", "platform": platform}
    return client.request("POST", "/images/load", parameters, body=archive)


def save(client: EngineClient, refs: Iterable[str], platform: str | None = None) -> Response:
    """GET /images/get: a tar archive; `platform` as JSON."""
    return client.request("GET", "/images/get", {"names": list(refs), "platform": platform})


def create(
    client: EngineClient,
    parameters: Mapping[str, str | list[str] | None],
    archive: Iterable[bytes] | None = None,
    headers: Mapping[str, str] | None = None,
) -> Response:
    """POST /images/create: pulls (`fromImage`, `tag`) or imports (`fromSrc`, `repo`); progress, a JSON value a line."""
    return client.request("POST", "/images/create", parameters, body=archive, headers=headers)


def push(
    client: EngineClient, repository: str, parameters: Mapping[str, str | None], headers: Mapping[str, str]
) -> Response:
    """POST /images/{name}/push; progress, a JSON value a line."""
    return client.request("POST", f"/images/{repository}/push", parameters, headers=headers)


def search(
    client: EngineClient, term: str, *, limit: int, filters: Mapping[str, list[str]], headers: Mapping[str, str]
) -> list[Any]:
    """GET /images/search. `limit` 0 is the daemon's own."""
    parameters = {"term": term, "limit": str(limit) if limit else None, "filters": filters_parameter(filters)}
    response = client.request("GET", "/images/search", parameters, headers=headers)
    found: list[Any] = response.json()
    client.finish(response)
    return found


def commit(client: EngineClient, parameters: Mapping[str, str | bool | list[str] | None]) -> str:
    """POST /commit: the id of the image made from a container."""
    answer = client.call("POST", "/commit", parameters, json={})
    return str(answer["Id"])
