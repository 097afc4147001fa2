"""Every byte below the data root, by what it is for, as `du` counts them: blocks, directories, hard links once.

Docker's answer to `system df` knows layers, containers, volumes and the build cache; here is the rest, too.
"""

import os
from collections.abc import Callable, Iterator
from typing import NamedTuple

from dockyard.engine.open_store import Store
from dockyard.store.layers.chain import chain_ids

LAYERS = "Image layers"
CACHE_LAYERS = "Layers of the build cache"
WRITABLE = "Files that containers wrote"
LIMBO = "Layers being made or removed"
COMPRESSED = "Compressed layers, for pushes"
DOCUMENTS = "Configurations, manifests, signatures"
DOWNLOADS = "Unfinished downloads"
VOLUMES = "Volumes"
CONTAINERS = "Logs and settings of containers"
MOUNTS = "Cache mounts of builds"
CONTEXTS = "Contexts and records of builds"
DATABASE = "Database"
OTHER = "Everything else"
ORDER = (
    *(LAYERS, COMPRESSED, DOCUMENTS, CACHE_LAYERS, MOUNTS, CONTEXTS, WRITABLE, CONTAINERS, VOLUMES, DOWNLOADS, LIMBO),
    *(DATABASE, OTHER),
)
_FOLDERS = {
    "volumes": VOLUMES,
    "containers": CONTAINERS,
    "logs": CONTAINERS,
    "buildcache": MOUNTS,
    "buildcontexts": CONTEXTS,
    "buildhistory": CONTEXTS,
}
_DRIVERS = ("overlay2", "vfs")


class DiskShare(NamedTuple):
    """What a part of the disk is for, and how many bytes of it are taken."""

    what: str
    size_bytes: int


def disk_shares(root: str, store: Store) -> list[DiskShare]:
    """The shares of everything below the data root `root`, all of ORDER. Blocks: give it a thread."""
    kind = _kinds(store)
    found = dict.fromkeys(ORDER, 0)
    for path, size in _sizes(root):
        found[kind(path)] += size
    return [DiskShare(what, found[what]) for what in ORDER]


def _kinds(store: Store) -> Callable[[tuple[str, ...]], str]:
    """Tells by a path below the root, as its parts, what it is for."""
    layers = store.layers
    of_images = {chain for stored in store.images.images() for chain in chain_ids(stored.image.rootfs.diff_ids)}
    directories = {one.driver_id: LAYERS if one.chain_id in of_images else CACHE_LAYERS for one in layers.layers()}
    directories |= dict.fromkeys(layers.writable_directories(), WRITABLE)
    compressed = {digest.partition(":")[2] for digest in layers.blob_digests()}

    def kind(path: tuple[str, ...]) -> str:
        first = path[0] if path else ""
        if first in _DRIVERS:
            known = next((directories[part] for part in path[1:3] if part in directories), None)
            return known or (LIMBO if any(len(part) == 64 for part in path[1:3]) else OTHER)
        if first == "content":
            if path[1:2] in (("downloads",), ("ingest",)):
                return DOWNLOADS
            return COMPRESSED if path[-1] in compressed else DOCUMENTS
        return DATABASE if first.startswith("dockyard.db") else _FOLDERS.get(first, OTHER)

    return kind


def _sizes(root: str) -> Iterator[tuple[tuple[str, ...], int]]:
    """Parts of the path below `root` and bytes on disk of each thing there; nothing of other filesystems."""
    seen: set[int] = set()
    top = os.lstat(root)
    yield (), top.st_blocks * 512
    pending: list[tuple[str, tuple[str, ...]]] = [(root, ())]
    while pending:
        folder, parts = pending.pop()
        try:
            entries = list(os.scandir(folder))
        except OSError:
            continue  # gone meanwhile
        for entry in entries:
            try:
                status = entry.stat(follow_symlinks=False)
                is_folder = entry.is_dir(follow_symlinks=False)
            except OSError:
                continue
            if status.st_dev != top.st_dev:
                continue
            if status.st_nlink > 1 and not is_folder:
                if status.st_ino in seen:
                    continue
                seen.add(status.st_ino)
            below = (*parts, entry.name)
            yield below, status.st_blocks * 512
            if is_folder:
                pending.append((entry.path, below))
