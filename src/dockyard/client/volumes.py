"""Volumes: one function for each endpoint under /volumes."""

from __future__ import annotations

from dockyard.client.containers import filters_parameter
from dockyard.client.engine import EngineClient
from dockyard.client.response import Response
from dockyard.wire.query import quote

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
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


def rename(client: EngineClient, name: str, new_name: str) -> Any:
    """POST /volumes/{name}/rename: the volume."""
    return client.call("POST", f"/volumes/{quote(name)}/rename", {"name": new_name})


def clone(client: EngineClient, name: str, new_name: str) -> Any:
    """POST /volumes/{name}/clone: the new volume."""
    return client.call("POST", f"/volumes/{quote(name)}/clone", {"name": new_name})


def export(client: EngineClient, name: str) -> Response:
    """GET /volumes/{name}/export: the answer, whose body is the archive."""
    return client.request("GET", f"/volumes/{quote(name)}/export")


def import_(client: EngineClient, name: str, archive: Iterable[bytes]) -> Any:
    """POST /volumes/{name}/import: the new volume."""
    return client.call("POST", f"/volumes/{quote(name)}/import", body=archive)
