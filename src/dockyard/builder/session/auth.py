"""Credentials for registries, from the client's session: what its `docker login` has remembered."""

from dockyard.builder.session.session import Session, asked
from dockyard.errors import DockyardError
from dockyard.store.distribution.reference import Reference
from dockyard.store.distribution.registry.credentials import ANONYMOUS, Credentials
from dockyard.wire.buildkit.messages import filesync

CREDENTIALS = "/moby.filesync.v1.Auth/Credentials"
_HUB = "registry-1.docker.io"
"""What BuildKit calls Docker Hub when it asks."""
_TOKEN_USER = "<token>"


async def credentials_for(session: Session, reference: Reference) -> Credentials:
    """Who the client is at the registry of `reference`; nobody when it doesn't say."""
    host = _HUB if reference.domain == "docker.io" else reference.domain
    if not session.serves(CREDENTIALS):
        return ANONYMOUS
    try:
        with asked(f"credentials for {host}"):
            answer = await session.caller.unary(CREDENTIALS, filesync.CredentialsRequest(Host=host))
    except DockyardError:
        return ANONYMOUS
    if answer.Username in ("", _TOKEN_USER) and answer.Secret:
        return Credentials(identity_token=answer.Secret)
    return Credentials(answer.Username, answer.Secret) if answer.Username else ANONYMOUS
