"""Who the user is at a registry: what logins have left in config.json or with a helper, for requests to the daemon."""

from __future__ import annotations

import base64
import json

from dockyard.client.credentials import helper
from dockyard.client.credentials.config_file import HUB, objects, read

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any


def auth_headers(name: str, environment: Mapping[str, str]) -> dict[str, str]:
    """The header for a transfer of image `name`; empty where nothing is known of its registry."""
    entry = entry_of(registry_key(name), read(environment), environment)
    if not entry:
        return {}
    return {"X-Registry-Auth": base64.urlsafe_b64encode(json.dumps(entry).encode()).decode()}


def registry_key(name: str) -> str:
    """What config.json calls the registry of an image's name, with or without tag."""
    first, slash, _ = name.partition("/")
    if not slash or not ("." in first or ":" in first or first == "localhost"):
        return HUB
    return HUB if first in ("docker.io", "index.docker.io") else first


def entry_of(key: str, config: Mapping[str, Any], environment: Mapping[str, str]) -> dict[str, str]:
    """An AuthConfig for the registry `key`; empty when nothing is known."""
    chosen = helper.helper_of(key, config)
    if chosen:
        return helper.get(chosen, key, environment)
    auths = objects(config.get("auths"))
    name = name_in(auths, key)
    entry = auths.get(name)
    if not isinstance(entry, dict):
        return {}
    known = {name: entry[name] for name in ("username", "password", "auth", "identitytoken") if entry.get(name)}
    pair = _decoded(known.get("auth")) if "username" not in known else None
    if pair is not None:
        del known["auth"]
        known |= {name: text for name, text in zip(("username", "password"), pair, strict=True) if text}
    return {**known, "serveraddress": key} if known else {}


def name_in(auths: Mapping[str, Any], key: str) -> str:
    """By which name `auths` has the registry. Older clients have left URLs: "https://ghcr.io/v1/" is ghcr.io."""
    return key if key in auths else next((one for one in auths if _host(one) == _host(key)), "")


def _host(name: str) -> str:
    """A registry's host and port, of a name or a URL."""
    return name.rpartition("://")[2].partition("/")[0]


def _decoded(auth: object) -> tuple[str, str] | None:
    """Name and password out of `auth`; None for what the daemon may make of it."""
    try:
        name, colon, password = base64.b64decode(str(auth)).decode().partition(":")
    except ValueError:
        return None
    return (name, password.strip("\0")) if colon and name else None
