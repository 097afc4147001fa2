"""Who the user is at a registry: what `docker login` has left in Docker's config.json, for the header X-Registry-Auth.

    auths          {"host:port": {"auth": base64 of name:password, "identitytoken": …}}
    credHelpers    {"host:port": helper}: the program docker-credential-<helper>, asked with the host on its stdin
    credsStore     the helper of all other registries

https://docs.docker.com/reference/cli/docker/login/#credential-stores
"""

from __future__ import annotations

import base64
import json

from dockyard.cli.image.reference import split

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

HUB = "https://index.docker.io/v1/"
HELPER_SECONDS = 60


def auth_headers(name: str, environment: Mapping[str, str]) -> dict[str, str]:
    """The header for a transfer of image `name`; empty where nothing is known of its registry."""
    entry = _entry(registry_key(split(name)[0]), _config(environment), environment)
    if not entry:
        return {}
    return {"X-Registry-Auth": base64.urlsafe_b64encode(json.dumps(entry).encode()).decode()}


def registry_key(repository: str) -> str:
    """What config.json calls the registry of a repository."""
    first, slash, _ = repository.partition("/")
    if not slash or not ("." in first or ":" in first or first == "localhost"):
        return HUB
    return HUB if first in ("docker.io", "index.docker.io") else first


def _config(environment: Mapping[str, str]) -> Mapping[str, Any]:
    folder = environment.get("DOCKER_CONFIG") or f"{environment.get('HOME', '')}/.docker"
    try:
        with open(f"{folder}/config.json", encoding="utf-8") as file:
            config = json.load(file)
    except (OSError, ValueError, RecursionError):
        return {}
    return config if isinstance(config, dict) else {}


def _entry(key: str, config: Mapping[str, Any], environment: Mapping[str, str]) -> dict[str, str]:
    helper = _object(config.get("credHelpers")).get(key) or config.get("credsStore")
    if helper:
        return _from_helper(str(helper), key, environment)
    auths = _object(config.get("auths"))
    # Older clients have left URLs: "https://ghcr.io/v1/" is ghcr.io.
    name = key if key in auths else next((one for one in auths if _host(one) == _host(key)), "")
    entry = auths.get(name)
    if not isinstance(entry, dict):
        return {}
    known = {name: entry[name] for name in ("username", "password", "auth", "identitytoken") if entry.get(name)}
    return {**known, "serveraddress": key} if known else {}


def _object(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}


def _host(name: str) -> str:
    """A registry's host and port, of a name or a URL."""
    return name.rpartition("://")[2].partition("/")[0]


def _from_helper(helper: str, key: str, environment: Mapping[str, str]) -> dict[str, str]:
    import subprocess  # only who has a helper pays for it

    if "/" in helper:
        return {}
    try:
        done = subprocess.run(
            [f"docker-credential-{helper}", "get"],
            input=key.encode(),
            capture_output=True,
            timeout=HELPER_SECONDS,
            env=dict(environment),
        )
        answer = _object(json.loads(done.stdout)) if done.returncode == 0 else {}
    except (OSError, ValueError, RecursionError, subprocess.SubprocessError):
        return {}
    username, secret = str(answer.get("Username", "")), str(answer.get("Secret", ""))
    if username == "<token>":
        return {"identitytoken": secret, "serveraddress": key}
    return {"username": username, "password": secret, "serveraddress": key} if username else {}
