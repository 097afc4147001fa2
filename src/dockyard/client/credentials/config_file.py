"""Docker's config.json: who the user is at which registry. Whatever else stands in it stays as it is.

    auths          {"host:port": {"auth": base64 of name:password, "identitytoken": …}}
    credHelpers    {"host:port": helper}: the program docker-credential-<helper>, asked with the host on its stdin
    credsStore     the helper of all other registries

https://docs.docker.com/reference/cli/docker/login/#credential-stores
"""

from __future__ import annotations

import json
import os

from dockyard.errors import SystemFailure

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

HUB = "https://index.docker.io/v1/"
"""What Docker Hub is called in it."""


def path(environment: Mapping[str, str]) -> str:
    """Where it is: below DOCKER_CONFIG, else in the user's home."""
    folder = environment.get("DOCKER_CONFIG") or f"{environment.get('HOME', '')}/.docker"
    return f"{folder}/config.json"


def read(environment: Mapping[str, str]) -> dict[str, Any]:
    """What it says; nothing when it isn't there or is no JSON object: transfers go on as nobody."""
    try:
        with open(path(environment), encoding="utf-8") as file:
            config = json.load(file)
    except (OSError, ValueError, RecursionError):
        return {}
    return config if isinstance(config, dict) else {}


def read_to_change(environment: Mapping[str, str]) -> dict[str, Any]:
    """The same for who writes it afterwards. Raises SystemFailure for what can't be read: it isn't replaced."""
    place = path(environment)
    try:
        with open(place, encoding="utf-8") as file:
            text = file.read()
    except FileNotFoundError:
        return {}
    except (OSError, ValueError) as error:
        raise SystemFailure(f"WARNING: Error loading config file: {place}: {error}") from None
    try:
        config = json.loads(text) if text.strip() else {}
        if not isinstance(config, dict):
            raise ValueError("not an object")
    except (ValueError, RecursionError) as error:
        raise SystemFailure(f"WARNING: Error loading config file: {place}: {error}") from None
    return config


def write(environment: Mapping[str, str], config: Mapping[str, Any]) -> None:
    """Replaces it in one step, for the user's eyes only unless it had another mode. Raises SystemFailure."""
    place = os.path.realpath(path(environment))  # many keep a link there
    try:
        os.makedirs(os.path.dirname(place), mode=0o700, exist_ok=True)
        try:
            before = os.stat(place)
            mode, owner = before.st_mode & 0o777, (before.st_uid, before.st_gid)
        except FileNotFoundError:
            mode, owner = 0o600, (-1, -1)
        beside = f"{place}.{os.getpid()}"
        descriptor = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        try:
            with os.fdopen(descriptor, "w", encoding="utf-8") as file:
                file.write(json.dumps(config, indent="\t", ensure_ascii=False))
                if owner != (-1, -1) and owner != (os.geteuid(), os.getegid()):
                    os.fchown(file.fileno(), *owner)
                os.fchmod(file.fileno(), mode)
                file.flush()
                os.fsync(file.fileno())
            os.rename(beside, place)
        except BaseException:
            os.unlink(beside)
            raise
    except OSError as error:
        raise SystemFailure(f"Error saving credentials: {error}") from error


def key_of(server: str) -> str:
    """What it calls the registry that a user names: a host, an address, a URL of either; nothing is Docker Hub."""
    host = server.rpartition("://")[2].partition("/")[0]
    return HUB if host in ("", "docker.io", "index.docker.io", "registry-1.docker.io") else host


def objects(value: object) -> dict[str, Any]:
    """`value` where it is an object; else none."""
    return value if isinstance(value, dict) else {}
