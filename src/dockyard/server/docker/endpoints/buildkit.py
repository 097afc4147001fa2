"""`POST /session` and `POST /grpc`: connections that become BuildKit's. What speaks on them is server/docker/buildkit.

https://docs.docker.com/reference/api/engine/version/v1.55/#tag/Session
"""

import os

from dockyard.errors import InvalidParameter
from dockyard.server.docker.call import Call
from dockyard.server.docker.http.answers import Answer, HijackAnswer, Hijacked

H2C = "h2c"


async def session(call: Call) -> Answer:
    """A client's session: from here on the daemon calls the client."""
    from dockyard.server.docker.buildkit.sessions import check_session, hold

    check_session(call.request)
    sessions = call.engine.builds.kit.sessions

    async def receive(hijacked: Hijacked) -> None:
        work = hold(sessions, call.request, hijacked.fd, hijacked.early)
        call.engine.builds.parts.services.background.start("a session of a client", work)

    return HijackAnswer("", receive, protocol=H2C)


async def grpc(call: Call) -> Answer:
    """BuildKit's services, for the client to call."""
    from dockyard.server.docker.buildkit.serve import serve_buildkit

    if call.request.headers.get("Upgrade", "").lower() != H2C:
        raise InvalidParameter("no upgrade proto in request: /grpc is spoken to with Upgrade: h2c")
    engine = call.engine

    async def receive(hijacked: Hijacked) -> None:
        try:
            work = serve_buildkit(engine, hijacked.fd, hijacked.early)
        except BaseException:
            os.close(hijacked.fd)
            raise
        engine.builds.parts.services.background.start("a connection to the builder", work)

    return HijackAnswer("", receive, protocol=H2C)
