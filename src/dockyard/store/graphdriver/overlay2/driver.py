"""The overlay2 driver. contract.py says what each method promises; layout.py draws the directories.

kernel documentation, filesystems/overlayfs.rst; `docker info`: Backing Filesystem, Supports d_type, Native Overlay
Diff.
"""

import os
from collections.abc import Iterator, Sequence
from typing import Final

from dockyard.errors import SystemFailure
from dockyard.fs.archive.extract import Extracted
from dockyard.fs.archive.reader import TarReader
from dockyard.fs.mount import Mount
from dockyard.fs.rooted import RootedTree, Steps, remove_tree
from dockyard.store.graphdriver.compare import compare
from dockyard.store.graphdriver.contract import Change, Placed
from dockyard.store.graphdriver.overlay2.diff import diff_archive
from dockyard.store.graphdriver.overlay2.inherit import inherit_attributes
from dockyard.store.graphdriver.overlay2.layout import LINKS, Layout
from dockyard.store.graphdriver.overlay2.unpack import unpack
from dockyard.store.graphdriver.usage import tree_bytes
from dockyard.store.graphdriver.view import View

_PAGE: Final = 4096
_FEATURES: Final = "/sys/module/overlay/parameters"


class Overlay2Driver:
    """Layers below `home` (…/overlay2), which must lie on a filesystem that overlayfs takes as upper (ext4, xfs,
    btrfs)."""

    name = "overlay2"
    parallel = True

    def __init__(self, home: str, *, features: str = _FEATURES) -> None:
        self._layout = Layout(home)
        os.makedirs(f"{home}/{LINKS}", mode=0o710, exist_ok=True)
        self._layout.drop_dangling_links()
        # With an index a lower directory can't be shared by two mounts; with redirects an upper one isn't a diff any
        # more.
        self._switches = tuple(
            f"{feature}=off" for feature in ("index", "redirect_dir", "metacopy") if _is_adjustable(features, feature)
        )

    def create(self, layer_id: str, parent: str | None) -> None:
        """See GraphDriver."""
        lowers = self._layout.lowers_for_child(parent)
        try:
            self._layout.reserve(layer_id)
        except OSError as error:
            raise _refused("create layer", layer_id, error) from error
        try:
            self._layout.fill(layer_id, lowers)
        except OSError as error:
            self.remove(layer_id)
            raise _refused("create layer", layer_id, error) from error

    def apply(self, layer_id: str, reader: TarReader, placed: Placed) -> Extracted:
        """See GraphDriver."""
        return unpack(self._layout.diff(layer_id), reader, placed)

    def inherit(self, layer_id: str, parent: str, implied: Sequence[Steps]) -> None:
        """See GraphDriver. In overlayfs the upper directory's attributes count, also those that nobody chose."""
        try:
            inherit_attributes(self._layout.diff(layer_id), self.view(parent), implied)
        except OSError as error:
            raise _refused("finish layer", layer_id, error) from error

    def open_data(self, layer_id: str) -> RootedTree:
        """See GraphDriver."""
        return RootedTree(self._layout.diff(layer_id))

    def root(self, layer_id: str) -> str:
        """See GraphDriver."""
        return f"{self._layout.directory(layer_id)}/merged"

    def mounts(self, layer_id: str) -> tuple[Mount, ...]:
        """See GraphDriver. Absolute paths as Docker writes them, relative to the home when these don't fit into a
        page."""
        home, lowers = self._layout.home, self._layout.lowers(layer_id)
        target = self.root(layer_id)
        options = self._options([f"{home}/{link}" for link in lowers], f"{home}/{layer_id}")
        if sum(map(len, options)) + len(options) < _PAGE:
            return (Mount("overlay", "overlay", target, options),)
        return (Mount("overlay", "overlay", target, self._options(list(lowers), layer_id), home),)

    def mounts_at(self, layer_id: str, target: str) -> tuple[Mount, ...]:
        """See GraphDriver. An overlay wants two layers."""
        home, lowers = self._layout.home, self._layout.lowers(layer_id)
        if not lowers:
            return (Mount("none", self._layout.diff(layer_id), target, ("bind", "ro")),)
        options = (f"lowerdir={layer_id}/diff:" + ":".join(lowers), *self._switches, "ro")
        return (Mount("overlay", "overlay", target, options, home),)

    def graph_data(self, layer_id: str) -> dict[str, str]:
        """See GraphDriver. The lowest layer has no LowerDir, as in Docker."""
        directory = self._layout.directory(layer_id)
        lowers = self._layout.lower_directories(layer_id)
        data = {"MergedDir": f"{directory}/merged", "UpperDir": f"{directory}/diff", "WorkDir": f"{directory}/work"}
        return {"LowerDir": ":".join(lowers), **data} if lowers else data

    def view(self, layer_id: str) -> View:
        """See GraphDriver."""
        return View([self._layout.diff(layer_id), *self._layout.lower_directories(layer_id)])

    def writable(self, layer_id: str) -> str:
        """See GraphDriver."""
        return self._layout.diff(layer_id)

    def changes(self, layer_id: str, parent: str | None) -> Iterator[Change]:
        """See GraphDriver."""
        return compare(View([self._layout.diff(layer_id)]), self._below(parent), sparse=True)

    def diff(self, layer_id: str, parent: str | None) -> Iterator[bytes]:  # noqa: ARG002
        """See GraphDriver. The upper directory is the diff, whatever the parent."""
        return diff_archive(self._layout.diff(layer_id))

    def promote(self, layer_id: str, new_id: str, parent: str | None) -> bool:
        """See GraphDriver. The upper directory is a diff already, as for containerd's overlayfs snapshotter."""
        self.create(new_id, parent)
        try:
            os.rename(self._layout.diff(layer_id), self._layout.diff(new_id))
        except OSError as error:
            self.remove(new_id)
            raise _refused("create layer", new_id, error) from error
        return True

    def size_bytes(self, layer_id: str, parent: str | None) -> int:  # noqa: ARG002
        """See GraphDriver."""
        try:
            return tree_bytes(self._layout.diff(layer_id))
        except FileNotFoundError:  # promoted, or just removed
            return 0

    def detach(self, layer_id: str) -> tuple[str, ...]:
        """See GraphDriver."""
        try:
            self._layout.drop_link(layer_id)
        except OSError as error:
            raise _refused("remove layer", layer_id, error) from error
        return (self._layout.directory(layer_id),)

    def remove(self, layer_id: str) -> None:
        """See GraphDriver."""
        try:
            self._layout.drop_link(layer_id)
            remove_tree(self._layout.directory(layer_id))
        except OSError as error:
            raise _refused("remove layer", layer_id, error) from error

    def ids(self) -> Iterator[str]:
        """See GraphDriver."""
        for name in os.listdir(self._layout.home):
            if name != LINKS:
                yield name

    def _below(self, parent: str | None) -> View | None:
        return None if parent is None else self.view(parent)

    def _options(self, lowers: list[str], directory: str) -> tuple[str, ...]:
        upper = (f"upperdir={directory}/diff", f"workdir={directory}/work")
        return ("lowerdir=" + ":".join(lowers), *upper, *self._switches)


def _is_adjustable(features: str, feature: str) -> bool:
    try:
        with open(f"{features}/{feature}", encoding="ascii") as file:
            # `index` is switched off wherever it exists, as Docker does; the others only where they are on by default.
            return feature == "index" or file.read(1) == "Y"
    except OSError:
        return False


def _refused(what: str, layer_id: str, error: OSError) -> SystemFailure:
    return SystemFailure(f"{what} {layer_id}: {error.filename or ''}: {(error.strerror or str(error)).lower()}")
