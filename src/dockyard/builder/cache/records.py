"""The build cache: which operation on which content gave which layer. Rows of the store's database.

A record keeps its layer, as an image would (`chains` are roots of the layer store); it goes by `prune`, or when its
layer has gone otherwise. Images that the classic API makes of each step are remembered by what made them, too, so that
building the same again gives the same image ids.
"""

import os
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from dockyard.store.metadata import Database

_MIGRATIONS = (
    """
    CREATE TABLE build_records (
        key TEXT PRIMARY KEY,
        id TEXT NOT NULL UNIQUE,
        kind TEXT NOT NULL,
        description TEXT NOT NULL,
        chain_id TEXT,
        parent TEXT,
        size_bytes INTEGER NOT NULL,
        created_ns INTEGER NOT NULL,
        used_ns INTEGER NOT NULL,
        uses INTEGER NOT NULL
    ) STRICT;
    CREATE TABLE build_steps (
        key TEXT PRIMARY KEY,
        image_id TEXT NOT NULL
    ) STRICT;
    """,
    "CREATE INDEX build_records_by_chain ON build_records (chain_id);",
)
_USE_NS = 60 * 10**9
"""Uses within a minute count as one."""
_COLUMNS = "key, id, kind, description, chain_id, parent, size_bytes, created_ns, used_ns, uses"


@dataclass(frozen=True, slots=True)
class Record:
    """One result: the layer `chain_id` (None: nothing at all), made on `parent`; times in nanoseconds since 1970."""

    key: str
    id: str
    kind: str
    description: str
    chain_id: str | None
    parent: str | None
    size_bytes: int
    created_ns: int
    used_ns: int
    uses: int


class BuildCache:
    """The records in `database`. For several threads."""

    def __init__(self, database: Database, clock_ns: Callable[[], int] = time.time_ns) -> None:
        self._database = database
        self._clock_ns = clock_ns
        database.register("builds", _MIGRATIONS)

    def find(self, key: str) -> Record | None:
        """What `key` gave, and it counts as used now; None when that isn't known."""
        rows = self._database.query(f"SELECT {_COLUMNS} FROM build_records WHERE key = ?", (key,))
        if not rows:
            return None
        record, now = Record(*rows[0]), self._clock_ns()
        if not record.uses or now - record.used_ns > _USE_NS:  # what is asked for all the time is written now and then
            self._database.execute("UPDATE build_records SET used_ns = ?, uses = uses + 1 WHERE key = ?", (now, key))
        return record

    def add(
        self,
        key: str,
        *,
        kind: str,
        description: str,
        chain_id: str | None,
        parent: str | None,
        size_bytes: int,
        created_ns: int | None = None,
    ) -> None:
        """Remember a result; it takes the place of an earlier one of the same key. `created_ns`: when it was made, if
        not now and here."""
        now = self._clock_ns()
        made = created_ns or now
        values = (key, os.urandom(13).hex()[:25], kind, description, chain_id, parent, size_bytes, made, now, 0)
        self._database.execute(
            f"INSERT OR REPLACE INTO build_records ({_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", values
        )

    def forget(self, keys: Iterable[str]) -> None:
        """Drop records; their layers go with the next collection unless something else keeps them."""
        with self._database.transaction() as connection:
            connection.executemany("DELETE FROM build_records WHERE key = ?", [(key,) for key in keys])

    def records(self) -> list[Record]:
        """All records, oldest first."""
        return [
            Record(*row) for row in self._database.query(f"SELECT {_COLUMNS} FROM build_records ORDER BY created_ns")
        ]

    def first_of(self, chain_id: str) -> Record | None:
        """The oldest record with this layer, which says when it was made; None when no build made it."""
        rows = self._database.query(
            f"SELECT {_COLUMNS} FROM build_records WHERE chain_id = ? ORDER BY created_ns, key LIMIT 1", (chain_id,)
        )
        return Record(*rows[0]) if rows else None

    def chains(self) -> list[str]:
        """The layers that records keep."""
        rows = self._database.query("SELECT chain_id FROM build_records WHERE chain_id IS NOT NULL")
        return [row[0] for row in rows]

    def find_step(self, key: str) -> str | None:
        """The image that a step of the classic API made before; it may have been removed since."""
        rows = self._database.query("SELECT image_id FROM build_steps WHERE key = ?", (key,))
        return rows[0][0] if rows else None

    def add_step(self, key: str, image_id: str) -> None:
        """Remember a step's image."""
        self._database.execute("INSERT OR REPLACE INTO build_steps (key, image_id) VALUES (?, ?)", (key, image_id))

    def forget_steps(self, is_gone: Callable[[str], bool]) -> None:
        """Drop the steps whose images are gone."""
        gone = [row[0] for row in self._database.query("SELECT DISTINCT image_id FROM build_steps") if is_gone(row[0])]
        with self._database.transaction() as connection:
            connection.executemany("DELETE FROM build_steps WHERE image_id = ?", [(image_id,) for image_id in gone])
