"""The cache of builds: what it has, and making room (Engine API, `/build/prune` and `/system/df`)."""

from __future__ import annotations

from dockyard.client.containers import filters_parameter
from dockyard.client.engine import EngineClient

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any


def usage(client: EngineClient) -> list[Any]:
    """GET /system/df, of the build cache alone: `[{"ID": …, "Type": …, "Size": …, "InUse": …, "Shared": …}]`."""
    answer = client.call("GET", "/system/df", {"type": "build-cache"})
    return list(answer.get("BuildCache") or [])


def prune(
    client: EngineClient, parameters: Mapping[str, str | int | bool | None], filters: Mapping[str, list[str]]
) -> Any:
    """POST /build/prune: `{"CachesDeleted": […], "SpaceReclaimed": …}`."""
    return client.call("POST", "/build/prune", {**parameters, "filters": filters_parameter(filters)})
