"""A client's session: the client serves, the daemon calls. Who it is and what it serves stands in the headers."""

import socket

from aiohttp.web_request import BaseRequest

from dockyard.builder.session.session import Session
from dockyard.engine.builds.kit.sessions import Sessions
from dockyard.errors import Conflict, InvalidParameter
from dockyard.rpc.call import Caller

_MOST_METHODS = 256
PREFIX = "X-Docker-Expose-Session-"


def check_session(request: BaseRequest) -> None:
    """Raises InvalidParameter for a request that can't become a session, while there is a status to say it with."""
    if request.headers.get("Upgrade", "").lower() != "h2c":
        given = request.headers.get("Upgrade", "")
        raise InvalidParameter(f"protocol {given} not supported" if given else "no upgrade proto in request")
    if not request.headers.get(PREFIX + "Uuid"):
        raise InvalidParameter("no session ID in request")
    if len(request.headers.getall(PREFIX + "Grpc-Method", [])) > _MOST_METHODS:
        raise InvalidParameter("too many methods in request")


def session_of(request: BaseRequest, caller: Caller) -> Session:
    """The session that the request's headers tell of."""
    headers = request.headers
    return Session(
        headers[PREFIX + "Uuid"],
        headers.get(PREFIX + "Name", ""),
        headers.get(PREFIX + "Sharedkey", ""),
        frozenset(headers.getall(PREFIX + "Grpc-Method", [])),
        caller,
    )


async def hold(sessions: Sessions, request: BaseRequest, descriptor: int, early: bytes) -> None:
    """Have the session until the client hangs up."""
    from dockyard.rpc.call import connect

    caller = await connect(socket.socket(fileno=descriptor), early)
    try:
        session = session_of(request, caller)
        try:
            await sessions.add(session)
        except Conflict:  # it is hijacked, so there is no answer any more: being hung up on is what tells the client
            return
        try:
            await caller.closed.wait()
        finally:
            sessions.remove(session)
    finally:
        caller.close()
