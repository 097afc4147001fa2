"""The daemon itself: what it is, how it is, what happens in it."""

from __future__ import annotations

from dockyard.client.containers import filters_parameter
from dockyard.client.engine import EngineClient
from dockyard.client.response import Response

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any


def info(client: EngineClient) -> Any:
    """GET /info."""
    return client.call("GET", "/info")


def version(client: EngineClient) -> Any:
    """GET /version."""
    return client.call("GET", "/version")


def auth(client: EngineClient, entry: Mapping[str, str]) -> Any:
    """POST /auth: `{"Status": …, "IdentityToken": …}`, or the registry's no."""
    return client.call("POST", "/auth", json=dict(entry))


def disk_usage(client: EngineClient, *, disk: bool = False) -> Any:
    """GET /system/df. `disk`: also `Disk`, every byte below the data root (Dockyard only)."""
    return client.call("GET", "/system/df", {"disk": "1" if disk else None})


def events(client: EngineClient, *, since: str, until: str, filters: Mapping[str, list[str]]) -> Response:
    """GET /events: one JSON value a line, for ever or until `until`."""
    parameters = {"since": since or None, "until": until or None, "filters": filters_parameter(filters)}
    return client.request("GET", "/events", parameters)
