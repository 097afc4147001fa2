"""Containers: one function for each endpoint under /containers. `ref` is an id, the start of one, or a name."""

from __future__ import annotations

from dockyard.client.engine import EngineClient
from dockyard.client.response import Response
from dockyard.wire import json_text
from dockyard.wire.query import quote

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any


def create(client: EngineClient, body: Any, *, name: str = "", platform: str = "") -> Any:
    """POST /containers/create: `{"Id": …, "Warnings": […]}`."""
    return client.call("POST", "/containers/create", {"name": name or None, "platform": platform or None}, json=body)


def listing(
    client: EngineClient, *, show_all: bool, limit: int, size: bool, filters: Mapping[str, list[str]]
) -> list[Any]:
    """GET /containers/json."""
    parameters = {
        "all": show_all,
        "limit": limit if limit > 0 else None,
        "size": size,
        "filters": filters_parameter(filters),
    }
    found: list[Any] = client.call("GET", "/containers/json", parameters)
    return found


def filters_parameter(filters: Mapping[str, list[str]]) -> str | None:
    """Filters as the API wants them: JSON, each name with a set of values."""
    if not filters:
        return None
    return json_text.dumps({name: dict.fromkeys(values, True) for name, values in filters.items()})


def inspect_raw(client: EngineClient, ref: str, *, size: bool = False) -> bytes:
    """GET /containers/{ref}/json, as the bytes that came."""
    response = client.request("GET", f"/containers/{quote(ref)}/json", {"size": size})
    data = response.read()
    client.finish(response)
    return data


def inspect(client: EngineClient, ref: str) -> Any:
    """GET /containers/{ref}/json."""
    return json_text.loads(inspect_raw(client, ref))


def start(client: EngineClient, ref: str, *, detach_keys: str = "") -> None:
    """POST /containers/{ref}/start."""
    client.call("POST", f"/containers/{quote(ref)}/start", {"detachKeys": detach_keys or None})


def stop(client: EngineClient, ref: str, *, timeout_seconds: int | None = None, signal: str = "") -> None:
    """POST /containers/{ref}/stop; -1 waits for ever."""
    client.call("POST", f"/containers/{quote(ref)}/stop", {"t": timeout_seconds, "signal": signal or None})


def restart(client: EngineClient, ref: str, *, timeout_seconds: int | None = None, signal: str = "") -> None:
    """POST /containers/{ref}/restart."""
    client.call("POST", f"/containers/{quote(ref)}/restart", {"t": timeout_seconds, "signal": signal or None})


def kill(client: EngineClient, ref: str, signal: str = "") -> None:
    """POST /containers/{ref}/kill; without a signal: SIGKILL."""
    client.call("POST", f"/containers/{quote(ref)}/kill", {"signal": signal or None})


def pause(client: EngineClient, ref: str) -> None:
    """POST /containers/{ref}/pause."""
    client.call("POST", f"/containers/{quote(ref)}/pause")


def unpause(client: EngineClient, ref: str) -> None:
    """POST /containers/{ref}/unpause."""
    client.call("POST", f"/containers/{quote(ref)}/unpause")


def rename(client: EngineClient, ref: str, name: str) -> None:
    """POST /containers/{ref}/rename."""
    client.call("POST", f"/containers/{quote(ref)}/rename", {"name": name})


def remove(client: EngineClient, ref: str, *, force: bool, volumes: bool, link: bool) -> None:
    """DELETE /containers/{ref}."""
    client.call("DELETE", f"/containers/{quote(ref)}", {"force": force, "v": volumes, "link": link})


def resize(client: EngineClient, ref: str, rows: int, columns: int) -> None:
    """POST /containers/{ref}/resize."""
    client.call("POST", f"/containers/{quote(ref)}/resize", {"h": rows, "w": columns})


def update(client: EngineClient, ref: str, body: Any) -> Any:
    """POST /containers/{ref}/update: `{"Warnings": […]}`."""
    return client.call("POST", f"/containers/{quote(ref)}/update", json=body)


def wait(client: EngineClient, ref: str, condition: str = "") -> Response:
    """POST /containers/{ref}/wait: the answer, whose head comes at once and whose body (`StatusCode`) at the end."""
    return client.request("POST", f"/containers/{quote(ref)}/wait", {"condition": condition or None})


def top(client: EngineClient, ref: str, ps_arguments: str) -> Any:
    """GET /containers/{ref}/top: `{"Titles": […], "Processes": [[…]]}`."""
    return client.call("GET", f"/containers/{quote(ref)}/top", {"ps_args": ps_arguments or None})


def why(client: EngineClient, ref: str) -> Any:
    """GET /containers/{ref}/why: how the last run ended. NotFound of a daemon that isn't Dockyard's."""
    return client.call("GET", f"/containers/{quote(ref)}/why")


def changes(client: EngineClient, ref: str) -> list[Any]:
    """GET /containers/{ref}/changes: `[{"Path": …, "Kind": 0 modified, 1 added, 2 deleted}]`."""
    return client.call("GET", f"/containers/{quote(ref)}/changes") or []


def export(client: EngineClient, ref: str) -> Response:
    """GET /containers/{ref}/export: a tar of the whole root filesystem."""
    return client.request("GET", f"/containers/{quote(ref)}/export")


def logs(client: EngineClient, ref: str, parameters: Mapping[str, str | bool | None]) -> Response:
    """GET /containers/{ref}/logs: raw for a container with a terminal, framed otherwise."""
    return client.request("GET", f"/containers/{quote(ref)}/logs", parameters)


def attach(client: EngineClient, ref: str, parameters: Mapping[str, str | bool | None]) -> Response:
    """POST /containers/{ref}/attach: the hijacked stream."""
    return client.hijack(f"/containers/{quote(ref)}/attach", parameters)


def prune(client: EngineClient, filters: Mapping[str, list[str]]) -> Any:
    """POST /containers/prune: `{"ContainersDeleted": […], "SpaceReclaimed": …}`."""
    return client.call("POST", "/containers/prune", {"filters": filters_parameter(filters)})
