"""The rules of `docker cp` for names: which argument is the container's, where a copy arrives, and what it is called.

    cp FILE c:/there        there is a directory: there/FILE     there isn't, or is a file: there
    cp DIR c:/there         there is a directory: there/DIR      there isn't: there
    cp DIR/. c:/there       the contents of DIR

https://docs.docker.com/reference/cli/docker/container/cp/#description
"""

from __future__ import annotations

import os

from dockyard.errors import InvalidParameter

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable


class Arrival:
    """Where an archive is to be unpacked (`directory`), and the name that its uppermost member gets there.

    An empty `name`: the one that it has.
    """

    __slots__ = ("directory", "name")

    def __init__(self, directory: str, name: str = "") -> None:
        self.directory = directory
        self.name = name


def split_argument(argument: str) -> tuple[str, str]:
    """Container ("" for a local path) and path of one argument: `web:/etc`, `./a:b`, `/a:b`, `-`."""
    if argument.startswith("/"):
        return "", argument
    container, colon, path = argument.partition(":")
    if not colon or container.startswith("."):
        return "", argument
    return container, path


def keep_end(clean: str, original: str) -> str:
    """`clean` with the slash or `/.` at the end that `original` has: both say that a directory is meant."""
    if names_itself(original) and not names_itself(clean):
        clean = f"{clean.rstrip('/')}/."
    if original.endswith("/") and not clean.endswith("/"):
        clean += "/"
    return clean


def names_itself(path: str) -> bool:
    """Whether the last part of `path` is `.`: the contents of a directory."""
    return not path or os.path.basename(path.rstrip("/")) == "." or path == "."


def split_end(path: str) -> tuple[str, str]:
    """Directory and last part: `/a/b/` gives `/a` and `b`, `/a/.` gives `/a` and `.`."""
    clean = os.path.normpath(path) if path else "."
    if names_itself(path):
        return clean, "."
    return os.path.dirname(clean) or ".", os.path.basename(clean) or "/"


def arrival(destination: str, *, exists: bool, is_directory: bool, source_is_directory: bool) -> Arrival:
    """Where a copy to `destination` arrives; the flags say what is there now.

    Raises InvalidParameter, in Docker's words, for a directory onto a file, and for a file into no directory.
    """
    if exists and is_directory:
        return Arrival(destination)
    if exists and source_is_directory:
        raise InvalidParameter("cannot copy directory")
    if not exists and not source_is_directory and (destination.endswith("/") or names_itself(destination)):
        raise InvalidParameter("no such directory")
    directory, name = split_end(destination)
    return Arrival(directory, name)


def renaming(old: str, new: str) -> Callable[[bytes], bytes]:
    """A function that gives names that are `old`, or begin with it as a directory, `new` in its place."""
    before, after = os.fsencode(old.rstrip("/")), os.fsencode(new.rstrip("/"))

    def rename(name: bytes) -> bytes:
        if not before:  # the root directory: its members begin with a slash
            return after + b"/" + name.lstrip(b"/")
        if name == before or name.startswith(before + b"/"):
            return after + name[len(before) :]
        return name

    return rename
