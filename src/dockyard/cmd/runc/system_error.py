"""What the kernel refused, as a message in the words of a Go program: `open /x: no such file or directory`."""

import errno
import os

from dockyard.errors import NotFound, SystemFailure


def reason(error: OSError) -> str:
    """The kernel's reason, in lower case."""
    return os.strerror(error.errno).lower() if error.errno else str(error)


def failure(operation: str, path: str, error: OSError | None = None) -> SystemFailure | NotFound:
    """The error to raise when `operation` failed on `path`; without `error`, because nothing is there."""
    caught = error or FileNotFoundError(errno.ENOENT, "")
    kind = NotFound if caught.errno == errno.ENOENT else SystemFailure
    return kind(f"{operation} {path}: {reason(caught)}")
