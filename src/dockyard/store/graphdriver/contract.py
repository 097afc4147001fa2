"""The contract of a graph driver.

Vocabulary: a *layer* is a directory tree under an id; its *parent* is the layer below. The *diff* of a layer is what it
adds to, changes in and takes from its parent; *whiteouts* say what it takes away. A layer that is written by a
container is no different, it merely gets mounted.

Lifecycle:
    create(id, parent)   an empty diff on top of `parent` (None: on nothing). Costs a few files, except where a driver
                         copies. Repeating it with an id that exists is an error.
    apply(id, reader)    unpack an archive into the diff, whiteouts included. Once, right after create. With `parallel`
                         the parents needn't have been applied yet, so that layers unpack side by side.
    mounts(id)           what to mount so that the layer can be seen and written at its `root(id)`.
    remove(id)           everything of it; nothing that stands on it may be left. Repeating it is no error.

Nothing here keeps state in memory: which ids are meant to exist is the LayerStore's knowledge, `ids` is what is on
disk.

    driver.create("a", None); driver.apply("a", reader)               # 1 an image's layer
    driver.create("c", "a"); perform(driver.mounts("c"))              # 2 a container on it
    for change in driver.changes("c", "a"): print(change)             # 3 docker diff

tests/contract/graphdriver_suite.py is run against every implementation.
"""

from collections.abc import Callable, Iterator, Sequence
from enum import IntEnum
from typing import NamedTuple, Protocol, Self

from dockyard.fs.archive.extract import Extracted
from dockyard.fs.archive.reader import Member, TarReader
from dockyard.fs.mount import Mount
from dockyard.fs.rooted import Steps
from dockyard.store.graphdriver.view import View

Placed = Callable[[Member, Steps], None]


class ChangeKind(IntEnum):
    """The numbers of the Engine API (definition ChangeType)."""

    MODIFIED = 0
    ADDED = 1
    DELETED = 2


class Change(NamedTuple):
    """One line of `docker diff`: an absolute path and what happened to it."""

    path: str
    kind: ChangeKind

    def __str__(self) -> str:
        return f"{'CAD'[self.kind]} {self.path}"


class GraphDriver(Protocol):
    """One way to keep and stack layers. All methods may be called from several threads, for different ids."""

    @property
    def name(self) -> str:
        """The name that `docker info` shows as Storage Driver."""

    @property
    def parallel(self) -> bool:
        """Whether `apply` of a layer is independent of its parents' content."""

    def create(self, layer_id: str, parent: str | None) -> None:
        """Make an empty layer. Raises InvalidParameter when the stack becomes too deep, SystemFailure."""

    def apply(self, layer_id: str, reader: TarReader, placed: Placed) -> Extracted:
        """Unpack an archive. `placed` is told of each member and where its data lies (see Extractor)."""

    def inherit(self, layer_id: str, parent: str, implied: Sequence[Steps]) -> None:
        """Finish a layer once its parent's `apply` and `inherit` are done: what of it depends on the parent's content.

        Above all, directories that an archive only `implied` get what the parent says of them.
        """

    def open_data(self, layer_id: str) -> "LayerData":
        """Access to the files that `apply` placed, by the steps it told."""

    def root(self, layer_id: str) -> str:
        """The directory where the layer is seen once mounted."""

    def mounts(self, layer_id: str) -> tuple[Mount, ...]:
        """What to mount; empty when the root is a plain directory."""

    def mounts_at(self, layer_id: str, target: str) -> tuple[Mount, ...]:
        """What to mount for the layer's whole tree to be seen, read-only, in the directory `target`."""

    def graph_data(self, layer_id: str) -> dict[str, str]:
        """What `docker inspect` shows as GraphDriver.Data."""

    def view(self, layer_id: str) -> View:
        """The layer with all its parents as one tree, for reading without a mount."""

    def writable(self, layer_id: str) -> str:
        """The directory into which a preparing hand may write before the first mount (the init layer's files)."""

    def changes(self, layer_id: str, parent: str | None) -> Iterator[Change]:
        """How the layer differs from its parent, sorted by path."""

    def diff(self, layer_id: str, parent: str | None) -> Iterator[bytes]:
        """The layer's diff as an archive in the image-spec's form."""

    def promote(self, layer_id: str, new_id: str, parent: str | None) -> bool:
        """Make the new layer `new_id` on `parent` of what `layer_id`, not mounted any more, has written.

        Nothing but `remove` may be done with `layer_id` afterwards. False, and nothing done, where this needs a copy.
        """

    def size_bytes(self, layer_id: str, parent: str | None) -> int:
        """Bytes of regular files in the diff, each inode once; 0 when its files are gone, as after `promote`."""

    def detach(self, layer_id: str) -> tuple[str, ...]:
        """The first half of `remove`: take the layer out of use and return the directories that are left to delete."""

    def remove(self, layer_id: str) -> None:
        """Remove the layer's directories. Raises SystemFailure when something is still mounted or busy."""

    def ids(self) -> Iterator[str]:
        """All layers on disk, half-made ones too."""


class LayerData(Protocol):
    """The files of one applied layer. Closed after use."""

    def __enter__(self) -> Self: ...
    def __exit__(self, *_: object) -> None: ...

    def open_file(self, steps: Steps) -> int:
        """A descriptor for reading; the caller closes it."""
