"""How git gets at repositories that aren't everybody's: by the client's SSH agent, or by a token among its secrets.

    GIT_AUTH_TOKEN[.host]    a token, sent as a password        GIT_AUTH_HEADER[.host]    the header's value itself

https://docs.docker.com/build/building/secrets/#git-authentication-for-remote-contexts
"""

import contextlib
from base64 import b64encode
from collections.abc import AsyncIterator
from urllib.parse import urlsplit

from dockyard.builder.context.clone import Access
from dockyard.builder.solve.sources import Secrets

_AGENT = "default"


@contextlib.asynccontextmanager
async def git_access(secrets: Secrets, remote: str) -> AsyncIterator[Access]:
    """What the client offers for the repository `remote`, as long as the context lasts."""
    if remote.startswith(("https://", "http://")):
        found = urlsplit(remote)
        origin = f"{found.scheme}://{found.netloc.rpartition('@')[2]}/"
        header = await _header(secrets, found.hostname or "")
        yield Access(header_for=origin, header=header) if header else Access()
        return
    if remote.startswith("git://"):
        yield Access()
        return
    async with secrets.ssh(_AGENT) as socket:
        yield Access(agent_socket=socket or "")


async def _header(secrets: Secrets, host: str) -> str:
    for suffix in (f".{host}", ""):
        value = await secrets.secret(f"GIT_AUTH_HEADER{suffix}")
        if value:
            return value.decode("utf-8", "replace").strip()
        token = await secrets.secret(f"GIT_AUTH_TOKEN{suffix}")
        if token:
            return f"basic {b64encode(b'x-access-token:' + token.strip()).decode()}"
    return ""
