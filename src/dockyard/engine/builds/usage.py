"""What the build cache takes, and taking from it: `docker builder prune`, and its part of `docker system df`.

Records (layers by what made them) and cache mounts are one list for users, as in BuildKit.
"""

from collections.abc import Iterator, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field

from dockyard.builder.cache import BuildCache, Record
from dockyard.builder.cache.mounts import CacheMounts
from dockyard.engine.builds.id_pattern import id_matches
from dockyard.errors import SystemFailure
from dockyard.store.graphdriver.usage import tree_bytes

CONTEXT = "source.local"


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

    Removing goes on until no more than `max_used_bytes` are held and `min_free_bytes` of the disk are free, or no more
    than `keep_bytes` are left, below which nothing goes. Without any limit everything goes.

    `older_than_ns`: only what wasn't used for so long. `filters`, all of which an item must match: id, parent, type,
    description, inuse, shared, private in exact values; label, which nothing in the cache has; label!, which excludes.
    """

    everything: bool = False
    keep_bytes: int = 0
    max_used_bytes: int = 0
    min_free_bytes: int = 0
    older_than_ns: int = 0
    filters: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    ids: AbstractSet[str] | None = None
    """These alone; None for all."""


@dataclass(frozen=True, slots=True)
class Pruned:
    """What went."""

    ids: tuple[str, ...]
    freed_bytes: int


@dataclass(frozen=True, slots=True)
class Held:
    """All that the cache consists of. `contexts`: directories of clients, kept for their next build."""

    records: BuildCache
    mounts: CacheMounts
    contexts: CacheMounts


def usage(held: Held, shared: AbstractSet[str]) -> CacheUsage:
    """All that is there; `shared`: chain ids of layers that images have, too."""
    return CacheUsage(tuple(_items(held, shared)))


def prune(held: Held, shared: AbstractSet[str], request: PruneRequest, now_ns: int, free_bytes: int = 0) -> Pruned:
    """Remove items, those first that weren't used for the longest time; `free_bytes` are free on the disk now."""
    items = usage(held, shared).items
    kept = sum(item.size_bytes for item in items if request.everything or not item.shared)
    target = target_bytes(request, kept, free_bytes)
    removed: list[CacheItem] = []
    for item in sorted(items, key=lambda one: one.used_ns):
        if target and kept <= target:
            break
        if item.in_use or (item.shared and not request.everything) or not _matches(item, request, now_ns):
            continue
        mounts = held.contexts if item.kind == CONTEXT else held.mounts
        if not item.key and not mounts.remove(item.id):
            continue  # a command began with it while sizes were counted
        removed.append(item)
        kept -= item.size_bytes
    held.records.forget(item.key for item in removed if item.key)
    return Pruned(tuple(item.id for item in removed), sum(0 if item.shared else item.size_bytes for item in removed))


def target_bytes(request: PruneRequest, held_bytes: int, free_bytes: int) -> int:
    """How much may stay of the `held_bytes` on a disk with `free_bytes`; 0 when nothing has to.

    https://docs.docker.com/build/cache/garbage-collection/
    """
    limits = [request.max_used_bytes] if request.max_used_bytes else []
    if request.min_free_bytes:
        limits.append(held_bytes - max(0, request.min_free_bytes - free_bytes))
    return max(min(limits, default=0), request.keep_bytes, 0)


def _matches(item: CacheItem, request: PruneRequest, now_ns: int) -> bool:
    if request.ids is not None and item.id not in request.ids:
        return False
    if request.older_than_ns and now_ns - item.used_ns < request.older_than_ns:
        return False
    values = {
        "parent": item.parents,
        "type": (item.kind,),
        "description": (item.description,),
        "shared": (str(item.shared).lower(),),
        "private": (str(not item.shared).lower(),),
        "inuse": (str(item.in_use).lower(),),
        "label": (),
    }
    if not all(id_matches(item.id, value) for value in request.filters.get("id", ())):
        return False
    return all(
        name == "id" or name.endswith("!") != any(value in wanted for value in values[name.rstrip("!")])
        for name, wanted in request.filters.items()
    )


def _items(held: Held, shared: AbstractSet[str]) -> Iterator[CacheItem]:
    records = held.records.records()
    by_chain = {record.chain_id: record.id for record in records if record.chain_id is not None}
    for record in records:
        yield _of_record(record, by_chain, shared)
    yield from _of_mounts(held.mounts, "exec.cachemount")
    yield from _of_mounts(held.contexts, CONTEXT)


def _of_mounts(mounts: CacheMounts, kind: str) -> Iterator[CacheItem]:
    for mount in mounts.all():
        name = mount.id.lstrip("/")
        told = f"local source for {name}" if kind == CONTEXT else f"cached mount {name} ({mount.sharing})"
        size_bytes = _bytes(mount.directory)
        if size_bytes is None:
            continue
        yield CacheItem(
            mount.name,
            kind,
            told,
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
