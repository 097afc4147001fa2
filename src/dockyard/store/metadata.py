"""The metadata database: one SQLite file (WAL) with a single writer, this process.

A store keeps its rows in tables of its own and brings its schema along as a list of migrations. A row is the commit
point of everything that also has files: files first, then the row; the row first, then the files, when something
goes. What a kill leaves half-done is therefore always files without a row, which the owner's sweep removes at the
next start.
"""

import os
import sqlite3
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from dockyard.errors import DataLoss, SystemFailure

Row = tuple[Any, ...]


class Database:
    """One connection, used by all threads in turn: a statement takes microseconds, so that waiting costs less than
    pools.

    `is_new` is True when the file was made just now: then an unknown directory in the store is no rubbish to sweep, but
    perhaps all that is left after somebody lost the file.
    """

    def __init__(self, path: str) -> None:
        self.path = path
        self.is_new = not os.path.exists(path)
        self._lock = threading.RLock()
        self._depth = 0
        try:
            self._connection = sqlite3.connect(path, check_same_thread=False, isolation_level=None, timeout=10)
            self._connection.execute("PRAGMA journal_mode = WAL")
            self._connection.execute("PRAGMA synchronous = NORMAL")
            self._connection.execute("PRAGMA foreign_keys = ON")
            self._connection.execute(
                "CREATE TABLE IF NOT EXISTS schema_versions "
                "(component TEXT PRIMARY KEY, version INTEGER NOT NULL) STRICT"
            )
        except sqlite3.DatabaseError as error:
            raise DataLoss(f"cannot open database {path}: {error}") from error

    def register(self, component: str, migrations: Sequence[str]) -> None:
        """Bring the tables of `component` up to date: `migrations[n]` is the SQL that leads from version n to n + 1.

        Raises DataLoss when the file was written by a newer Dockyard.
        """
        with self.transaction() as connection:
            row = connection.execute("SELECT version FROM schema_versions WHERE component = ?", (component,)).fetchone()
            version = row[0] if row else 0
            if version > len(migrations):
                raise DataLoss(f"{self.path}: tables of {component} have version {version}, newer than this program")
            for migration in migrations[version:]:
                for statement in migration.split(";"):
                    if statement.strip():
                        connection.execute(statement)
            connection.execute(
                "INSERT OR REPLACE INTO schema_versions (component, version) VALUES (?, ?)",
                (component, len(migrations)),
            )

    @contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """All or nothing. Nested use joins the outer transaction. Raises SystemFailure when SQLite refuses (a full
        disk)."""
        with self._lock:
            try:
                if self._depth == 0:
                    self._connection.execute("BEGIN IMMEDIATE")
                self._depth += 1
                try:
                    yield self._connection
                finally:
                    self._depth -= 1
                if self._depth == 0:
                    self._connection.execute("COMMIT")
            except BaseException as error:
                if self._depth == 0 and self._connection.in_transaction:
                    self._connection.execute("ROLLBACK")
                if isinstance(error, sqlite3.DatabaseError):
                    raise SystemFailure(f"write {self.path}: {error}") from error
                raise

    def query(self, sql: str, parameters: Sequence[object] = ()) -> list[Row]:
        """All rows of a SELECT."""
        with self._lock:
            try:
                return self._connection.execute(sql, parameters).fetchall()
            except sqlite3.DatabaseError as error:
                raise DataLoss(f"read {self.path}: {error}") from error

    def execute(self, sql: str, parameters: Sequence[object] = ()) -> int:
        """One statement that writes, in a transaction of its own or the surrounding one; returns the rows touched."""
        with self.transaction() as connection:
            return connection.execute(sql, parameters).rowcount

    def close(self) -> None:
        """Fold the write-ahead log into the file and close it."""
        with self._lock:
            self._connection.close()
