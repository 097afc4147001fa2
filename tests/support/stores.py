"""A store in a directory of a test's own, opened as the engine opens it; opening it again is what a restart does."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from dockyard.linux.mount import mount, umount
from dockyard.spec.image import Platform
from dockyard.store.archive.events import LoadEvent
from dockyard.store.archive.load import load
from dockyard.store.content import ContentStore
from dockyard.store.graphdriver import GraphDriver, Overlay2Driver, VfsDriver
from dockyard.store.images import ImageStore
from dockyard.store.layers import LayerStore, RwLayer
from dockyard.store.metadata import Database
from dockyard.store.volumes import VolumeStore

AMD64 = Platform("amd64", "linux")
DRIVERS = ("overlay2", "vfs")


@dataclass(frozen=True)
class Store:
    """All parts of one store."""

    root: Path
    database: Database
    content: ContentStore
    layers: LayerStore
    images: ImageStore
    volumes: VolumeStore

    def load(self, archive: bytes | Iterable[bytes]) -> list[LoadEvent]:
        """Load an archive; all that it told."""
        chunks = [archive] if isinstance(archive, bytes) else archive
        return list(load(self.images, self.content, chunks, platform=AMD64, now="2026-01-01T00:00:00Z"))

    def files(self) -> set[str]:
        """Everything on disk except the database: what must not be left over."""
        found = set()
        for path in self.root.rglob("*"):
            name = str(path.relative_to(self.root))
            if not name.startswith("dockyard.db"):
                found.add(name)
        return found


def graph_driver(name: str, root: Path) -> GraphDriver:
    """The driver with this name below `root`."""
    return Overlay2Driver(str(root / "overlay2")) if name == "overlay2" else VfsDriver(str(root / "vfs"))


def open_store(root: Path, driver: str = "overlay2", *, keep_compressed: bool = True, boot: str = "") -> Store:
    """The store in `root`, made if it isn't there. Another `boot` is what a power cut leads to."""
    root.mkdir(parents=True, exist_ok=True)
    database = Database(str(root / "dockyard.db"))
    content = ContentStore(str(root / "content"))
    layers = LayerStore(graph_driver(driver, root), content, database, keep_compressed=keep_compressed, boot=boot)
    images = ImageStore(content, layers, database)
    return Store(root, database, content, layers, images, VolumeStore(str(root / "volumes"), database))


@contextmanager
def mounted(layer: RwLayer) -> Iterator[Path]:
    """The container's root, mounted for the block."""
    mounts = layer.mounts()
    for each in mounts:
        mount(each.source, each.target, each.type, 0, ",".join(each.options))
    try:
        yield Path(layer.root())
    finally:
        for each in reversed(mounts):
            umount(each.target)
