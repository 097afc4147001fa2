"""Opens everything of an engine that is on disk: database, blobs, layers, images, volumes."""

import os
from dataclasses import dataclass

from dockyard.builder.cache import BuildCache
from dockyard.engine.config import DaemonConfig
from dockyard.engine.paths import Paths
from dockyard.errors import DockyardError, InvalidParameter
from dockyard.store.content import ContentStore
from dockyard.store.graphdriver import GraphDriver, Overlay2Driver, VfsDriver
from dockyard.store.images import ImageStore
from dockyard.store.layers import LayerStore
from dockyard.store.metadata import Database
from dockyard.store.volumes.store import VolumeStore

DRIVERS = ("overlay2", "vfs")
"""The graph drivers there are, best first."""


@dataclass(frozen=True, slots=True)
class Store:
    """The stores of one data root."""

    content: ContentStore
    layers: LayerStore
    images: ImageStore
    volumes: VolumeStore
    build_cache: BuildCache


def open_store(daemon: DaemonConfig, paths: Paths) -> Store:
    """Opens the stores and sweeps what an earlier daemon left half done; DataLoss when the database is damaged."""
    database = Database(f"{paths.data_root}/dockyard.db")
    content = ContentStore(f"{paths.data_root}/content")
    workers = max(2, len(os.sched_getaffinity(0)))
    layers = LayerStore(
        _open_driver(daemon.storage_driver, paths.data_root),
        content,
        database,
        keep_compressed=not daemon.discard_unpacked_layers,
        workers=workers,
    )
    build_cache = BuildCache(database)
    images = ImageStore(content, layers, database, build_cache.chains)
    return Store(content, layers, images, VolumeStore(f"{paths.data_root}/volumes", database), build_cache)


def _open_driver(name: str | None, data_root: str) -> GraphDriver:
    """The driver that was asked for; else the one that this data root has been used with; else overlay2, or vfs."""
    if name is not None and name not in DRIVERS:
        raise InvalidParameter(f"storage driver {name} is not supported: use one of {', '.join(DRIVERS)}")
    used = [driver for driver in DRIVERS if os.path.isdir(f"{data_root}/{driver}")]
    chosen = name or (used[0] if used else None)
    if chosen == "vfs":
        return VfsDriver(f"{data_root}/vfs")
    try:
        return Overlay2Driver(f"{data_root}/overlay2")
    except DockyardError:
        if chosen is not None:
            raise
        return VfsDriver(f"{data_root}/vfs")
