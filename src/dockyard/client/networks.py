"""Networks: the endpoints under /networks that read."""

from __future__ import annotations

from dockyard.client.containers import filters_parameter
from dockyard.client.engine import EngineClient
from dockyard.wire.query import quote

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any


def listing(client: EngineClient, filters: Mapping[str, list[str]]) -> list[Any]:
    """GET /networks."""
    found: list[Any] = client.call("GET", "/networks", {"filters": filters_parameter(filters)})
    return found


def inspect_raw(client: EngineClient, ref: str, *, verbose: bool = False) -> bytes:
    """GET /networks/{ref}, as the bytes that came."""
    response = client.request("GET", f"/networks/{quote(ref)}", {"verbose": verbose})
    data = response.read()
    client.finish(response)
    return data
