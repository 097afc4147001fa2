"""Files of containers as archives: /containers/{ref}/archive."""

from __future__ import annotations

import binascii

from dockyard.client.engine import EngineClient
from dockyard.client.response import Response
from dockyard.errors import Unavailable
from dockyard.wire import json_text
from dockyard.wire.query import quote

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

_HEADER = "x-docker-container-path-stat"
_DIRECTORY, _LINK, _DEVICE, _PIPE, _SOCKET, _CHARACTER = 1 << 31, 1 << 27, 1 << 26, 1 << 25, 1 << 24, 1 << 21
_KINDS = ((_DIRECTORY, 0o40000), (_LINK, 0o120000), (_PIPE, 0o10000), (_SOCKET, 0o140000))


class PathStatus:
    """What is at a path: `mode` as stat(2) has it (kind and permissions), and where a symbolic link leads."""

    __slots__ = ("mode", "target")

    def __init__(self, mode: int, target: str) -> None:
        self.mode = mode
        self.target = target


def status(client: EngineClient, ref: str, path: str) -> PathStatus:
    """HEAD: what is at `path`. NotFound when there is nothing, or no such container."""
    response = client.request("HEAD", _endpoint(ref), {"path": path})
    found = _status(response)
    client.finish(response)
    return found


def read(client: EngineClient, ref: str, path: str) -> tuple[PathStatus, Response]:
    """GET: what is at `path`, and the answer whose body is an archive of it."""
    response = client.request("GET", _endpoint(ref), {"path": path})
    return _status(response), response


def write(client: EngineClient, ref: str, path: str, archive: Iterable[bytes], *, own: bool) -> None:
    """PUT: unpack `archive` in the directory `path`; `own` gives everything to the container's user."""
    parameters = {"path": path, "noOverwriteDirNonDir": "true", "copyUIDGID": "true" if own else None}
    client.call("PUT", _endpoint(ref), parameters, body=archive)


def _endpoint(ref: str) -> str:
    return f"/containers/{quote(ref)}/archive"


def _status(response: Response) -> PathStatus:
    try:
        document = json_text.loads(binascii.a2b_base64(response.headers[_HEADER]))
        return PathStatus(_unix_mode(int(document["mode"])), str(document["linkTarget"]))
    except (KeyError, TypeError, ValueError) as error:
        raise Unavailable(f"the daemon's answer says nothing of the path: {error}") from error


def _unix_mode(mode: int) -> int:
    """Go's os.FileMode as st_mode: kind and permissions."""
    kind = next((unix for go, unix in _KINDS if mode & go), 0o100000)
    if mode & _DEVICE:
        kind = 0o20000 if mode & _CHARACTER else 0o60000
    return kind | mode & 0o777
