"""The vfs driver. contract.py says what each method promises.

<home>/dir/<id>/      the whole tree, as Docker lays it out
"""

import os
from collections.abc import Iterator, Sequence

from dockyard.errors import DataLoss, SystemFailure
from dockyard.fs.archive.extract import Extracted
from dockyard.fs.archive.reader import TarReader
from dockyard.fs.mount import Mount
from dockyard.fs.rooted import RootedTree, Steps, remove_tree
from dockyard.store.graphdriver.compare import compare
from dockyard.store.graphdriver.contract import Change, Placed
from dockyard.store.graphdriver.copy import copy_view
from dockyard.store.graphdriver.vfs.diff import changed_bytes, diff_archive
from dockyard.store.graphdriver.vfs.unpack import unpack
from dockyard.store.graphdriver.view import View


class VfsDriver:
    """Layers below `home` (…/vfs)."""

    name = "vfs"
    parallel = False

    def __init__(self, home: str) -> None:
        self._directory = f"{home}/dir"
        os.makedirs(self._directory, mode=0o710, exist_ok=True)

    def create(self, layer_id: str, parent: str | None) -> None:
        """See GraphDriver. Copies the parent."""
        path = self.root(layer_id)
        if parent is not None and not os.path.isdir(self.root(parent)):
            raise DataLoss(f"layer {parent}: no such file or directory")
        try:
            os.mkdir(path, 0o755)
        except OSError as error:
            raise _refused("create layer", layer_id, error) from error
        try:
            os.chmod(path, 0o755)
            if parent is not None:
                copy_view(self.view(parent), (), path, whiteouts=True)
        except OSError as error:
            self.remove(layer_id)
            raise _refused("create layer", layer_id, error) from error

    def apply(self, layer_id: str, reader: TarReader, placed: Placed) -> Extracted:
        """See GraphDriver."""
        return unpack(self.root(layer_id), reader, placed)

    def inherit(self, layer_id: str, parent: str, implied: Sequence[Steps]) -> None:
        """See GraphDriver. Nothing to do: what the parent has was copied with its attributes."""

    def open_data(self, layer_id: str) -> RootedTree:
        """See GraphDriver."""
        return RootedTree(self.root(layer_id))

    def root(self, layer_id: str) -> str:
        """See GraphDriver."""
        return f"{self._directory}/{layer_id}"

    def mounts(self, layer_id: str) -> tuple[Mount, ...]:
        """See GraphDriver. Nothing to mount: the tree is there."""
        self.root(layer_id)
        return ()

    def mounts_at(self, layer_id: str, target: str) -> tuple[Mount, ...]:
        """See GraphDriver."""
        return (Mount("none", self.root(layer_id), target, ("bind", "ro")),)

    def graph_data(self, layer_id: str) -> dict[str, str]:  # noqa: ARG002
        """See GraphDriver. Docker's vfs driver says nothing either."""
        return {}

    def view(self, layer_id: str) -> View:
        """See GraphDriver."""
        return View([self.root(layer_id)])

    def writable(self, layer_id: str) -> str:
        """See GraphDriver."""
        return self.root(layer_id)

    def changes(self, layer_id: str, parent: str | None) -> Iterator[Change]:
        """See GraphDriver."""
        return compare(self.view(layer_id), self.view(parent) if parent else None, sparse=False)

    def diff(self, layer_id: str, parent: str | None) -> Iterator[bytes]:
        """See GraphDriver."""
        return diff_archive(self.root(layer_id), list(self.changes(layer_id, parent)))

    def promote(self, layer_id: str, new_id: str, parent: str | None) -> bool:  # noqa: ARG002
        """See GraphDriver. The tree holds the init layer's files too, which an archive of the changes leaves out."""
        return False

    def size_bytes(self, layer_id: str, parent: str | None) -> int:
        """See GraphDriver."""
        try:
            return changed_bytes(self.root(layer_id), self.changes(layer_id, parent))
        except FileNotFoundError:  # just removed
            return 0

    def detach(self, layer_id: str) -> tuple[str, ...]:
        """See GraphDriver."""
        return (self.root(layer_id),)

    def remove(self, layer_id: str) -> None:
        """See GraphDriver."""
        try:
            remove_tree(self.root(layer_id))
        except OSError as error:
            raise _refused("remove layer", layer_id, error) from error

    def ids(self) -> Iterator[str]:
        """See GraphDriver."""
        yield from os.listdir(self._directory)


def _refused(what: str, layer_id: str, error: OSError) -> SystemFailure:
    return SystemFailure(f"{what} {layer_id}: {(error.strerror or str(error)).lower()}")
