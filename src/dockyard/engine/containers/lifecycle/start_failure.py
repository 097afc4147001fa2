"""What a runtime says when it can't start a container, in the words and with the exit code that Docker has for it.

Through containerd and runc a message travels under prefixes. Clients look for parts of the whole: the docker client
for "permission denied" and the like, to choose between its exit codes 125, 126 and 127.

    permission denied                                         126   the user's fault: 400
    is a directory                                            126   400
    not a directory                                           127   400, and what it may come from
    executable file not found, no such file or directory      127   400
    anything else                                             128   500

Source: Docker's behaviour, compared in tests/e2e/golden.
"""

from dockyard.errors import DockyardError, InvalidParameter, SystemFailure

TASK = "failed to create task for container: failed to create shim task: OCI runtime create failed: "
INIT = "runc create failed: unable to start container process: error during container init: "
HINT = (
    ": Are you trying to mount a directory onto a file (or vice-versa)? "
    "Check if the specified host path exists and is the expected type"
)
NOT_EXECUTABLE = 126
NOT_FOUND = 127
OTHER = 128


def runtime_failure(text: str, *, external: bool) -> DockyardError:
    """The error that the API answers for `text`, which our runtime or an `external` one has said."""
    message = f"{TASK}{'' if external else INIT}{text}"
    lower = text.lower()
    if "not a directory" in lower and "permission denied" not in lower:
        message += HINT
    return InvalidParameter(message) if start_exit_code(message) != OTHER else SystemFailure(message)


def start_exit_code(message: str) -> int:
    """The exit code that a container keeps whose start failed with `message`."""
    lower = message.lower()
    if not message.startswith(TASK):
        return OTHER
    if "permission denied" in lower or "is a directory" in lower:
        return NOT_EXECUTABLE
    if any(part in lower for part in ("not a directory", "executable file not found", "no such file or directory")):
        return NOT_FOUND
    return OTHER
