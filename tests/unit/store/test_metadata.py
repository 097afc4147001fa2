"""The metadata database: schemas that grow, transactions that are all or nothing."""

from pathlib import Path

import pytest

from dockyard.errors import DataLoss, SystemFailure
from dockyard.store.metadata import Database

FIRST = "CREATE TABLE things (name TEXT PRIMARY KEY) STRICT"
SECOND = "ALTER TABLE things ADD COLUMN size INTEGER NOT NULL DEFAULT 7"


@pytest.fixture
def database(tmp_path: Path) -> Database:
    opened = Database(str(tmp_path / "db"))
    opened.register("things", [FIRST])
    return opened


def test_a_new_file_is_known_as_new(tmp_path: Path) -> None:
    assert Database(str(tmp_path / "db")).is_new
    assert not Database(str(tmp_path / "db")).is_new


def test_migrations_run_once_each(database: Database) -> None:
    database.execute("INSERT INTO things (name) VALUES ('a')")
    database.close()
    again = Database(database.path)
    again.register("things", [FIRST, SECOND])
    again.register("things", [FIRST, SECOND])
    assert again.query("SELECT name, size FROM things") == [("a", 7)]


def test_a_file_of_a_newer_program_is_refused(database: Database) -> None:
    database.register("things", [FIRST, SECOND])
    with pytest.raises(DataLoss, match="newer than this program"):
        Database(database.path).register("things", [FIRST])


def test_a_failed_migration_changes_nothing(database: Database) -> None:
    with pytest.raises(SystemFailure):
        database.register("things", [FIRST, f"{SECOND}; CREATE nonsense"])
    assert database.query("SELECT * FROM things") == []
    database.register("things", [FIRST, SECOND])


def test_a_transaction_is_all_or_nothing(database: Database) -> None:
    with pytest.raises(ZeroDivisionError), database.transaction() as outer:
        outer.execute("INSERT INTO things VALUES ('outer')")
        with database.transaction() as inner:
            inner.execute("INSERT INTO things VALUES ('inner')")
        raise ZeroDivisionError
    assert database.query("SELECT * FROM things") == []
    with database.transaction() as connection:
        connection.execute("INSERT INTO things VALUES ('kept')")
    assert Database(database.path).query("SELECT * FROM things") == [("kept",)]


def test_a_file_that_is_no_database(tmp_path: Path) -> None:
    (tmp_path / "db").write_bytes(b"not a database at all" * 100)
    with pytest.raises(DataLoss, match="cannot open database"):
        Database(str(tmp_path / "db"))
