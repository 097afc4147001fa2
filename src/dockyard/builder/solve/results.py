"""What a vertex comes to."""

from collections.abc import Callable
from dataclasses import dataclass

from dockyard.builder.files import Files, LayerFiles
from dockyard.store.graphdriver.view import View


@dataclass(frozen=True, slots=True)
class Snapshot:
    """Layers: the uppermost one's chain id, None for nothing at all."""

    chain_id: str | None
    label: str = ""
    """What a transfer moved, as history tells it: `file:…`, `dir:…` or `multi:…`."""
    container_id: str = ""
    """The container that ran a command, "" when none did."""


@dataclass(frozen=True, slots=True)
class Tree:
    """Files that nobody changes: `files` to copy from, and `directory`, a place on this machine where they are.

    The directory of an archive is made when it is asked for; the call may take long.
    """

    files: Files
    directory: Callable[[], str]


def directory_tree(path: str) -> Tree:
    """A tree that is a directory already."""
    return Tree(LayerFiles(View([path])), lambda: path)


Result = Snapshot | Tree
