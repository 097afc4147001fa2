"""One client's session. The client serves methods on it and has named them; the builder calls them."""

from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass

from grpclib.const import Status
from grpclib.exceptions import GRPCError, ProtocolError, StreamTerminatedError

from dockyard.errors import DockyardError, Forbidden, InvalidParameter, NotFound, SystemFailure, Unauthorized
from dockyard.rpc.call import Caller

_ERRORS: dict[Status, type[DockyardError]] = {
    Status.NOT_FOUND: NotFound,
    Status.INVALID_ARGUMENT: InvalidParameter,
    Status.PERMISSION_DENIED: Forbidden,
    Status.UNAUTHENTICATED: Unauthorized,
}


@dataclass(frozen=True, slots=True, eq=False)
class Session:
    """`shared_key`: equal for builds of the same directory, so that what was received of it can be used again.

    `methods`: the paths that the client serves.
    """

    id: str
    name: str
    shared_key: str
    methods: frozenset[str]
    connection: Caller | None

    @property
    def caller(self) -> Caller:
        """Calls the client. Raises SystemFailure when there is none."""
        if self.connection is None:
            raise SystemFailure("the client has no session")
        return self.connection

    def serves(self, path: str) -> bool:
        """Whether the client has this method."""
        return path in self.methods


@contextmanager
def asked(what: str) -> Generator[None, None, None]:
    """Errors of a call, and of a client that is gone, as ours: `what: reason`."""
    try:
        yield
    except GRPCError as error:
        raise _ERRORS.get(error.status, SystemFailure)(f"{what}: {error.message or error.status.name}") from error
    except (StreamTerminatedError, ProtocolError, ConnectionError, OSError, AssertionError) as error:
        raise SystemFailure(f"{what}: no active session: the client is gone") from error


def nobody(session_id: str) -> Session:
    """The session of a client that has none: nothing can be asked of it."""
    return Session(session_id, "", "", frozenset(), None)
