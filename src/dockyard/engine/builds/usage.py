"""What the build cache takes, and taking from it: `docker builder prune`, and its part of `docker system df`.

Records (layers by what made them) and cache mounts are one list for users, as in BuildKit.
"""

from collections.abc import Iterator, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field

from dockyard.builder.cache import BuildCache, Record
from dockyard.builder.cache.mounts import CacheMounts
from dockyard.errors import SystemFailure
from dockyard.store.graphdriver.usage import tree_bytes


@dataclass(frozen=True, slots=True)
class CacheItem:
    """One thing in the cache; times in nanoseconds since 1970."""

    id: str
    kind: str
    description: str
    in_use: bool
    shared: bool
    size_bytes: int
    created_ns: int
    used_ns: int
    uses: int
    parents: tuple[str, ...] = ()
    key: str = ""
    """Of a record; empty for a cache mount."""


@dataclass(frozen=True, slots=True)
class CacheUsage:
    """All items, oldest first."""

    items: tuple[CacheItem, ...]

    @property
    def total_bytes(self) -> int:
        """Of all."""
        return sum(item.size_bytes for item in self.items)


@dataclass(frozen=True, slots=True)
class PruneRequest:
    """What to remove. `everything`: also what images share. Sizes in bytes, 0 for no limit.

    `older_than_ns`: only what wasn't used for so long. `filters`, all of which an item must match: id, parent, type,
    description, inuse, shared, private in exact values; label, which nothing in the cache has; label!, which excludes.
    """

    everything: bool = False
    keep_bytes: int = 0
    older_than_ns: int = 0
    filters: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Pruned:
    """What went."""

    ids: tuple[str, ...]
    freed_bytes: int


def usage(cache: BuildCache, mounts: CacheMounts, shared: AbstractSet[str]) -> CacheUsage:
    """All that is there; `shared`: chain ids of layers that images have, too."""
    return CacheUsage(tuple(_items(cache, mounts, shared)))


def prune(
    cache: BuildCache, mounts: CacheMounts, shared: AbstractSet[str], request: PruneRequest, now_ns: int
) -> Pruned:
    """Remove items, those first that weren't used for the longest time."""
    items = usage(cache, mounts, shared).items
    kept = sum(item.size_bytes for item in items if request.everything or not item.shared)
    removed: list[CacheItem] = []
    for item in sorted(items, key=lambda one: one.used_ns):
        if request.keep_bytes and kept <= request.keep_bytes:
            break
        if item.in_use or (item.shared and not request.everything) or not _matches(item, request, now_ns):
            continue
        if not item.key and not mounts.remove(item.id):
            continue  # a command began with it while sizes were counted
        removed.append(item)
        kept -= item.size_bytes
    cache.forget(item.key for item in removed if item.key)
    return Pruned(tuple(item.id for item in removed), sum(0 if item.shared else item.size_bytes for item in removed))


def _matches(item: CacheItem, request: PruneRequest, now_ns: int) -> bool:
    if request.older_than_ns and now_ns - item.used_ns < request.older_than_ns:
        return False
    values = {
        "id": (item.id,),
        "parent": item.parents,
        "type": (item.kind,),
        "description": (item.description,),
        "shared": (str(item.shared).lower(),),
        "private": (str(not item.shared).lower(),),
        "inuse": (str(item.in_use).lower(),),
        "label": (),
    }
    return all(
        name.endswith("!") != any(value in wanted for value in values[name.rstrip("!")])
        for name, wanted in request.filters.items()
    )


def _items(cache: BuildCache, mounts: CacheMounts, shared: AbstractSet[str]) -> Iterator[CacheItem]:
    records = cache.records()
    by_chain = {record.chain_id: record.id for record in records if record.chain_id is not None}
    for record in records:
        yield _of_record(record, by_chain, shared)
    for mount in mounts.all():
        size_bytes = _bytes(mount.directory)
        if size_bytes is None:
            continue
        yield CacheItem(
            mount.name,
            "exec.cachemount",
            f"cached mount {mount.id.lstrip('/')} ({mount.sharing})",
            mounts.in_use(mount.name),
            False,
            size_bytes,
            mount.created_ns,
            mount.used_ns,
            mount.uses,
        )


def _bytes(directory: str) -> int | None:
    """What a cache mount holds; None where it was removed meanwhile."""
    try:
        return tree_bytes(directory)
    except FileNotFoundError:
        return None
    except OSError as error:
        raise SystemFailure(f"reading {directory}: {error.strerror}") from error


def _of_record(record: Record, by_chain: Mapping[str, str], shared: AbstractSet[str]) -> CacheItem:
    parent = by_chain.get(record.parent) if record.parent is not None else None
    return CacheItem(
        record.id,
        record.kind,
        record.description,
        False,
        record.chain_id is None or record.chain_id in shared,
        record.size_bytes,
        record.created_ns,
        record.used_ns,
        record.uses,
        (parent,) if parent is not None and parent != record.id else (),
        record.key,
    )
