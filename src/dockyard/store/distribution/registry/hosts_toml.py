"""containerd's `hosts.toml`: which hosts serve a registry, in a directory named after it.

    server = "https://registry-1.docker.io"       # last; default: the registry itself
    [host."https://mirror.example"]               # first, in the order of the file
      capabilities = ["pull", "resolve", "push"]
      ca = "ca.crt"                               # a file or several, relative to the directory
      client = [["client.cert", "client.key"]]    # or one file with both
      skip_verify = false
      override_path = false                       # the URL's path is the whole of it: no /v2 behind
      header = { "X-Custom" = "value" }

https://github.com/containerd/containerd/blob/v2.0.0/docs/hosts.md
"""

import os
import tomllib
from typing import Any
from urllib.parse import urlsplit

from dockyard.errors import InvalidParameter
from dockyard.store.distribution.registry.hosts import ALL_VERBS, Host, default_authority

FILE = "hosts.toml"
_KEYS = frozenset(
    ("server", "host", "capabilities", "ca", "client", "skip_verify", "override_path", "header", "dial_timeout")
)


def parse_hosts(text: str, directory: str, domain: str) -> list[Host]:
    """The hosts that a hosts.toml in `directory` gives the registry `domain`. Raises InvalidParameter."""
    where = f"{directory}/{FILE}"
    try:
        document = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise InvalidParameter(f"failed to parse {where}: {error}") from None
    _known(document, where)
    tables = document.get("host", {})
    if not isinstance(tables, dict):
        raise InvalidParameter(f"{where}: host must be a table")
    own = default_authority(domain)
    found = [_host(url, table, directory, domain) for url, table in tables.items()]
    server = document.get("server", f"https://{own}")
    if not isinstance(server, str):
        raise InvalidParameter(f"{where}: server must be a string")
    if server:
        rest = {key: value for key, value in document.items() if key not in ("server", "host")}
        found.append(_host(server, rest, directory, domain))
    return found


def _host(url: str, table: Any, directory: str, domain: str) -> Host:
    where = f"{directory}/{FILE}: host {url}"
    if not isinstance(table, dict):
        raise InvalidParameter(f"{where} must be a table")
    _known(table, where)
    parts = urlsplit(url if "://" in url else f"https://{url}")
    if parts.scheme not in ("http", "https") or not parts.netloc or parts.username is not None:
        raise InvalidParameter(f"{where}: not a URL of http or https")
    verbs = table.get("capabilities", sorted(ALL_VERBS))
    if not isinstance(verbs, list) or not ALL_VERBS.issuperset(map(str, verbs)):
        raise InvalidParameter(f"{where}: unknown capability in {verbs}")
    path = parts.path.rstrip("/")
    is_own = parts.netloc in (domain, default_authority(domain))
    return Host(
        f"{parts.scheme}://{default_authority(domain) if is_own else parts.netloc}",
        path if table.get("override_path") else path + ("" if path.endswith("/v2") else "/v2"),
        frozenset(verbs),
        verify=not table.get("skip_verify", False),
        authorities=tuple(_files(table.get("ca", ()), directory, where)),
        identities=tuple(_identities(table.get("client", ()), directory, where)),
        headers=tuple(_headers(table.get("header", {}), where)),
        namespace="" if is_own else domain,
        own=is_own,
    )


def _known(table: dict[str, Any], where: str) -> None:
    for key in table:
        if key not in _KEYS:
            raise InvalidParameter(f"{where}: unknown key {key}")


def _files(value: Any, directory: str, where: str) -> list[str]:
    names = [value] if isinstance(value, str) else value
    if not isinstance(names, (list, tuple)) or not all(isinstance(name, str) for name in names):
        raise InvalidParameter(f"{where}: ca must be a file or several")
    return [os.path.join(directory, name) for name in names]


def _identities(value: Any, directory: str, where: str) -> list[tuple[str, str]]:
    found = []
    for entry in [value] if isinstance(value, str) else value:
        pair = [entry, entry] if isinstance(entry, str) else entry
        if not isinstance(pair, list) or len(pair) != 2 or not all(isinstance(name, str) for name in pair):
            raise InvalidParameter(f"{where}: client must be files, or pairs of certificate and key")
        certificate, key = pair
        found.append((os.path.join(directory, certificate), os.path.join(directory, key or certificate)))
    return found


def _headers(value: Any, where: str) -> list[tuple[str, str]]:
    if not isinstance(value, dict):
        raise InvalidParameter(f"{where}: header must be a table")
    found = []
    for name, content in value.items():
        for each in content if isinstance(content, list) else [content]:
            if not isinstance(each, str) or any(ord(char) < 32 for char in name + each):
                raise InvalidParameter(f"{where}: header {name} must be a string or several")
            found.append((name, each))
    return found
