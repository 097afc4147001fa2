"""Where plugins are: a socket or a small file for each, in the directories that Docker looks into.

    /run/docker/plugins/NAME.sock or NAME/NAME.sock          a socket, found before any file
    /etc/docker/plugins/NAME.spec, /usr/lib/docker/plugins/  a URL: unix:///other.sock, tcp://host:port
    …/NAME.json                                              {"Name", "Addr", "TLSConfig": {…}}

https://docs.docker.com/engine/extend/plugin_api/ "Plugin discovery"
"""

import os
import stat
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit

import msgspec

SOCKET_DIRECTORIES = ("/run/docker/plugins",)
SPEC_DIRECTORIES = ("/etc/docker/plugins", "/usr/lib/docker/plugins")
_LARGEST_BYTES = 1 << 16


class TlsConfig(msgspec.Struct, frozen=True, rename="pascal"):
    """Files of the client's side, as the plugin's own file names them."""

    insecure_skip_verify: bool = False
    ca_file: str = msgspec.field(default="", name="CAFile")
    cert_file: str = ""
    key_file: str = ""


class _Description(msgspec.Struct, rename="pascal"):
    name: str = ""
    addr: str = ""
    tls_config: TlsConfig | None = msgspec.field(default=None, name="TLSConfig")


@dataclass(frozen=True, slots=True)
class PluginAddress:
    """A plugin: its name, `unix:///…` or `tcp://host:port`, and TLS if it wants that."""

    name: str
    url: str
    tls: TlsConfig | None = None


class PluginDirectories:
    """The directories; read at each question, since plugins come and go."""

    def __init__(self, sockets: Sequence[str] = SOCKET_DIRECTORIES, specs: Sequence[str] = SPEC_DIRECTORIES) -> None:
        self._sockets = sockets
        self._specs = specs

    def find(self, name: str) -> PluginAddress | None:
        """The plugin of that name, or None."""
        if "/" in name or name in ("", ".", ".."):
            return None
        for directory in self._sockets:
            for path in (f"{directory}/{name}.sock", f"{directory}/{name}/{name}.sock"):
                if _is_socket(path):
                    return PluginAddress(name, f"unix://{path}")
        for directory in self._specs:
            for path in (f"{directory}/{name}", f"{directory}/{name}/{name}"):
                address = _from_spec(name, f"{path}.spec") or _from_json(name, f"{path}.json")
                if address is not None:
                    return address
        return None

    def all(self) -> list[PluginAddress]:
        """Every plugin that is there, sorted by name."""
        names = {name for directory in (*self._sockets, *self._specs) for name in _names(directory)}
        return [address for name in sorted(names) if (address := self.find(name)) is not None]


def _names(directory: str) -> Iterator[str]:
    try:
        entries = os.listdir(directory)
    except OSError:
        return
    for entry in entries:
        name, ending = os.path.splitext(entry)
        yield name if ending in (".sock", ".spec", ".json") else entry


def _is_socket(path: str) -> bool:
    try:
        return stat.S_ISSOCK(os.stat(path).st_mode)
    except OSError:
        return False


def _from_spec(name: str, path: str) -> PluginAddress | None:
    text = _read(path)
    return None if text is None else _address(name, text.decode(errors="replace").strip(), None)


def _from_json(name: str, path: str) -> PluginAddress | None:
    text = _read(path)
    if text is None:
        return None
    try:
        described = msgspec.json.decode(text, type=_Description)
    except msgspec.DecodeError:
        return None
    return _address(described.name or name, described.addr, described.tls_config)


def _address(name: str, url: str, tls: TlsConfig | None) -> PluginAddress | None:
    try:
        parts = urlsplit(url)
    except ValueError:
        return None
    usable = (parts.scheme == "unix" and parts.path) or (parts.scheme in ("tcp", "http", "https") and parts.netloc)
    return PluginAddress(name, url, tls) if usable else None


def _read(path: str) -> bytes | None:
    try:
        with open(path, "rb") as file:
            return file.read(_LARGEST_BYTES)
    except OSError:
        return None
