"""Credential helpers: programs docker-credential-<name> that keep names and passwords (a key ring, a cloud's login).

    get      <- the registry           -> {"Username": …, "Secret": …}
    store    <- {"ServerURL": …, "Username": …, "Secret": …}
    erase    <- the registry

The user name `<token>` means that the secret is a refresh token. Errors come on stdout.
https://github.com/docker/docker-credential-helpers
"""

from __future__ import annotations

import json

from dockyard.errors import SystemFailure

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

SECONDS = 60
TOKEN_USER = "<token>"


def helper_of(key: str, config: Mapping[str, object]) -> str:
    """The helper for the registry `key`; empty when its credentials stand in the file."""
    helpers = config.get("credHelpers")
    return str((helpers.get(key) if isinstance(helpers, dict) else None) or config.get("credsStore") or "")


def get(helper: str, key: str, environment: Mapping[str, str]) -> dict[str, str]:
    """The entry for the registry `key` as config.json would have it; empty when there is none, or no such helper."""
    try:
        answer = json.loads(_call(helper, "get", key, environment))
    except (SystemFailure, ValueError, RecursionError):
        return {}
    found = answer if isinstance(answer, dict) else {}
    username, secret = str(found.get("Username", "")), str(found.get("Secret", ""))
    if username == TOKEN_USER:
        return {"identitytoken": secret, "serveraddress": key}
    return {"username": username, "password": secret, "serveraddress": key} if username else {}


def store(helper: str, key: str, username: str, secret: str, environment: Mapping[str, str]) -> None:
    """Have it kept. Raises SystemFailure with what the helper says."""
    _call(helper, "store", json.dumps({"ServerURL": key, "Username": username, "Secret": secret}), environment)


def erase(helper: str, key: str, environment: Mapping[str, str]) -> None:
    """Have it forgotten. Raises SystemFailure with what the helper says."""
    _call(helper, "erase", key, environment)


def detected(environment: Mapping[str, str]) -> str:
    """The helper that Docker takes when no file says anything: that of pass, else of the desktop's key ring."""
    import shutil

    search = environment.get("PATH", "")
    name = "pass" if shutil.which("pass", path=search) else "secretservice"
    return name if shutil.which(f"docker-credential-{name}", path=search) else ""


def _call(helper: str, action: str, text: str, environment: Mapping[str, str]) -> bytes:
    import subprocess  # only who has a helper pays for it

    program = f"docker-credential-{helper}"
    if "/" in helper:
        raise SystemFailure(f"error getting credentials - err: invalid helper name {helper!r}")
    try:
        done = subprocess.run(
            [program, action], input=text.encode(), capture_output=True, timeout=SECONDS, env=dict(environment)
        )
    except FileNotFoundError:
        raise SystemFailure(f'exec: "{program}": executable file not found in $PATH') from None
    except (OSError, ValueError, subprocess.SubprocessError) as error:
        raise SystemFailure(f"{program}: {error}") from error
    if done.returncode:
        said = (done.stdout or done.stderr).decode(errors="replace").strip()
        raise SystemFailure(f"error {_DOING[action]} credentials - err: exit status {done.returncode}, out: `{said}`")
    return done.stdout


_DOING = {"get": "getting", "store": "storing", "erase": "erasing"}
