"""Networks: one function for each endpoint under /networks."""

from __future__ import annotations

from dockyard.client.containers import filters_parameter
from dockyard.client.engine import EngineClient
from dockyard.wire.query import quote

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
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


def create(client: EngineClient, body: Any) -> Any:
    """POST /networks/create: `{"Id": …, "Warning": …}`."""
    return client.call("POST", "/networks/create", json=body)


def remove(client: EngineClient, ref: str) -> None:
    """DELETE /networks/{ref}."""
    client.call("DELETE", f"/networks/{quote(ref)}")


def connect(client: EngineClient, ref: str, body: Any) -> None:
    """POST /networks/{ref}/connect."""
    client.call("POST", f"/networks/{quote(ref)}/connect", json=body)


def disconnect(client: EngineClient, ref: str, body: Any) -> None:
    """POST /networks/{ref}/disconnect."""
    client.call("POST", f"/networks/{quote(ref)}/disconnect", json=body)


def set_peers(client: EngineClient, ref: str, endpoints: Sequence[Mapping[str, str]]) -> None:
    """POST /networks/{ref}/peers. NotFound of a daemon that isn't Dockyard's."""
    client.call("POST", f"/networks/{quote(ref)}/peers", json={"Endpoints": list(endpoints)})


def prune(client: EngineClient, filters: Mapping[str, list[str]]) -> Any:
    """POST /networks/prune: `{"NetworksDeleted": […]}`."""
    return client.call("POST", "/networks/prune", {"filters": filters_parameter(filters)})
