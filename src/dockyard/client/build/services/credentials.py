"""`moby.filesync.v1.Auth`: the daemon asks who we are at a registry from which it pulls, or to which it pushes.

Tokens are fetched by the daemon: the methods by which a client would do that aren't served.
"""

import asyncio
from collections.abc import Callable, Mapping
from typing import Any

from dockyard.client.credentials.config_file import key_of, read
from dockyard.client.credentials.stored import entry_of
from dockyard.rpc.serve import Methods, unary
from dockyard.wire.buildkit.messages import filesync

Lookup = Callable[[str], tuple[str, str]]
"""From a registry's host to name and password; the name is empty for a refresh token, both where nothing is known."""


def credential_methods(lookup: Lookup) -> Methods:
    """Answers with what `lookup` knows; it is called in a thread, once for each question."""

    async def credentials(request: Any, metadata: Any) -> Any:
        del metadata
        name, secret = await asyncio.to_thread(lookup, request.Host)
        return filesync.CredentialsResponse(Username=name, Secret=secret)

    return unary("/moby.filesync.v1.Auth/Credentials", credentials)


def from_config(environment: Mapping[str, str]) -> Lookup:
    """What Docker's config.json and its helpers know."""

    def lookup(host: str) -> tuple[str, str]:
        entry = entry_of(key_of(host), read(environment), environment)
        if entry.get("identitytoken"):
            return "", entry["identitytoken"]
        return entry.get("username", ""), entry.get("password", "")

    return lookup
