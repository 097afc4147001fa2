"""The closed set of errors that cross Dockyard's packages, and what each is at the doors.

    DockyardError
    ├── InvalidParameter      the request is malformed or contradicts itself          400  INVALID_ARGUMENT
    ├── Unauthorized          credentials are missing or wrong                        401  UNAUTHENTICATED
    ├── Forbidden             known, but not allowed                                  403  PERMISSION_DENIED
    ├── NotFound              the named object does not exist                         404  NOT_FOUND
    ├── Conflict              the object's present state forbids it                   409  FAILED_PRECONDITION
    │   └── AlreadyExists     the name is taken                                       409  ALREADY_EXISTS
    ├── NotModified           nothing to do: it is already so                         304  OK
    ├── NotImplementedYet     part of the API, not yet of Dockyard                    501  UNIMPLEMENTED
    ├── Unavailable           a part that is needed doesn't answer                    503  UNAVAILABLE
    ├── DeadlineExceeded      it took longer than allowed                             504  DEADLINE_EXCEEDED
    ├── DataLoss              what is on disk is damaged                              500  DATA_LOSS
    └── SystemFailure         the kernel or the disk refused                          500  INTERNAL

The set is that of containerd's errdefs, with the names of moby's. The tables to HTTP status and exit code stand here so
that every door uses the same ones. An exception of any other class that reaches a door is a bug of ours: the door logs
its traceback and answers 500.
"""


class DockyardError(Exception):
    """Base of all; never raised itself. `str(error)` is the message that the user reads."""


class InvalidParameter(DockyardError):
    """The request is malformed, out of range, or contradicts itself."""


class Unauthorized(DockyardError):
    """Credentials are missing or wrong."""


class Forbidden(DockyardError):
    """The caller is known, but may not do this."""


class NotFound(DockyardError):
    """The named object does not exist."""


class Conflict(DockyardError):
    """The present state of the object forbids the operation."""


class AlreadyExists(Conflict):
    """The name is in use by another object."""


class NotModified(DockyardError):
    """Nothing to do: the object is already in the wanted state."""


class NotImplementedYet(DockyardError):
    """A part of Docker that Dockyard knows of and doesn't have yet; the message names it."""


class Unavailable(DockyardError):
    """A part of the system that is needed doesn't answer."""


class DeadlineExceeded(DockyardError):
    """The operation took longer than allowed."""


class DataLoss(DockyardError):
    """Something on disk is damaged or missing that should be there."""


class SystemFailure(DockyardError):
    """The kernel, the disk or another program refused; the message says what was tried, on what, and the reason."""


HTTP_STATUS: dict[type[DockyardError], int] = {
    InvalidParameter: 400,
    Unauthorized: 401,
    Forbidden: 403,
    NotFound: 404,
    Conflict: 409,
    AlreadyExists: 409,
    NotModified: 304,
    NotImplementedYet: 501,
    Unavailable: 503,
    DeadlineExceeded: 504,
    DataLoss: 500,
    SystemFailure: 500,
}

KINDS: dict[str, type[DockyardError]] = {kind.__name__: kind for kind in HTTP_STATUS}
"""Class by name: how an error crosses a process boundary as JSON (`{"kind": …, "message": …}`)."""


def from_wire(kind: str, message: str) -> DockyardError:
    """The error that another process of ours reported; a kind that isn't known becomes SystemFailure."""
    return KINDS.get(kind, SystemFailure)(message)


def to_wire(error: BaseException) -> dict[str, str]:
    """The JSON form of `error`; what isn't a DockyardError is reported as SystemFailure with its class's name."""
    if isinstance(error, DockyardError):
        return {"kind": type(error).__name__, "message": str(error)}
    return {"kind": "SystemFailure", "message": f"{type(error).__name__}: {error}"}
