"""moby.buildkit.v1.Control, what the cache holds: DiskUsage and Prune, for `docker buildx du` and `prune`.

A filter is containerd's: `type==regular`, `id~=…`, several fields separated by commas must all hold; of several filters
one must.
"""

import re
from collections.abc import AsyncGenerator, Sequence
from typing import Any

from dockyard.engine.builds.usage import CacheItem, PruneRequest
from dockyard.engine.engine import Engine
from dockyard.errors import InvalidParameter
from dockyard.rpc.serve import Metadata, Methods, streaming, unary
from dockyard.wire.buildkit.messages import control

SERVICE = "/moby.buildkit.v1.Control/"
_TERM = re.compile(r"\s*([a-z]+)\s*(?:(==|!=|~=)\s*(\"(?:[^\"\\]|\\.)*\"|[^,\s]*)\s*)?\Z")


class Usage:
    """The methods about the cache."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def methods(self) -> Methods:
        """The methods."""
        return {
            **unary(SERVICE + "DiskUsage", self.disk_usage),
            **streaming(SERVICE + "Prune", self.prune),
        }

    async def disk_usage(self, request: Any, _: Metadata) -> Any:
        """What is there."""
        usage = await self._engine.builds.usage()
        wanted = _Wanted(request.filter)
        return control.DiskUsageResponse(record=[_record(item) for item in usage.items if wanted.has(item)])

    async def prune(self, request: Any, _: Metadata) -> AsyncGenerator[Any, None]:
        """Remove, and tell what has gone."""
        before = await self._engine.builds.usage()
        wanted = _Wanted(request.filter)
        ids = frozenset(item.id for item in before.items if wanted.has(item)) if request.filter else None
        pruned = await self._engine.builds.prune(
            PruneRequest(
                everything=request.all,
                keep_bytes=request.reservedSpace,
                max_used_bytes=request.maxUsedSpace,
                min_free_bytes=request.minFreeSpace,
                older_than_ns=request.keepDuration,
                ids=ids,
            )
        )
        gone = set(pruned.ids)
        for item in before.items:
            if item.id in gone:
                yield _record(item)


def _record(item: CacheItem) -> Any:
    record = control.UsageRecord(
        ID=item.id,
        Mutable=not item.key,
        InUse=item.in_use,
        Size=item.size_bytes,
        UsageCount=item.uses,
        Description=item.description,
        RecordType=item.kind,
        Shared=item.shared,
        Parents=item.parents,
    )
    record.CreatedAt.FromNanoseconds(item.created_ns)
    if item.uses:
        record.LastUsedAt.FromNanoseconds(item.used_ns)
    return record


class _Wanted:
    """Filters, read. Raises InvalidParameter."""

    def __init__(self, filters: Sequence[str]) -> None:
        self._filters = [[_term(text) for text in _split(one)] for one in filters]

    def has(self, item: CacheItem) -> bool:
        """Whether one of the filters, or there is none, lets the item through."""
        values = {
            "id": item.id,
            "type": item.kind,
            "description": item.description,
            "parents": ";".join(item.parents),
            "parent": ";".join(item.parents),
            "inuse": "true" if item.in_use else "",
            "mutable": "" if item.key else "true",
            "immutable": "true" if item.key else "",
            "shared": "true" if item.shared else "",
            "private": "" if item.shared else "true",
        }
        return not self._filters or any(
            all(_holds(values.get(name, ""), operator, wanted) for name, operator, wanted in terms)
            for terms in self._filters
        )


def _split(text: str) -> list[str]:
    return re.findall(r'(?:[^,"]|"(?:[^"\\]|\\.)*")+', text)


def _term(text: str) -> tuple[str, str, str]:
    match = _TERM.match(text)
    if match is None:
        raise InvalidParameter(f"filter {text!r} can't be read".replace("'", '"'))
    name, operator, value = match[1], match[2] or "", match[3] or ""
    if value.startswith('"'):
        value = re.sub(r"\\(.)", r"\1", value[1:-1])
    if operator == "~=":
        try:
            re.compile(value)
        except re.error as error:
            raise InvalidParameter(f"filter {text}: {error}") from None
    return name, operator, value


def _holds(value: str, operator: str, wanted: str) -> bool:
    if operator == "==":
        return value == wanted
    if operator == "!=":
        return value != wanted
    if operator == "~=":
        return re.search(wanted, value) is not None
    return bool(value)
