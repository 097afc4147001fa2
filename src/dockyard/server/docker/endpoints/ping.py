"""`GET|HEAD /_ping`: is the daemon there, and what is it? Clients ask this first and take the API version from it."""

from dockyard.api.media_types import BUILDER_VERSION_HEADER, SWARM_HEADER, TEXT
from dockyard.server.docker.call import Call
from dockyard.server.docker.http.answers import Answer, BytesAnswer

CLASSIC, BUILDKIT = "1", "2"
HEADERS = {
    "Cache-Control": "no-cache, no-store, must-revalidate",
    "Pragma": "no-cache",
    SWARM_HEADER: "inactive",
}


async def ping(call: Call) -> Answer:
    """OK."""
    return BytesAnswer(b"OK", TEXT, headers={BUILDER_VERSION_HEADER: _builder(call), **HEADERS})


async def ping_head(call: Call) -> Answer:
    """The headers alone."""
    return BytesAnswer(b"", TEXT, headers={BUILDER_VERSION_HEADER: _builder(call), **HEADERS, "Content-Length": "0"})


def _builder(call: Call) -> str:
    """Which builder clients shall ask for; the other one is there, too."""
    return BUILDKIT if call.buildkit else CLASSIC
