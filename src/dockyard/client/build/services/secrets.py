"""`moby.buildkit.secrets.v1.Secrets`: the daemon asks for a secret when a step needs it."""

import asyncio
import os
from collections.abc import Mapping, Sequence
from typing import Any

from dockyard.client.build.request import Secret
from dockyard.errors import InvalidParameter, NotFound, SystemFailure
from dockyard.rpc.serve import Methods, unary
from dockyard.wire.buildkit.messages import secrets as messages

MOST_BYTES = 500 << 10
"""BuildKit's own limit."""


def secret_methods(secrets: Sequence[Secret], environment: Mapping[str, str]) -> Methods:
    """Gives out `secrets`, of which the last counts where several have one id, and nothing else.

    Raises NotFound and InvalidParameter at once for files that aren't there or are too large.
    """
    known = {secret.id: _resolved(secret, environment) for secret in secrets}

    async def get_secret(request: Any, metadata: Any) -> Any:
        del metadata
        secret = known.get(request.ID)
        if secret is None:
            raise NotFound(f"secret {request.ID}: not found")
        data = await asyncio.to_thread(_read, secret, environment)
        if len(data) > MOST_BYTES:
            raise InvalidParameter(f"invalid secret size {len(data)}")
        return messages.GetSecretResponse(data=data)

    return unary("/moby.buildkit.secrets.v1.Secrets/GetSecret", get_secret)


def _resolved(secret: Secret, environment: Mapping[str, str]) -> Secret:
    if not secret.id:
        raise InvalidParameter("secret missing ID")
    if secret.data is not None or secret.env:
        return secret
    if not secret.path and secret.id in environment:
        return Secret(secret.id, env=secret.id)
    path = secret.path or secret.id
    try:
        size = os.stat(path).st_size
    except OSError as error:
        raise NotFound(f"failed to stat {path}: stat {path}: {(error.strerror or str(error)).lower()}") from error
    if size > MOST_BYTES:
        raise InvalidParameter(f"secret {secret.id} too big. max size {MOST_BYTES >> 10}KB")
    return Secret(secret.id, path)


def _read(secret: Secret, environment: Mapping[str, str]) -> bytes:
    if secret.data is not None:
        return secret.data
    if secret.env:
        return os.fsencode(environment.get(secret.env, ""))
    try:
        with open(secret.path, "rb") as file:
            return file.read(MOST_BYTES + 1)
    except OSError as error:
        raise SystemFailure(f"open {secret.path}: {(error.strerror or str(error)).lower()}") from error
