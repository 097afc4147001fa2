"""Docker's rules for a path in a container, before any file is looked at: absolute, tidy, and its end kept.

A slash or `/.` at the end says "what the link leads to", so tidying must not lose it.
"""

import posixpath

from dockyard.errors import InvalidParameter


def cleaned(path: str) -> str:
    """`path` below the container's root: `a/../b/` gives `/b/`, `/etc/.` gives `/etc/.`, an empty one `/`.

    Raises InvalidParameter for a path with a null byte, which no file can have.
    """
    if "\0" in path:
        raise InvalidParameter("invalid path: it contains a null byte")
    tidy = "/" + posixpath.normpath("/" + path).strip("/")
    if posixpath.basename(path.rstrip("/")) == ".":
        tidy = f"{tidy.rstrip('/')}/."
    if path.endswith("/") and not tidy.endswith("/"):
        tidy += "/"
    return tidy


def base_name(path: str) -> str:
    """The name under which Docker's answers show a cleaned path: its last part, `/` for the root, `.` for `/etc/.`."""
    return posixpath.basename(path.rstrip("/")) or "/"
