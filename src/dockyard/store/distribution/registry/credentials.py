"""Who a user is at a registry: the header X-Registry-Auth, and the body of `POST /auth`.

https://docs.docker.com/reference/api/engine/version/v1.55/ ("Authentication"), AuthConfig
"""

import base64
import binascii
import json
from dataclasses import dataclass, field
from typing import Any

from dockyard.errors import InvalidParameter


@dataclass(frozen=True, slots=True)
class Credentials:
    """A name with its password, a refresh token that stands for both (`identity_token`), or a ready Bearer token."""

    username: str = ""
    password: str = field(default="", repr=False)
    identity_token: str = field(default="", repr=False)
    registry_token: str = field(default="", repr=False)

    @property
    def basic(self) -> str:
        """The value of an Authorization header of scheme Basic; empty without a name."""
        if not self.username:
            return ""
        return "Basic " + base64.b64encode(f"{self.username}:{self.password}".encode()).decode()

    def __bool__(self) -> bool:
        return bool(self.username or self.identity_token or self.registry_token)


ANONYMOUS = Credentials()


def credentials_from_header(text: str) -> Credentials:
    """What X-Registry-Auth says: base64url of a JSON object. What can't be read is nobody, as in Docker.

    Raises InvalidParameter as `credentials_from_json`.
    """
    try:
        decoded = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
        return credentials_from_json(json.loads(decoded))
    except (ValueError, binascii.Error, RecursionError):
        return ANONYMOUS


def credentials_from_json(value: Any) -> Credentials:
    """An AuthConfig; anything else is nobody. `auth` is name and password in one, as in the client's own file.

    Raises InvalidParameter for text that no registry can be told, as it isn't Unicode (RFC 7617 section 2.1).
    """
    if not isinstance(value, dict):
        return ANONYMOUS
    fields = {key: text for key, text in value.items() if isinstance(text, str)}
    username, password = fields.get("username", ""), fields.get("password", "")
    if not username and fields.get("auth"):
        try:
            username, _, password = base64.b64decode(fields["auth"]).decode().partition(":")
        except (ValueError, binascii.Error):
            return ANONYMOUS
    if "\n" in username or ":" in username:
        return ANONYMOUS
    tokens = fields.get("identitytoken", ""), fields.get("registrytoken", "")
    try:  # half a surrogate pair is valid JSON
        "".join((username, password, *tokens)).encode()
    except UnicodeEncodeError:
        raise InvalidParameter("invalid credentials: not Unicode text") from None
    return Credentials(username, password.strip("\0"), *tokens)
