"""What a killed volume store left behind: none of it keeps the next one from starting, none of it is shown as whole."""

import os
import subprocess
from pathlib import Path

import pytest

from dockyard.errors import AlreadyExists, SystemFailure
from dockyard.store.metadata import Database
from dockyard.store.volumes import VolumeStore

pytestmark = pytest.mark.root


def opened(tmp_path: Path) -> tuple[VolumeStore, Database]:
    database = Database(f"{tmp_path}/db")
    return VolumeStore(f"{tmp_path}/volumes", database), database


def test_a_removal_that_can_not_be_finished_stays_hidden(tmp_path: Path) -> None:
    store, database = opened(tmp_path)
    point = Path(store.create("stuck")[0].mountpoint)
    (point / "kept").mkdir()
    database.execute("UPDATE volumes SET removing = 1 WHERE name = 'stuck'", ())
    subprocess.run(["mount", "-t", "tmpfs", "none", point / "kept"], check=True)
    try:
        for _ in range(2):
            again, _ = opened(tmp_path)
            assert again.list() == []
    finally:
        subprocess.run(["umount", point / "kept"], check=True)
    again, database = opened(tmp_path)
    assert again.list() == []
    assert not os.path.exists(point)
    assert database.query("SELECT name FROM volumes", ()) == []


def test_a_renaming_is_carried_to_its_end(tmp_path: Path) -> None:
    store, database = opened(tmp_path)
    (Path(store.create("old")[0].mountpoint) / "file").write_text("x")
    database.execute("UPDATE volumes SET name = 'new', renamed_from = 'old'", ())
    again, _ = opened(tmp_path)
    (volume,) = again.list()
    assert (volume.name, (Path(volume.mountpoint) / "file").read_text()) == ("new", "x")


def test_a_directory_in_the_way_is_not_taken_over(tmp_path: Path) -> None:
    store, _ = opened(tmp_path)
    store.create("old")
    (tmp_path / "volumes" / "taken" / "_data").mkdir(parents=True)
    with pytest.raises(AlreadyExists, match="is there already"):
        store.rename("old", "taken")
    with pytest.raises(AlreadyExists, match="is there already"):
        store.fill("taken", lambda _: None, labels={}, now="")


def test_a_name_that_is_too_long_for_the_disk(tmp_path: Path) -> None:
    store, _ = opened(tmp_path)
    with pytest.raises(SystemFailure, match="file name too long"):
        store.fill("a" * 250, lambda _: None, labels={}, now="")
