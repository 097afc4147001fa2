"""EngineClient: a request to the daemon, and its answer or its error.

Requests carry no version in their path, so each daemon answers as its newest API does; `api_version` fixes another.
"""

from __future__ import annotations

from dockyard.client import json_text
from dockyard.client.address import Address
from dockyard.client.connection import Connection
from dockyard.client.http1 import request_head
from dockyard.client.query import query_string
from dockyard.client.response import Response
from dockyard.errors import (
    Conflict,
    DockyardError,
    Forbidden,
    InvalidParameter,
    NotFound,
    NotImplementedYet,
    NotModified,
    SystemFailure,
    Unauthorized,
    Unavailable,
)

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from typing import Any

    Parameters = Mapping[str, str | int | bool | Iterable[str] | None]

_ERRORS: dict[int, type[DockyardError]] = {
    304: NotModified,
    400: InvalidParameter,
    401: Unauthorized,
    403: Forbidden,
    404: NotFound,
    409: Conflict,
    501: NotImplementedYet,
    503: Unavailable,
}


class EngineClient:
    """Speaks to the daemon at `address`. Not for several threads; one request at a time, each connection used again."""

    __slots__ = ("_idle", "_prefix", "address")

    def __init__(self, address: Address, *, api_version: str = "") -> None:
        self.address = address
        self._prefix = f"/v{api_version}" if api_version else ""
        self._idle: Connection | None = None

    def request(
        self,
        method: str,
        path: str,
        parameters: Parameters | None = None,
        *,
        json: Any = None,
        body: Iterable[bytes] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Response:
        """Sends a request and returns the answer when its head has arrived; the body is for the caller to read.

        json: a value that is sent as the body; body: pieces that are sent chunked.
        Raises the DockyardError that fits the status, with the daemon's message, when that is 400 or more.
        """
        connection = self._connection()
        self._send(connection, method, path, parameters, json, body, headers or {})
        response = Response(connection, bodiless=method == "HEAD")
        if response.status >= 400:
            error = _error(response)
            self.finish(response)
            raise error
        return response

    def call(
        self, method: str, path: str, parameters: Parameters | None = None, *, json: Any = None, **more: Any
    ) -> Any:
        """Sends a request and returns the JSON value of the answer, None for an empty one. Errors as `request`."""
        response = self.request(method, path, parameters, json=json, **more)
        value = response.json()
        self.finish(response)
        return value

    def hijack(self, path: str, parameters: Parameters | None = None, *, json: Any = None) -> Response:
        """Posts, and asks that the connection become a two-way stream of bytes (Engine API, "Attach to a container").

        Returns the answer; its `connection` is the stream, with what has already arrived in its buffer.
        """
        return self.request("POST", path, parameters, json=json, headers={"Connection": "Upgrade", "Upgrade": "tcp"})

    def finish(self, response: Response) -> None:
        """Gives the connection of a fully read answer back for the next request, or closes it."""
        if response.reusable and self._idle is None:
            self._idle = response.connection
        else:
            response.connection.close()

    def close(self) -> None:
        """Closes the idle connection."""
        if self._idle is not None:
            self._idle.close()
            self._idle = None

    def _connection(self) -> Connection:
        connection, self._idle = self._idle, None
        return connection or Connection(self.address)

    def _send(
        self,
        connection: Connection,
        method: str,
        path: str,
        parameters: Parameters | None,
        json: Any,
        body: Iterable[bytes] | None,
        headers: Mapping[str, str],
    ) -> None:
        fields = dict(headers)
        data = b""
        if json is not None:
            data = json_text.dumps(json).encode("utf-8", "surrogateescape")
            fields["Content-Type"] = "application/json"
            fields["Content-Length"] = str(len(data))
        elif body is not None:
            fields.setdefault("Content-Type", "application/x-tar")
            fields["Transfer-Encoding"] = "chunked"
        elif method in ("POST", "PUT"):
            fields["Content-Length"] = "0"
        target = f"{self._prefix}{path}{query_string(parameters or {})}"
        host = self.address.host or "api.moby.localhost"
        connection.send(request_head(method, target, host, fields) + data)
        if body is not None:
            connection.send_pieces(body)


def _error(response: Response) -> DockyardError:
    text = response.read().decode("utf-8", "replace").strip()
    try:
        value = json_text.loads(text)
        message = value["message"] if isinstance(value, dict) and isinstance(value.get("message"), str) else text
    except ValueError:
        message = text
    kind = _ERRORS.get(response.status, SystemFailure)
    return kind(f"Error response from daemon: {message or f'status {response.status}'}")
