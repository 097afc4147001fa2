"""Volumes: one function for each endpoint under /volumes."""

from __future__ import annotations

from dockyard.client.containers import filters_parameter
from dockyard.client.engine import EngineClient
from dockyard.wire.query import quote

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any


def listing(client: EngineClient, filters: Mapping[str, list[str]]) -> Any:
    """GET /volumes: `{"Volumes": […], "Warnings": […]}`."""
    return client.call("GET", "/volumes", {"filters": filters_parameter(filters)})


def create(client: EngineClient, body: Any) -> Any:
    """POST /volumes/create: the volume."""
    return client.call("POST", "/volumes/create", json=body)


def inspect_raw(client: EngineClient, name: str) -> bytes:
    """GET /volumes/{name}, as the bytes that came."""
    response = client.request("GET", f"/volumes/{quote(name)}")
    data = response.read()
    client.finish(response)
    return data


def remove(client: EngineClient, name: str, *, force: bool) -> None:
    """DELETE /volumes/{name}."""
    client.call("DELETE", f"/volumes/{quote(name)}", {"force": force})


def prune(client: EngineClient, filters: Mapping[str, list[str]]) -> Any:
    """POST /volumes/prune: `{"VolumesDeleted": […], "SpaceReclaimed": …}`."""
    return client.call("POST", "/volumes/prune", {"filters": filters_parameter(filters)})
