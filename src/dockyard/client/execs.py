"""Commands inside a running container: the endpoints under /exec."""

from __future__ import annotations

from dockyard.client.engine import EngineClient
from dockyard.client.response import Response
from dockyard.wire.query import quote

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


def create(client: EngineClient, container: str, body: Any) -> str:
    """POST /containers/{container}/exec: the id of the exec."""
    answer = client.call("POST", f"/containers/{quote(container)}/exec", json=body)
    return str(answer["Id"])


def start(client: EngineClient, exec_id: str, *, tty: bool, console_size: list[int] | None = None) -> Response:
    """POST /exec/{id}/start, attached: the hijacked stream."""
    body: dict[str, Any] = {"Detach": False, "Tty": tty}
    if console_size is not None:
        body["ConsoleSize"] = console_size
    return client.hijack(f"/exec/{quote(exec_id)}/start", json=body)


def start_detached(client: EngineClient, exec_id: str, *, tty: bool) -> None:
    """POST /exec/{id}/start, without streams."""
    client.call("POST", f"/exec/{quote(exec_id)}/start", json={"Detach": True, "Tty": tty})


def inspect(client: EngineClient, exec_id: str) -> Any:
    """GET /exec/{id}/json: `Running`, `ExitCode`, …"""
    return client.call("GET", f"/exec/{quote(exec_id)}/json")


def resize(client: EngineClient, exec_id: str, rows: int, columns: int) -> None:
    """POST /exec/{id}/resize."""
    client.call("POST", f"/exec/{quote(exec_id)}/resize", {"h": rows, "w": columns})
