"""Where the daemon listens: `unix:///run/dockyard/dockyard.sock`, `tcp://127.0.0.1:2375`."""

from __future__ import annotations

from dockyard.errors import InvalidParameter, NotImplementedYet

DEFAULT = "unix:///run/dockyard/dockyard.sock"


class Address:
    """A daemon's address, parsed: `path` of a unix socket, or `host` and `port`; `text` is what messages show."""

    __slots__ = ("host", "path", "port", "text")

    def __init__(self, text: str, *, path: str = "", host: str = "", port: int = 0) -> None:
        self.text = text
        self.path = path
        self.host = host
        self.port = port


def parse(text: str) -> Address:
    """The address that -H or DOCKER_HOST names.

    Raises InvalidParameter for what is no address, NotImplementedYet for ssh and named pipes.
    """
    scheme, separator, rest = text.partition("://")
    if not separator or not scheme:
        scheme, rest = ("unix", text) if text.startswith("/") else ("tcp", text)
    if scheme == "unix":
        if not rest:
            raise InvalidParameter(f"unable to parse docker host `{text}`")
        return Address(f"unix://{rest}", path=rest)
    if scheme in ("tcp", "http"):
        return _tcp(text, rest)
    if scheme in ("ssh", "npipe", "https"):
        raise NotImplementedYet(f"hosts of the kind {scheme}:// are not supported by Dockyard yet")
    raise InvalidParameter(f"unable to parse docker host `{text}`")


def _tcp(text: str, rest: str) -> Address:
    rest = rest.partition("/")[0]
    host, _, port = rest.rpartition(":") if ":" in rest and not rest.endswith("]") else (rest, "", "2375")
    if not (port.isascii() and port.isdigit() and int(port) <= 0xFFFF):
        raise InvalidParameter(f"unable to parse docker host `{text}`: invalid port '{port}'")
    host = host or "127.0.0.1"
    return Address(f"tcp://{host}:{port}", host=host.strip("[]"), port=int(port))
