"""Programs on disk: nothing but the very answer to the very question is ever returned."""

import os

import pytest

from dockyard.runtime.seccomp import cache

QUESTION, PROGRAM = b"what about mkdir?", b"\x06\0\0\0\0\0\xff\x7f"


def stored(directory) -> str:
    cache.save(str(directory), QUESTION, PROGRAM)
    (name,) = os.listdir(directory)
    return str(directory / name)


def test_what_was_saved_is_loaded(tmp_path):
    path = stored(tmp_path / "new")
    assert cache.load(str(tmp_path / "new"), QUESTION) == PROGRAM
    assert os.stat(path).st_mode & 0o777 == 0o600
    assert os.stat(tmp_path / "new").st_mode & 0o777 == 0o700


def test_nothing_saved_is_nothing_loaded(tmp_path):
    assert cache.load(str(tmp_path), QUESTION) is None
    assert cache.load(str(tmp_path / "missing"), QUESTION) is None


@pytest.mark.parametrize("damage", ["cut", "longer", "empty", "other question"])
def test_a_damaged_file_is_a_miss(tmp_path, damage):
    path = stored(tmp_path)
    with open(path, "rb") as file:
        content = file.read()
    changed = {
        "cut": content[:-1],
        "longer": content + b"\0",
        "empty": b"",
        "other question": content.replace(b"mkdir", b"rmdir"),
    }[damage]
    with open(path, "wb") as file:
        file.write(changed)
    assert cache.load(str(tmp_path), QUESTION) is None


def test_a_file_that_others_can_write_or_a_link_is_not_believed(tmp_path):
    path = stored(tmp_path)
    os.chmod(path, 0o622)
    assert cache.load(str(tmp_path), QUESTION) is None
    os.chmod(path, 0o600)
    os.rename(path, tmp_path / "elsewhere")
    os.symlink(tmp_path / "elsewhere", path)
    assert cache.load(str(tmp_path), QUESTION) is None


def test_a_directory_that_cannot_be_made_is_no_failure(tmp_path):
    (tmp_path / "file").write_text("")
    cache.save(str(tmp_path / "file" / "below"), QUESTION, PROGRAM)
    assert cache.load(str(tmp_path / "file" / "below"), QUESTION) is None
