"""EngineClient: a request to the daemon, and its answer or its error.

Requests name the API version that this client was written for, so that answers have the shape which it knows. An older
daemon refuses that version and tells its own, which is then used: nobody else pays a round trip for it.
"""

from __future__ import annotations

from dockyard.client.address import Address
from dockyard.client.connection import Connection
from dockyard.client.http1 import request_head
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
from dockyard.wire import json_text
from dockyard.wire.query import query_string

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from typing import Any

    from dockyard.client.http1 import Headers

    Parameters = Mapping[str, str | int | bool | Iterable[str] | None]

API_VERSION = "1.50"
"""The version of the Engine API whose answers the verbs of `dockyard` read and print: Docker 28's."""

_HOST = "api.moby.localhost"
"""What Docker's client sends as Host over a unix socket."""

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

    __slots__ = ("_idle", "_may_step_down", "address", "api_version")

    def __init__(self, address: Address, *, api_version: str = "") -> None:
        """api_version: the one to speak, whatever the daemon says; without it API_VERSION, or the daemon's if older."""
        self.address = address
        self.api_version = api_version or API_VERSION
        self._may_step_down = not api_version
        self._idle: Connection | None = None

    def request(
        self,
        method: str,
        path: str,
        parameters: Parameters | None = None,
        *,
        json: Any = None,
        body: Iterable[bytes] | None = None,
        headers: Headers | None = None,
    ) -> Response:
        """Sends a request and returns the answer when its head has arrived; the body is for the caller to read.

        json: a value that is sent as the body; body: pieces that are sent chunked.
        Raises the DockyardError that fits the status, with the daemon's message, when that is 400 or more.
        """
        if body is not None and self._may_step_down:
            self._negotiate()  # a stream can't be sent a second time
        connection = self._connection()
        self._send(connection, method, path, parameters, json, body, headers or {})
        response = Response(connection, bodiless=method == "HEAD")
        if response.status < 400:
            return response
        error = _error(response)
        self.finish(response)
        older = str(error).partition("Maximum supported API version is ")[2]
        if response.status == 400 and older and self._may_step_down and body is None:
            self.api_version, self._may_step_down = older.strip(" ."), False
            return self.request(method, path, parameters, json=json, headers=headers)
        raise error

    def call(
        self, method: str, path: str, parameters: Parameters | None = None, *, json: Any = None, **more: Any
    ) -> Any:
        """Sends a request and returns the JSON value of the answer, None for an empty one. Errors as `request`."""
        response = self.request(method, path, parameters, json=json, **more)
        value = response.json()
        self.finish(response)
        return value

    def hijack(
        self,
        path: str,
        parameters: Parameters | None = None,
        *,
        json: Any = None,
        upgrade: str = "tcp",
        headers: Headers | None = None,
    ) -> Response:
        """Posts, and asks that the connection become a two-way stream of bytes (Engine API, "Attach to a container").

        upgrade: the protocol that is spoken then. Returns the answer; its `connection` is the stream, with what has
        already arrived in its buffer.
        """
        fields: dict[str, str | tuple[str, ...]] = {"Connection": "Upgrade", "Upgrade": upgrade, **(headers or {})}
        return self.request("POST", path, parameters, json=json, headers=fields)

    def _negotiate(self) -> None:
        """Asks the daemon for its API version, and steps down to it when it is older."""
        self._may_step_down = False
        connection = self._connection()
        connection.send(request_head("HEAD", "/_ping", _HOST, {}))
        response = Response(connection, bodiless=True)
        self.finish(response)
        offered = response.headers.get("api-version", "")
        if offered and _numbers(offered) < _numbers(self.api_version):
            self.api_version = offered

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
        headers: Headers,
    ) -> None:
        fields: dict[str, str | tuple[str, ...]] = dict(headers)
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
        target = f"/v{self.api_version}{path}{query_string(parameters or {})}"
        host = self.address.host or _HOST
        connection.send(request_head(method, target, host, fields) + data)
        if body is not None:
            connection.send_pieces(body)


def _numbers(version: str) -> list[int]:
    return [int(part) if part.isdigit() else 0 for part in version.split(".")]


def _error(response: Response) -> DockyardError:
    text = response.read().decode("utf-8", "replace").strip()
    try:
        value = json_text.loads(text)
        message = value["message"] if isinstance(value, dict) and isinstance(value.get("message"), str) else text
    except ValueError:
        message = text
    kind = _ERRORS.get(response.status, SystemFailure)
    return kind(f"Error response from daemon: {message or f'status {response.status}'}")
