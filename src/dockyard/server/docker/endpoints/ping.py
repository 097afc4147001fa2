"""`GET|HEAD /_ping`: is the daemon there, and what is it? Clients ask this first and take the API version from it."""

from dockyard.api.media_types import BUILDER_VERSION_HEADER, SWARM_HEADER, TEXT
from dockyard.server.docker.call import Call
from dockyard.server.docker.http.answers import Answer, BytesAnswer

CLASSIC_BUILDER = "1"
HEADERS = {
    "Cache-Control": "no-cache, no-store, must-revalidate",
    "Pragma": "no-cache",
    BUILDER_VERSION_HEADER: CLASSIC_BUILDER,
    SWARM_HEADER: "inactive",
}


async def ping(_: Call) -> Answer:
    """OK."""
    return BytesAnswer(b"OK", TEXT, headers=HEADERS)


async def ping_head(_: Call) -> Answer:
    """The headers alone."""
    return BytesAnswer(b"", TEXT, headers={**HEADERS, "Content-Length": "0"})
