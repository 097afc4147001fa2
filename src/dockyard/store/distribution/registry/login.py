"""`docker login`: whether a registry takes a name and a password, and the refresh token that it gives for them.

GET /v2/            200: nobody is asked for anything here, so it succeeds, as in Docker
  401 Basic         again, with name and password
  401 Bearer        a token (with offline_token, for a refresh token besides), and again with it
"""

from collections.abc import Sequence

from dockyard.errors import Unauthorized
from dockyard.store.distribution.registry.client import RegistryClient, Request
from dockyard.store.distribution.registry.credentials import Credentials
from dockyard.store.distribution.registry.failures import Refusal, status_line
from dockyard.store.distribution.registry.fallback import from_hosts
from dockyard.store.distribution.registry.hosts import Host


async def login(client: RegistryClient, hosts: Sequence[Host], credentials: Credentials) -> str:
    """The refresh token, or empty where there is none. Raises Unauthorized, and what else prevents it.

    `hosts`: the registry's own, the mirrors left out.
    """

    async def ask(host: Host) -> str:
        url = f"{host.base}/"
        try:
            return await client.log_in(Request("GET", url, host, credentials=credentials))
        except Refusal as error:
            if error.status != 401:
                raise
            words = f"login attempt to {url} failed with status: {status_line(401)}"
            raise Unauthorized(f'Get "{url}": {error}' if error.from_token_server else words) from error

    return await from_hosts(client, hosts, ask)
