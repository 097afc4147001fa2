"""The builds that have been: records on disk, the last fifty, each with all that the build told.

    <root>/<id>.logs       StatusResponse messages, each behind its length (4 bytes, little endian), as in BuildKit
    <root>/<id>.record     BuildHistoryRecord; written after the logs, so that a record has its logs

What a kill leaves without a record goes with the next build.
"""

import asyncio
import os
import re
import struct
from collections.abc import AsyncGenerator
from contextlib import suppress
from typing import Any

from google.protobuf.message import DecodeError

from dockyard.errors import NotFound, SystemFailure
from dockyard.fs.atomic import write_atomic
from dockyard.store.content.digest import digest_of
from dockyard.wire.buildkit.messages import control

MOST_RECORDS = 50
LOGS_TYPE = "application/vnd.buildkit.status.v0"
_ID = re.compile(r"[A-Za-z0-9_-]{1,128}")
_LENGTH = struct.Struct("<I")
STARTED, COMPLETE, DELETED = (control.BuildHistoryEventType[name] for name in ("STARTED", "COMPLETE", "DELETED"))


class History:
    """Records below `root`. Used on the event loop's thread."""

    def __init__(self, root: str) -> None:
        self._root = root
        self._records: dict[str, Any] | None = None
        self._loading: asyncio.Future[dict[str, Any]] | None = None
        self._active: dict[str, Any] = {}
        self._readers: set[asyncio.Queue[tuple[int, Any]]] = set()

    def begin(self, record: Any) -> None:
        """A build has begun."""
        self._active[record.Ref] = record
        self._tell(STARTED, record)

    async def end(self, record: Any, messages: list[Any]) -> None:
        """It is over; `messages`: all that it told. What can't be written is forgotten."""
        self._active.pop(record.Ref, None)
        logs = b"".join(_LENGTH.pack(len(data)) + data for data in (one.SerializeToString() for one in messages))
        record.logs.CopyFrom(control.Descriptor(media_type=LOGS_TYPE, digest=digest_of(logs), size=len(logs)))
        records = await self._loaded()
        if _ID.fullmatch(record.Ref):
            records[record.Ref] = record
            with suppress(OSError):
                await asyncio.to_thread(self._write, record, logs)
        self._tell(COMPLETE, record)
        unpinned = [one for one in records.values() if not one.pinned]
        for old in unpinned[: max(0, len(records) - MOST_RECORDS)]:
            await self.delete(old.Ref)

    async def listen(self, ref: str, *, active_only: bool, early_exit: bool) -> AsyncGenerator[tuple[int, Any], None]:
        """What there is, then what comes; `early_exit`: the former alone. `ref`: of one build, empty for all."""
        told: asyncio.Queue[tuple[int, Any]] = asyncio.Queue()
        records = {} if active_only else dict(await self._loaded())
        self._readers.add(told)
        try:
            for record in list(self._active.values()):
                if ref in ("", record.Ref):
                    yield STARTED, record
            for record in records.values():
                if ref in ("", record.Ref):
                    yield COMPLETE, record
            while not early_exit:
                kind, record = await told.get()
                if ref in ("", record.Ref):
                    yield kind, record
        finally:
            self._readers.discard(told)

    async def pin(self, ref: str, *, pinned: bool) -> None:
        """Keep a record whatever follows, or not. Raises NotFound."""
        record = (await self._loaded()).get(ref)
        if record is None:
            raise NotFound(f"no such build record: {ref}")
        record.pinned = pinned
        await asyncio.to_thread(self._write, record, None)

    async def delete(self, ref: str) -> None:
        """Forget a record; nothing happens when there is none."""
        record = (await self._loaded()).pop(ref, None)
        if record is not None:
            await asyncio.to_thread(self._remove, ref)
            self._tell(DELETED, record)

    async def logs(self, digest: str) -> bytes:
        """The bytes of a record's logs. Raises NotFound."""
        for record in (await self._loaded()).values():
            if record.logs.digest == digest:
                try:
                    return await asyncio.to_thread(_read, f"{self._root}/{record.Ref}.logs")
                except OSError as error:
                    raise SystemFailure(f"reading the logs of {record.Ref}: {error.strerror}") from error
        raise NotFound(f"content {digest}: not found")

    async def _loaded(self) -> dict[str, Any]:
        """All read once, by whoever is first: a second reading would take what `end` writes meanwhile for a kill's
        rest."""
        if self._records is None:
            if self._loading is None:
                self._loading = asyncio.ensure_future(asyncio.to_thread(self._load))
            loading = self._loading
            try:
                found = await asyncio.shield(loading)
            except OSError:
                if self._loading is loading:
                    self._loading = None  # the next one tries again
                raise
            if self._records is None:
                self._records, self._loading = found, None
        return self._records

    def _load(self) -> dict[str, Any]:
        records = []
        with suppress(FileNotFoundError):
            for name in os.listdir(self._root):
                ref, _, kind = name.partition(".")
                if kind == "record":
                    with suppress(OSError, DecodeError):
                        records.append(control.BuildHistoryRecord.FromString(_read(f"{self._root}/{name}")))
                elif not os.path.exists(f"{self._root}/{ref}.record"):
                    with suppress(OSError):
                        os.unlink(f"{self._root}/{name}")
        return {one.Ref: one for one in sorted(records, key=lambda each: each.CreatedAt.ToNanoseconds())}

    def _write(self, record: Any, logs: bytes | None) -> None:
        os.makedirs(self._root, mode=0o700, exist_ok=True)
        if logs is not None:
            write_atomic(f"{self._root}/{record.Ref}.logs", logs)
        write_atomic(f"{self._root}/{record.Ref}.record", record.SerializeToString())

    def _remove(self, ref: str) -> None:
        for kind in ("record", "logs"):
            with suppress(OSError):
                os.unlink(f"{self._root}/{ref}.{kind}")

    def _tell(self, kind: int, record: Any) -> None:
        copy = type(record)()
        copy.CopyFrom(record)
        for reader in self._readers:
            reader.put_nowait((kind, copy))


def _read(path: str) -> bytes:
    with open(path, "rb") as file:
        return file.read()
