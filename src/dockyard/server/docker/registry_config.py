"""The header X-Registry-Config: a client's credentials at all registries that it knows, for builds.

    grammar   base64url of {"<registry>": AuthConfig, …}
    registry  "https://index.docker.io/v1/", "ghcr.io", "localhost:5000", and of older clients "https://ghcr.io/v1/"

https://docs.docker.com/reference/api/engine/version/v1.55/#tag/Image/operation/ImageBuild
"""

import base64
import binascii
import json
from collections.abc import Callable

from dockyard.engine.registries import registry_of
from dockyard.store.distribution.reference import Reference
from dockyard.store.distribution.registry.credentials import ANONYMOUS, Credentials, credentials_from_json


def registry_config(header: str) -> Callable[[Reference], Credentials]:
    """Who the client is at the registry of a reference. What can't be read is nobody, as in Docker."""
    try:
        document = json.loads(base64.urlsafe_b64decode(header + "=" * (-len(header) % 4))) if header else {}
    except (ValueError, binascii.Error, RecursionError):
        document = {}
    known: dict[str, Credentials] = {}
    if isinstance(document, dict):
        # The plain name last: it counts more than a URL of the same registry.
        for name in sorted(filter(None, document), key=lambda one: one == registry_of(one)):
            known[registry_of(name)] = credentials_from_json(document[name])
    return lambda reference: known.get(reference.domain, ANONYMOUS)
